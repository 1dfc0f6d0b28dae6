use std::{
    future::{Future, Ready, ready},
    pin::Pin,
    task::{Context, Poll},
};

use leeward_error_taxonomy::{Region, Rejected};
use leeward_resilience::Plain;
use tower_service::Service;

use super::{
    CallError,
    world::{Call, World},
};

/// A simulated call on its way.
pub(super) type Calling = Pin<Box<dyn Future<Output = Result<usize, CallError>> + Send>>;

/// A Region as a service: its answer is the Region's number.
#[derive(Clone, Debug)]
pub(super) struct Site {
    world: World,
    region: usize,
}

impl Site {
    pub(super) const fn new(world: World, region: usize) -> Self {
        Self { world, region }
    }
}

impl Service<Plain<Call>> for Site {
    type Response = usize;
    type Error = CallError;
    type Future = Calling;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), CallError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Plain<Call>) -> Calling {
        let Self { world, region } = self.clone();
        Box::pin(async move { world.attempt(region, request.into_inner()).await })
    }
}

/// Makes the service of a Region.
#[derive(Clone, Debug)]
pub(super) struct SiteMaker(pub(super) World);

impl Service<Region> for SiteMaker {
    type Response = Site;
    type Error = Rejected;
    type Future = Ready<Result<Site, Rejected>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Rejected>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, region: Region) -> Self::Future {
        let number = self.0.number(&region);
        ready(number.map(|number| Site::new(self.0.clone(), number)))
    }
}
