use tower_layer::Layer;

use super::{RateLimit, RateLimiter};
use crate::{Clock, Switch, TscClock};

/// Puts a [`RateLimiter`] before a service.
///
/// Every service that the layer makes shares the one limiter. To limit each service by itself, make a layer for each.
#[derive(Clone, Debug)]
pub struct RateLimitLayer<C: Clock = TscClock> {
    limiter: RateLimiter<C>,
    switch: Switch,
}

impl<C: Clock> RateLimitLayer<C> {
    /// Mounts a limiter; keep a clone of it to look at it, or for the other clients of the Region.
    ///
    /// The environment variable `LEEWARD_RATE_LIMIT` set to `off` makes it a pass-through.
    #[must_use]
    pub fn new(limiter: RateLimiter<C>) -> Self {
        Self {
            limiter,
            switch: Switch::from_env("LEEWARD_RATE_LIMIT"),
        }
    }

    /// Takes this switch in place of the environment's: while it is off, calls pass uncounted.
    #[must_use]
    pub fn with_switch(self, switch: Switch) -> Self {
        Self { switch, ..self }
    }
}

impl<S, C: Clock> Layer<S> for RateLimitLayer<C> {
    type Service = RateLimit<S, C>;

    fn layer(&self, inner: S) -> Self::Service {
        RateLimit::new(inner, self.limiter.clone(), self.switch.clone())
    }
}
