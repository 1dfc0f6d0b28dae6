use super::{
    groups::Groups,
    origin::{Origin, Watch},
};
use aws_smithy_http_client::pool::Client;
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use pin_project_lite::pin_project;
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

/// Ways out for one attempt, with its timeouts: one for each group of connections that a host may use.
#[derive(Clone, Debug)]
pub(crate) struct Ways {
    first: SharedHttpConnector,
    others: Option<Arc<[(u32, SharedHttpConnector)]>>,
    patience: Duration,
}

pin_project! {
    /// What was sent and is watched.
    // By hand, as what awaits it: a future that the compiler makes holds what it is made of twice.
    pub(crate) struct Sending {
        #[pin]
        answer: HttpConnectorFuture,
        watch: Watch,
    }
}

impl Future for Sending {
    type Output = Result<HttpResponse, ConnectorError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.answer.poll(cx));
        this.watch.end(answer.as_ref());
        Poll::Ready(answer)
    }
}

/// How long a call is given that knows no connect timeout, before its being dropped is a silence.
const PATIENCE: Duration = Duration::from_secs(1);

impl Ways {
    pub(super) fn new(
        clients: &[Client],
        groups: &Groups,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> Self {
        let way = |group: u32| clients[group as usize].http_connector(settings, components);
        let others = || groups.others().map(|group| (group, way(group))).collect();
        Self {
            first: way(0),
            others: groups.has_others().then(others),
            patience: settings.connect_timeout().unwrap_or(PATIENCE),
        }
    }

    /// Sends over a connection that may be trusted, and watches what comes of it.
    pub(crate) fn send(&self, origin: &Arc<Origin>, request: HttpRequest) -> Sending {
        let watch = origin.watch(self.patience);
        Sending {
            answer: self.to(watch.group()).call(request),
            watch,
        }
    }

    /// A host that has turned since these were made is called the old way once more.
    fn to(&self, group: u32) -> &SharedHttpConnector {
        let mut others = self.others.iter().flat_map(|others| others.iter());
        others
            .find(|(other, _)| *other == group)
            .map_or(&self.first, |(_, connector)| connector)
    }
}
