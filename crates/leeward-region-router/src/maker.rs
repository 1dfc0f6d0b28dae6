use std::sync::{Mutex, PoisonError};

use leeward_error_taxonomy::{Region, Rejected};
use tower::ServiceExt;
use tower_service::Service;

use crate::making::{Begun, Work, shared};

/// Makes the service of a Region, whatever type of maker the caller brought.
///
/// It is boxed because it is used once per Region; in exchange the router's type names the service only.
pub(crate) struct Maker<S>(Box<dyn Fn(Region) -> Work<S> + Send + Sync>);

impl<S: 'static> Maker<S> {
    pub(crate) fn new<M>(maker: M) -> Self
    where
        M: Service<Region, Response = S> + Clone + Send + 'static,
        M::Error: Into<Rejected>,
        M::Future: Send,
    {
        // Locked to be cloned, never across a wait; it spares makers from having to be `Sync`.
        let maker = Mutex::new(maker);
        Self(Box::new(move |region| {
            let maker = maker.lock().unwrap_or_else(PoisonError::into_inner).clone();
            shared(async move { maker.oneshot(region).await.map_err(unavailable) })
        }))
    }
}

impl<S> Maker<S> {
    /// Begins to make the service of `region`; a failure of it is always free to fail over.
    pub(crate) fn begin(&self, number: u64, region: Region) -> Begun<S> {
        Begun::new(number, (self.0)(region))
    }
}

/// Whatever the maker met, the request was not sent.
fn unavailable(error: impl Into<Rejected>) -> Rejected {
    match error.into() {
        rejected if rejected.is_free_to_fail_over() => rejected,
        rejected => Rejected::unavailable(rejected),
    }
}
