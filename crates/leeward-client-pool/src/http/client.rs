use super::layers::Stack;
use crate::connections::Ways;
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        connector_metadata::ConnectorMetadata,
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings,
            SharedHttpConnector,
        },
        orchestrator::HttpRequest,
        runtime_components::{RuntimeComponents, RuntimeComponentsBuilder},
    },
};
use aws_smithy_types::config_bag::ConfigBag;
use std::sync::Arc;

/// The stack as the SDK sees it. All that it asks besides, the pool of connections answers.
#[derive(Clone, Debug)]
pub(crate) struct StackClient(Arc<Stack>);

impl StackClient {
    pub(crate) const fn new(stack: Arc<Stack>) -> Self {
        Self(stack)
    }
}

impl HttpClient for StackClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Entry {
            stack: Arc::clone(&self.0),
            ways: self.0.connections.ways(settings, components),
        })
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        let connections = &self.0.connections;
        connections.validate_base_client_config(components, config)
    }

    fn validate_final_config(
        &self,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        let connections = &self.0.connections;
        connections.validate_final_config(components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connections.metadata()
    }
}

/// Where one attempt enters the stack. How it is to be sent goes with the request, since the stack is the same for all.
#[derive(Debug)]
struct Entry {
    stack: Arc<Stack>,
    ways: Ways,
}

impl HttpConnector for Entry {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.stack.send(&self.ways, request)
    }
}
