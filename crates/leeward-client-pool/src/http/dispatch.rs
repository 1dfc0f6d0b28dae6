use super::{patience::Patience, stats::Counters};
use crate::{
    connections::{Connections, Ways, hold},
    guard::Attempt,
    tasks::Tasks,
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        http::telemetry::{CaptureHttpAttemptTelemetry, ConnectionUsage},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
    },
};
use aws_smithy_types::body::SdkBody;
use http::{Request, Response, Uri};
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tower_service::Service;

/// Where the stack ends: waits for whatever there is to wait for, counts, and sends.
///
/// A pool that was shut down, or whose runtime has ended, sends nothing: nobody would open a connection or read an answer.
/// Otherwise the order is that in which waiting is cheapest: first for the rate that the guard allows, then for a connection to the host.
/// Neither is under the read timeout, and the guard takes no such time for the service's. What is refused here was not sent
/// and is not sent again by the SDK.
#[derive(Clone, Debug)]
pub(super) struct Dispatch(Arc<Means>);

#[derive(Debug)]
struct Means {
    connections: Connections,
    counters: Arc<Counters>,
    tasks: Tasks,
}

impl Dispatch {
    pub(super) fn new(connections: Connections, counters: Arc<Counters>, tasks: Tasks) -> Self {
        Self(Arc::new(Means {
            connections,
            counters,
            tasks,
        }))
    }

    /// Sends as the SDK hands it over: to turn its types into those of the layers and back costs more than all this.
    pub(super) async fn send(
        &self,
        ways: &Ways,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        if !self.0.tasks.is_alive() {
            return Err(not_again(Ended));
        }
        let attempt = request.extension::<Attempt>().cloned();
        let patience = request
            .extension::<Patience>()
            .map(|Patience(patience)| *patience);
        let capture = request.extension::<CaptureHttpAttemptTelemetry>().cloned();
        let uri: Uri = request.uri().parse().map_err(unsendable)?;
        let origin = self.0.connections.origin(&uri);
        let permit = match &attempt {
            Some(attempt) => attempt.before(origin.pass(patience)).await,
            None => origin.pass(patience).await,
        };
        let permit = permit.map_err(not_again)?;
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
        sent.answered(answer.status().as_u16());
        Ok(held(answer, attempt, (permit, sent)))
    }

    /// Sends what has come through the layers.
    async fn send_on(
        self,
        mut request: Request<SdkBody>,
    ) -> Result<Response<SdkBody>, ConnectorError> {
        let Some(ways) = request.extensions_mut().remove::<Ways>() else {
            return Err(ConnectorError::user(StrippedRequest.into()));
        };
        let request = HttpRequest::try_from(request).map_err(unsendable)?;
        let answer = self.send(&ways, request).await?.try_into_http1x();
        answer.map_err(|error| ConnectorError::other(error.into(), None))
    }
}

/// Keeps `kept` until the body of `answer` has come in, and tells the attempt if it does not.
fn held(
    mut answer: HttpResponse,
    attempt: Option<Attempt>,
    kept: impl Send + Sync + 'static,
) -> HttpResponse {
    let broken = move || {
        if let Some(attempt) = attempt {
            attempt.broken_off();
        }
    };
    let body = hold(answer.take_body(), kept, broken);
    *answer.body_mut() = body;
    answer
}

fn unsendable(error: impl Into<BoxError>) -> ConnectorError {
    ConnectorError::user(error.into())
}

impl Service<Request<SdkBody>> for Dispatch {
    type Response = Response<SdkBody>;
    type Error = ConnectorError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectorError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectorError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<SdkBody>) -> Self::Future {
        Box::pin(self.clone().send_on(request))
    }
}

/// Without a kind, so that the SDK does not try again.
fn not_again(error: impl Into<BoxError>) -> ConnectorError {
    ConnectorError::other(error.into(), None)
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

/// There is nothing left to send with. It ends like what the SDK's pool says of a connection whose runtime went away while it
/// was made, by which the taxonomy knows the case.
#[derive(Debug, thiserror::Error)]
#[error(
    "the pool is shut down, or the runtime that it was built in has ended: its connection establishment task was dropped"
)]
struct Ended;
