use std::{
    fmt,
    hash::Hash,
    task::{Context, Poll},
};

use leeward_error_taxonomy::{Classify, Rejected};
use tower_layer::Layer;
use tower_service::Service;

use super::{KeyedRateLimiter, ResponseFuture, service::limited};
use crate::{Clock, Switch, TscClock, deadline::Claim};

/// Puts a [`KeyedRateLimiter`] before a service; a function tells the key of each request.
#[derive(Clone)]
pub struct KeyedRateLimitLayer<K, F, C: Clock = TscClock> {
    limiters: KeyedRateLimiter<K, C>,
    key_of: F,
    switch: Switch,
}

impl<K, F, C: Clock> KeyedRateLimitLayer<K, F, C> {
    /// Mounts limiters; `key_of` is called for every request and should be quick.
    ///
    /// The environment variable `LEEWARD_RATE_LIMIT` set to `off` makes it a pass-through.
    pub fn new(limiters: KeyedRateLimiter<K, C>, key_of: F) -> Self {
        Self {
            limiters,
            key_of,
            switch: Switch::from_env("LEEWARD_RATE_LIMIT"),
        }
    }

    /// Takes this switch in place of the environment's: while it is off, calls pass uncounted.
    #[must_use]
    pub fn with_switch(self, switch: Switch) -> Self {
        Self { switch, ..self }
    }
}

impl<S, K, F: Clone, C: Clock> Layer<S> for KeyedRateLimitLayer<K, F, C> {
    type Service = KeyedRateLimit<S, K, F, C>;

    fn layer(&self, inner: S) -> Self::Service {
        KeyedRateLimit {
            inner,
            limiters: self.limiters.clone(),
            key_of: self.key_of.clone(),
            switch: self.switch.clone(),
        }
    }
}

impl<K, F, C: Clock> fmt::Debug for KeyedRateLimitLayer<K, F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedRateLimitLayer")
            .field("limiters", &self.limiters)
            .finish_non_exhaustive()
    }
}

/// Asks the [`KeyedRateLimiter`] before each call of `inner`; made by [`KeyedRateLimitLayer`].
#[derive(Clone)]
pub struct KeyedRateLimit<S, K, F, C: Clock = TscClock> {
    inner: S,
    limiters: KeyedRateLimiter<K, C>,
    key_of: F,
    switch: Switch,
}

impl<S, K, F, C, Request> Service<Request> for KeyedRateLimit<S, K, F, C>
where
    S: Service<Request> + Clone,
    S::Error: Classify + From<Rejected>,
    K: Clone + Eq + Hash,
    F: Fn(&Request) -> K,
    C: Clock,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, Request, C>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let claim = Claim::take();
        if self.switch.is_on() {
            let limiter = self.limiters.of(&(self.key_of)(&request));
            limited(&mut self.inner, request, &limiter, claim)
        } else {
            ResponseFuture::calling(claim.call(&mut self.inner, request), None)
        }
    }
}

impl<S: fmt::Debug, K, F, C: Clock> fmt::Debug for KeyedRateLimit<S, K, F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedRateLimit")
            .field("inner", &self.inner)
            .field("limiters", &self.limiters)
            .finish_non_exhaustive()
    }
}
