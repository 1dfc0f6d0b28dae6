use tower_layer::Layer;

use super::LoadShed;

/// Refuses calls while the service under it is not ready.
#[derive(Clone, Debug, Default)]
pub struct LoadShedLayer {}

impl LoadShedLayer {
    /// Sheds whatever the service has no room for.
    #[must_use]
    pub const fn new() -> Self {
        Self {}
    }
}

impl<S> Layer<S> for LoadShedLayer {
    type Service = LoadShed<S>;

    fn layer(&self, inner: S) -> LoadShed<S> {
        LoadShed::new(inner)
    }
}
