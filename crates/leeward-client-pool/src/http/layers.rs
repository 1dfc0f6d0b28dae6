use super::{
    dispatch::Dispatch,
    stats::{Counters, HttpStats},
    trace,
};
use crate::{
    connections::{Connections, Ways},
    guard::Attempt,
    tasks::Tasks,
};
use aws_smithy_runtime_api::client::{
    http::HttpConnectorFuture,
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::body::SdkBody;
use http::{HeaderName, Request, Response};
use std::{fmt, sync::Arc};
use tower::{
    ServiceExt,
    util::{BoxCloneSyncService, MapRequest, MapResponse},
};
use tower_http::{map_response_body::MapResponseBodyLayer, set_header::SetRequestHeaderLayer};
use tower_layer::Layer;

/// What a layer of the user is put around: it sends a signed request of the SDK and gives the answer, body unread.
///
/// It is always ready. The request must be handed on with its extensions, which say how it is to be sent.
pub type HttpService = BoxCloneSyncService<Request<SdkBody>, Response<SdkBody>, ConnectorError>;

/// The layers that the user asked for, the outermost first.
#[derive(Default)]
pub(crate) struct HttpLayers {
    layers: Vec<Box<dyn FnOnce(HttpService) -> HttpService + Send + Sync>>,
    id_header: Option<HeaderName>,
}

impl HttpLayers {
    pub(crate) fn push(
        &mut self,
        apply: impl FnOnce(HttpService) -> HttpService + Send + Sync + 'static,
    ) {
        self.layers.push(Box::new(apply));
    }

    pub(crate) fn set_id_header(&mut self, name: HeaderName) {
        self.id_header = Some(name);
    }
}

impl fmt::Debug for HttpLayers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpLayers")
            .field("layers", &self.layers.len())
            .field("id_header", &self.id_header)
            .finish()
    }
}

/// What every request of a pool passes; made once, so that what layers count or limit is the pool's.
pub(crate) struct Stack {
    pub(super) connections: Connections,
    service: HttpService,
    /// The end of it, for requests that nothing above wants to see.
    end: Dispatch,
    is_only_traced: bool,
    counters: Arc<Counters>,
}

impl Stack {
    pub(crate) fn new(layers: HttpLayers, connections: Connections, tasks: Tasks) -> Self {
        let counters = Arc::new(Counters::default());
        let end = Dispatch::new(connections.clone(), counters.clone(), tasks);
        let is_only_traced = layers.layers.is_empty() && layers.id_header.is_none();
        let sent = end.clone();
        let marked = MapResponse::new(sent, |mut answer: Response<SdkBody>| {
            trace::mark(answer.headers_mut());
            answer
        });
        let traced = trace::layer().layer(marked);
        let traced = MapResponseBodyLayer::new(SdkBody::from_body_1_x::<_, _>).layer(traced);
        let marked = MapRequest::new(traced, |mut request: Request<SdkBody>| {
            trace::mark(request.headers_mut());
            request
        });
        let service = match layers.id_header {
            // The SDK's id of the call, for whoever reads it by another name.
            Some(name) => HttpService::new(
                SetRequestHeaderLayer::if_not_present(name, |request: &Request<SdkBody>| {
                    request.headers().get(&trace::INVOCATION).cloned()
                })
                .layer(marked),
            ),
            None => HttpService::new(marked),
        };
        let outwards = layers.layers.into_iter().rev();
        Self {
            service: outwards.fold(service, |inner, layer| layer(inner)),
            end,
            is_only_traced,
            connections,
            counters,
        }
    }

    /// Takes a request through the layers, if there is anybody to see it there, and sends it.
    pub(super) fn send(&self, ways: &Ways, request: HttpRequest) -> HttpConnectorFuture {
        if self.is_only_traced && !trace::is_seen() {
            return self.end.send(ways, request);
        }
        if let Some(attempt) = request.extension::<Attempt>() {
            attempt.has_arrived();
        }
        let request = request.try_into_http1x();
        let mut request = match request.map_err(|error| ConnectorError::user(error.into())) {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(error)),
        };
        request.extensions_mut().insert(ways.clone());
        let answer = self.service.clone().oneshot(request);
        HttpConnectorFuture::new(async move {
            let answer = HttpResponse::try_from(answer.await?);
            answer.map_err(|error| ConnectorError::other(error.into(), None))
        })
    }

    pub(crate) fn stats(&self) -> HttpStats {
        self.counters.read()
    }
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stack")
            .field("connections", &self.connections)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
