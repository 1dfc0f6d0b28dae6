use tower_layer::Layer;

use super::LoadShed;
use crate::Switch;

/// Refuses calls while the service under it is not ready.
#[derive(Clone, Debug)]
pub struct LoadShedLayer {
    switch: Switch,
}

impl LoadShedLayer {
    /// Sheds whatever the service has no room for. Reads the environment's `LEEWARD_LOAD_SHED`.
    #[must_use]
    pub fn new() -> Self {
        Self {
            switch: Switch::from_env("LEEWARD_LOAD_SHED"),
        }
    }

    /// Obeys this switch and not the environment. While it is off, calls wait for the service as if there were no layer.
    #[must_use]
    pub fn with_switch(self, switch: Switch) -> Self {
        Self { switch }
    }
}

impl Default for LoadShedLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for LoadShedLayer {
    type Service = LoadShed<S>;

    fn layer(&self, inner: S) -> LoadShed<S> {
        LoadShed::new(inner, self.switch.clone())
    }
}
