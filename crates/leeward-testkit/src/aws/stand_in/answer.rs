use crate::aws::{refusal, request_id::RequestId, service::Protocol};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};

/// What a request is answered: status, headers beside the length, body.
#[derive(Clone, Debug)]
pub struct Answer(pub(super) Response<Bytes>);

impl Answer {
    /// An answer without headers of its own.
    ///
    /// # Panics
    ///
    /// If HTTP knows no such status.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        let mut response = Response::new(body.into());
        *response.status_mut() = StatusCode::from_u16(status).expect("a status of HTTP");
        Self(response)
    }

    /// The result of a call of awsQuery: `result` is the XML within.
    #[must_use]
    pub fn query_result(action: &str, result: &str) -> Self {
        let id = RequestId::new(1);
        let xml = format!(
            "<{action}Response><{action}Result>{result}</{action}Result>\
             <ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{action}Response>"
        );
        Self::new(200, xml).with_header("content-type", "text/xml")
    }

    /// The error of a call of awsQuery.
    #[must_use]
    pub fn query_error(status: u16, code: &str, message: &str) -> Self {
        let (message, id) = (message.to_owned(), RequestId::new(1));
        let refusal = refusal::of_the_front(Protocol::Query, status, code, message, id);
        Self(refusal)
    }

    /// Adds a header, in the place of one of the same name.
    ///
    /// # Panics
    ///
    /// If HTTP takes no such name or value.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("a name of a header");
        let value = HeaderValue::from_str(value).expect("a value of a header");
        self.0.headers_mut().insert(name, value);
        self
    }
}
