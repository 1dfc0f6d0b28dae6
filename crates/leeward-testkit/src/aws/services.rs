use crate::aws::{
    chunked, dynamodb::DynamoDb, kms::Kms, operation, refusal, request_id::RequestId, s3::S3,
    secretsmanager::SecretsService, service::Service, signature::Signature, sts::Sts,
    upstream::Upstream,
};
use bytes::Bytes;
use http::{Method, Response, StatusCode, header, request::Parts};
use leeward_error_taxonomy::Region;
use std::{collections::HashMap, sync::Arc};
use winterbaume_core::{MockRequest, MockService};

/// The emulated services; each keeps its Regions apart.
pub(super) struct Services {
    emulators: HashMap<Service, Arc<dyn MockService>>,
    secrets: SecretsService,
    sts: Sts,
    /// Who answers in the place of them all.
    upstream: Option<Upstream>,
}

impl Services {
    pub(super) fn new(
        regions: &[Region],
        secrets: SecretsService,
        sts: Sts,
        upstream: Option<Upstream>,
    ) -> Self {
        let emulators = Service::ALL.into_iter().filter_map(|service| {
            let emulator: Arc<dyn MockService> = match service {
                Service::CloudFormation => return None,
                Service::DynamoDb => Arc::new(DynamoDb::new()),
                Service::Iam => Arc::new(winterbaume_iam::IamService::new()),
                Service::Kms => Arc::new(Kms::new(regions.to_vec())),
                Service::Lambda => Arc::new(winterbaume_lambda::LambdaService::new()),
                Service::Logs => Arc::new(winterbaume_cloudwatchlogs::CloudWatchLogsService::new()),
                Service::S3 => Arc::new(S3::new()),
                // All of it is ours.
                Service::SecretsManager => return None,
                Service::Sts => Arc::new(winterbaume_sts::StsService::new()),
            };
            Some((service, emulator))
        });
        Self {
            emulators: emulators.collect(),
            secrets,
            sts,
            upstream,
        }
    }

    /// Whether calls to the service are answered.
    pub(super) fn has(&self, service: Service) -> bool {
        service != Service::CloudFormation || self.upstream.is_some()
    }

    /// Lets the service answer as it would in `region`, wherever the request was signed for.
    pub(super) async fn answer(
        &self,
        service: Service,
        region: &Region,
        signature: &Signature,
        mut head: Parts,
        body: Bytes,
        id: RequestId,
    ) -> Response<Bytes> {
        if let Some(upstream) = self.upstream {
            return upstream.answer(head, body).await.unwrap_or_else(|error| {
                let message = format!("The upstream did not answer: {error}");
                refusal::of_the_front(service.protocol(), 502, "BadGateway", message, id)
            });
        }
        let Ok(body) = chunked::decode(&mut head.headers, body) else {
            let message = "The request body terminated unexpectedly".to_owned();
            let protocol = service.protocol();
            return refusal::of_the_front(protocol, 400, "IncompleteBody", message, id);
        };
        if service == Service::Sts
            && let Some(answer) = self.sts.answer(region, signature, &body, id)
        {
            return answer;
        }
        if service == Service::SecretsManager {
            let operation = operation::in_head(service, &head);
            let operation = operation.as_deref().unwrap_or(operation::UNKNOWN);
            let secrets = &self.secrets;
            return secrets.answer(region, signature, operation, &body, id);
        }
        // Some emulators would take the Region from the signature, if they saw it.
        head.headers.remove(header::AUTHORIZATION);
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let request = MockRequest {
            method: head.method.to_string(),
            uri: format!("https://{}{path}", service.host(region)),
            headers: head.headers,
            body,
        };
        let answered = self.emulators[&service].handle(request).await;
        let mut response = Response::new(answered.body);
        *response.status_mut() =
            StatusCode::from_u16(answered.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        *response.headers_mut() = answered.headers;
        response.headers_mut().remove(header::TRANSFER_ENCODING);
        if head.method != Method::HEAD {
            // hyper writes the length of the body that it gets.
            response.headers_mut().remove(header::CONTENT_LENGTH);
        }
        response
    }
}
