//! The lines to the Regions, where calls are counted, and held back if the outage has to be made here.

use crate::ledger::Ledger;
use leeward::{
    client_pool::{AwsClient, Maker, Pool, Target},
    error_taxonomy::{Region, Rejected},
};
use std::{
    future::{Future, pending},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tower_service::Service;

/// Who silences a Region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Silence {
    /// The emulated Region itself: it takes the call and never answers.
    Remote,
    /// This process: the call is never sent. Real AWS cannot be asked to go silent.
    Local,
}

/// A target whose calls are counted.
#[derive(Clone, Debug)]
pub(crate) struct Line<S> {
    inner: S,
    region: Region,
    ledger: Arc<Ledger>,
    silence: Silence,
}

impl<S, Request> Service<Request> for Line<S>
where
    S: Service<Request>,
    S::Future: Send + 'static,
    S::Response: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        self.ledger.starts(&self.region);
        if self.silence == Silence::Local && self.ledger.is_silent(&self.region) {
            return Box::pin(pending());
        }
        let answer = self.inner.call(request);
        let (ledger, region) = (self.ledger.clone(), self.region.clone());
        Box::pin(async move {
            let answer = answer.await;
            if answer.is_ok() {
                ledger.answers(&region);
            }
            answer
        })
    }
}

/// Makes the line to a Region.
#[derive(Debug)]
pub(crate) struct Lines<C> {
    maker: Maker<C>,
    ledger: Arc<Ledger>,
    silence: Silence,
}

impl<C: AwsClient> Lines<C> {
    pub(crate) fn new(pool: &Pool, ledger: Arc<Ledger>, silence: Silence) -> Self {
        Self {
            maker: pool.maker(),
            ledger,
            silence,
        }
    }
}

impl<C> Clone for Lines<C> {
    fn clone(&self) -> Self {
        Self {
            maker: self.maker.clone(),
            ledger: self.ledger.clone(),
            silence: self.silence,
        }
    }
}

impl<C: AwsClient> Service<Region> for Lines<C> {
    type Response = Line<Target<C>>;
    type Error = Rejected;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Rejected>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Rejected>> {
        self.maker.poll_ready(cx)
    }

    fn call(&mut self, region: Region) -> Self::Future {
        let target = self.maker.call(region.clone());
        let (ledger, silence) = (self.ledger.clone(), self.silence);
        Box::pin(async move {
            Ok(Line {
                inner: target.await?,
                region,
                ledger,
                silence,
            })
        })
    }
}
