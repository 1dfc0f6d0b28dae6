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

    /// The Region of which what is said of the secret holds of all its replicas, if that is another than this.
    fn primary_elsewhere(&self, request: &impl Request) -> Option<Region> {
        let named = request.placement().and_then(Placement::preference);
        let named = named.filter(|region| self.regions.contains(region));
        let primary = named.or_else(|| self.regions.first().cloned());
        primary.filter(|primary| *primary != self.region)
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
        let primary = self.primary_elsewhere(&request);
        ReplicaFuture {
            inner: self.inner.call(request),
            replica: primary.map(|primary| (self.region.clone(), primary)),
        }
    }
}

pin_project! {
    /// A call to a [`Replica`] under way.
    #[derive(Debug)]
    pub struct ReplicaFuture<F> {
        #[pin]
        inner: F,
        // The Region, and the primary's, unless that is the same.
        replica: Option<(Region, Region)>,
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
            Some((region, primary)) => without_verdict(region, primary, error),
            None => error,
        }))
    }
}

/// What a replica refuses, as a reason to ask elsewhere.
fn without_verdict<E: Classify + From<Rejected>>(region: Region, primary: Region, error: E) -> E {
    let facts = error.facts();
    let kind = SecretErrorKind::of_answer(facts.code, facts.category);
    if facts.rejected.is_some() || !kind.is_withdrawal() {
        return error;
    }
    let failure = Failure::from(&facts);
    let refusal = ReplicaRefusal {
        region,
        failure,
        primary,
    };
    Rejected::unavailable(refusal).into()
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
    /// The Region whose word counts.
    pub primary: Region,
}

impl ReplicaRefusal {
    /// The one that a call ends in, where the primary was not asked: else that tells what each Region said.
    pub(crate) fn behind(rejected: Option<&Rejected>) -> Option<&Self> {
        match rejected? {
            Rejected::Unavailable { source, .. } => source.downcast_ref(),
            _ => None,
        }
    }

    pub(crate) fn advice(&self) -> String {
        let Self {
            region, primary, ..
        } = self;
        format!(
            "wait until {primary} answers again, whose word counts, and look at why its circuit is open or who drained it; to outlast that, have the secret \
             replicated to {region} and readable there, with its KMS key"
        )
    }
}
