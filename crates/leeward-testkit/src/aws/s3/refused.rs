use super::super::refusal::escaped;
use http::HeaderValue;
use winterbaume_core::MockResponse;

/// What S3 refuses, as it says it.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
    /// The Region that a bucket is in, where that is the trouble.
    pub(super) region: Option<String>,
}

impl Refused {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            region: None,
        }
    }

    /// "The bucket you are attempting to access must be addressed using the specified endpoint": API reference, "Error responses".
    pub(super) fn elsewhere(region: String) -> Self {
        let message = "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future \
                       requests to this endpoint.";
        Self {
            region: Some(region),
            ..Self::new(301, "PermanentRedirect", message)
        }
    }

    pub(super) fn into_response(self) -> MockResponse {
        let endpoint = self.region.as_ref().map_or_else(String::new, |region| {
            format!("<Endpoint>s3.{}.amazonaws.com</Endpoint>", escaped(region))
        });
        let (code, message) = (self.code, escaped(&self.message));
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>{endpoint}</Error>"
        );
        let mut response = MockResponse::xml(self.status, body);
        let region = self.region.as_deref().map(HeaderValue::from_str);
        if let Some(Ok(region)) = region {
            response.headers.insert("x-amz-bucket-region", region);
        }
        response
    }
}
