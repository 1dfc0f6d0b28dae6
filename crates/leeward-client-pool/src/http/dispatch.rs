use super::{patience::Patience, stats::Counters};
use crate::{
    connections::{Connections, Ways, hold},
    guard::Attempt,
};
use aws_smithy_runtime_api::client::{
    http::telemetry::{CaptureHttpAttemptTelemetry, ConnectionUsage},
    orchestrator::HttpRequest,
    result::ConnectorError,
};
use aws_smithy_types::body::SdkBody;
use http::{Request, Response};
use leeward_error_taxonomy::Rejected;
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tower_service::Service;

/// Where the stack ends: waits for whatever there is to wait for, counts, and sends.
///
/// The order is that in which waiting is cheapest: first for the rate that the guard allows, then for a connection to the host.
/// Neither is under the read timeout, and the guard takes no such time for the service's. What is refused here was not sent
/// and is not sent again by the SDK.
#[derive(Clone, Debug)]
pub(super) struct Dispatch(Arc<Means>);

#[derive(Debug)]
struct Means {
    connections: Connections,
    counters: Arc<Counters>,
}

impl Dispatch {
    pub(super) fn new(connections: Connections, counters: Arc<Counters>) -> Self {
        Self(Arc::new(Means {
            connections,
            counters,
        }))
    }

    async fn send(
        self,
        mut request: Request<SdkBody>,
    ) -> Result<Response<SdkBody>, ConnectorError> {
        let extensions = request.extensions_mut();
        let Some(ways) = extensions.remove::<Ways>() else {
            return Err(ConnectorError::user(StrippedRequest.into()));
        };
        let attempt = extensions.remove::<Attempt>();
        let patience = extensions
            .remove::<Patience>()
            .map(|Patience(patience)| patience);
        let capture = extensions.get::<CaptureHttpAttemptTelemetry>().cloned();
        let origin = self.0.connections.origin(request.uri());
        let permit = match &attempt {
            Some(attempt) => attempt.before(origin.pass(patience)).await,
            None => origin.pass(patience).await,
        };
        let permit = permit.map_err(refused)?;
        let request = HttpRequest::try_from(request);
        let request = request.map_err(|error| ConnectorError::user(error.into()))?;
        let mut sent = self.0.counters.begin();
        let answer = match ways.send(&origin, request).await {
            Ok(answer) => answer,
            Err(error) => {
                sent.failed();
                return Err(error);
            }
        };
        if capture.is_some_and(|capture| is_reused(&capture)) {
            origin.reused();
        }
        let answer = answer.try_into_http1x();
        let answer = answer.map_err(|error| ConnectorError::other(error.into(), None))?;
        sent.answered(answer.status());
        Ok(answer.map(|body| hold(body, (permit, sent))))
    }
}

impl Service<Request<SdkBody>> for Dispatch {
    type Response = Response<SdkBody>;
    type Error = ConnectorError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectorError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectorError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<SdkBody>) -> Self::Future {
        Box::pin(self.clone().send(request))
    }
}

/// Without a kind, so that the SDK does not try again.
fn refused(rejected: Rejected) -> ConnectorError {
    ConnectorError::other(rejected.into(), None)
}

fn is_reused(capture: &CaptureHttpAttemptTelemetry) -> bool {
    let seen = capture.get();
    seen.acquisition()
        .is_some_and(|acquired| acquired.usage() == ConnectionUsage::Reused)
}

/// A layer made a new request of the one that it was given.
#[derive(Debug, thiserror::Error)]
#[error(
    "a layer dropped the extensions of the request: change the request that it is given, or copy its extensions"
)]
struct StrippedRequest;
