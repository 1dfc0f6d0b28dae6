use super::{
    patience::Patience,
    stats::{Counters, Sent},
};
use crate::{
    connections::{Connections, Origin, Permit, Sending, Ways, hold},
    guard::Attempt,
    tasks::Tasks,
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        http::{
            HttpConnectorFuture,
            telemetry::{CaptureHttpAttemptTelemetry, ConnectionUsage},
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
    },
};
use aws_smithy_types::body::SdkBody;
use http::{Request, Response, Uri};
use leeward_error_taxonomy::Rejected;
use pin_project_lite::pin_project;
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
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
    ///
    /// Where there is nothing to wait for, which is nearly always, the request goes at once from here into the connection: it
    /// is large, and a future that held it until it is first polled would be as well.
    pub(super) fn send(&self, ways: &Ways, request: HttpRequest) -> HttpConnectorFuture {
        let order = match self.order(&request) {
            Ok(order) => order,
            Err(error) => return HttpConnectorFuture::ready(Err(error)),
        };
        match order.pass_at_once() {
            Some(Ok(permit)) => {
                HttpConnectorFuture::new(self.set_out(ways, request, order, permit))
            }
            Some(Err(refused)) => HttpConnectorFuture::ready(Err(not_again(refused))),
            None => {
                let (dispatch, ways) = (self.clone(), ways.clone());
                HttpConnectorFuture::new(async move {
                    let permit = order.pass().await.map_err(not_again)?;
                    dispatch.set_out(&ways, request, order, permit).await
                })
            }
        }
    }

    fn order(&self, request: &HttpRequest) -> Result<Order, ConnectorError> {
        if !self.0.tasks.is_alive() {
            return Err(not_again(Ended));
        }
        let uri: Uri = request.uri().parse().map_err(unsendable)?;
        Ok(Order {
            attempt: request.extension::<Attempt>().cloned(),
            patience: request
                .extension::<Patience>()
                .map(|Patience(patience)| *patience),
            capture: request.extension::<CaptureHttpAttemptTelemetry>().cloned(),
            origin: self.0.connections.origin(&uri),
        })
    }

    fn set_out(&self, ways: &Ways, request: HttpRequest, order: Order, permit: Permit) -> Underway {
        let sent = self.0.counters.begin();
        Underway {
            sending: ways.send(&order.origin, request),
            kept: Some((order, permit, sent)),
        }
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

/// What is to be sent where, under what conditions.
struct Order {
    attempt: Option<Attempt>,
    patience: Option<Duration>,
    capture: Option<CaptureHttpAttemptTelemetry>,
    origin: Arc<Origin>,
}

impl Order {
    fn pass_at_once(&self) -> Option<Result<Permit, Rejected>> {
        let permit = self.origin.pass_at_once()?;
        match &self.attempt {
            Some(attempt) => attempt.before_at_once(permit),
            None => Some(Ok(permit)),
        }
    }

    async fn pass(&self) -> Result<Permit, Rejected> {
        let passing = self.origin.pass(self.patience);
        match &self.attempt {
            Some(attempt) => attempt.before(passing).await,
            None => passing.await,
        }
    }
}

pin_project! {
    /// What was sent.
    struct Underway {
        #[pin]
        sending: Sending,
        kept: Option<(Order, Permit, Sent)>,
    }
}

impl Future for Underway {
    type Output = Result<HttpResponse, ConnectorError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.sending.poll(cx));
        let (order, permit, mut sent) = this.kept.take().expect("not polled after its answer");
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                sent.failed();
                return Poll::Ready(Err(error));
            }
        };
        if order.capture.is_some_and(|capture| is_reused(&capture)) {
            order.origin.reused();
        }
        sent.answered(answer.status().as_u16());
        Poll::Ready(Ok(held(answer, order.attempt, (permit, sent))))
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
