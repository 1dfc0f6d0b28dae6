use super::PoolBuilder;
use crate::{GuardConfig, HttpService};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http::{HeaderName, Request, Response};
use tower_layer::Layer;
use tower_service::Service;

/// What calls pass.
impl PoolBuilder {
    /// Puts a tower layer around the sending of every request, outside of those that were added later and of the pool's own.
    ///
    /// It sees each attempt of each client, retries of the SDK and the calls for credentials included, after they are signed:
    /// a header that it adds is not. The layer is applied once, so that what it counts or limits is the pool's. For layers
    /// that change the type of the body or of the error, tower has `map_response` and `map_err`.
    ///
    /// ```
    /// use aws_smithy_types::body::SdkBody;
    /// use http::{HeaderValue, Request};
    /// use leeward_client_pool::Pool;
    /// use tower::util::MapRequestLayer;
    ///
    /// let tagged = MapRequestLayer::new(|mut request: Request<SdkBody>| {
    ///     request.headers_mut().insert("x-team", HeaderValue::from_static("ledger"));
    ///     request
    /// });
    /// let builder = Pool::builder().with_http_layer(tagged);
    /// # let _ = builder;
    /// ```
    pub fn with_http_layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<HttpService> + Send + Sync + 'static,
        L::Service: Service<Request<SdkBody>, Response = Response<SdkBody>, Error = ConnectorError>
            + Clone
            + Send
            + Sync
            + 'static,
        <L::Service as Service<Request<SdkBody>>>::Future: Send + 'static,
    {
        self.layers
            .push(move |inner| HttpService::new(layer.layer(inner)));
        self
    }

    /// Sends the SDK's id of the call, the same for all its attempts, under this name too, unless the header is there. Default:
    /// only as `amz-sdk-invocation-id`.
    pub fn with_request_id_header(mut self, name: HeaderName) -> Self {
        self.layers.set_id_header(name);
        self
    }

    /// Guards the clients that retry by themselves by these numbers. Default: [`GuardConfig::new`].
    pub fn with_guard(self, guard: GuardConfig) -> Self {
        Self {
            guard: Some(guard),
            ..self
        }
    }

    /// Guards no client.
    pub fn without_guard(self) -> Self {
        Self {
            guard: None,
            ..self
        }
    }
}
