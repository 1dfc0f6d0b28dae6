use crate::error::SecretErrorKind;
use leeward_error_taxonomy::{Classify, Failure, Region, Rejected};
use leeward_resilience::{Placement, Request};
use pin_project_lite::pin_project;
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tower_service::Service;

/// Secrets Manager in one Region, which knows whether its word is that of the primary; see [`SecretsStack`](crate::SecretsStack).
#[derive(Clone, Debug)]
pub struct Replica<S> {
    inner: S,
    region: Region,
    // All of them, that of the primary first.
    regions: Arc<[Region]>,
}

impl<S> Replica<S> {
    pub(super) const fn new(inner: S, region: Region, regions: Arc<[Region]>) -> Self {
        Self {
            inner,
            region,
            regions,
        }
    }

    /// Whether what is said here of the secret holds of all its replicas.
    fn is_primary_of(&self, request: &impl Request) -> bool {
        let named = request.placement().and_then(Placement::preference);
        let named = named.filter(|region| self.regions.contains(region));
        named.as_ref().or_else(|| self.regions.first()) == Some(&self.region)
    }
}

impl<S, R> Service<R> for Replica<S>
where
    S: Service<R>,
    S::Error: Classify + From<Rejected>,
    R: Request,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ReplicaFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let replica = (!self.is_primary_of(&request)).then(|| self.region.clone());
        ReplicaFuture {
            inner: self.inner.call(request),
            replica,
        }
    }
}

pin_project! {
    /// A call to a [`Replica`] under way.
    #[derive(Debug)]
    pub struct ReplicaFuture<F> {
        #[pin]
        inner: F,
        // The Region, unless it is the primary's.
        replica: Option<Region>,
    }
}

impl<F, T, E> Future for ReplicaFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: Classify + From<Rejected>,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.inner.poll(cx));
        Poll::Ready(answer.map_err(|error| match this.replica.take() {
            Some(region) => without_verdict(region, error),
            None => error,
        }))
    }
}

/// What a replica refuses, as a reason to ask elsewhere.
fn without_verdict<E: Classify + From<Rejected>>(region: Region, error: E) -> E {
    let facts = error.facts();
    let kind = SecretErrorKind::of_answer(facts.code, facts.category);
    if facts.rejected.is_some() || !kind.is_withdrawal() {
        return error;
    }
    let failure = Failure::from(&facts);
    Rejected::unavailable(ReplicaRefusal { region, failure }).into()
}

/// A replica that does not serve a secret, which says nothing of the secret itself.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the replica in {region} does not serve it: {failure}")]
#[non_exhaustive]
pub struct ReplicaRefusal {
    /// Where.
    pub region: Region,
    /// What it answered.
    pub failure: Failure,
}
