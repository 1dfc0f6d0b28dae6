use http::{Method, header, request::Parts};
use std::borrow::Cow;

/// How long an access key id may be to be counted as it is; AWS's own are of 16 to 128 characters.
const LONGEST_ACCESS_KEY_ID: usize = 128;

/// Who signed a request and for which service, as its head says; nobody checks the signature itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Signature {
    pub(super) service: String,
    /// `None` of a request that is not signed.
    pub(super) access_key_id: Option<String>,
    /// What temporary credentials bring along.
    pub(super) token: Option<String>,
}

impl Signature {
    /// Reads the scope of the signature, in the header or in a presigned query.
    ///
    /// Requests without a signature are what S3 knows as anonymous, but for a form: that is a call of STS by an identity
    /// that has no keys yet.
    pub(super) fn of(head: &Parts) -> Self {
        let header = |name| {
            let value: Option<&http::HeaderValue> = head.headers.get(name);
            value.and_then(|value| value.to_str().ok())
        };
        let scope = header("authorization")
            .and_then(|value| value.split_once("Credential="))
            .and_then(|(_, rest)| rest.split([',', ' ']).next())
            .map(Cow::Borrowed)
            .or_else(|| parameter(head, "X-Amz-Credential"));
        // AKID/20260224/us-east-1/kms/aws4_request; a SigV4a scope has no Region.
        let service = scope.as_deref().and_then(|scope| scope.rsplit('/').nth(1));
        Self {
            service: service.unwrap_or_else(|| unsigned(head)).to_owned(),
            access_key_id: scope
                .as_deref()
                .filter(|_| service.is_some())
                .and_then(|scope| scope.split('/').next())
                .filter(|id| !id.is_empty() && id.len() <= LONGEST_ACCESS_KEY_ID)
                .map(str::to_owned),
            token: header("x-amz-security-token")
                .map(str::to_owned)
                .or_else(|| parameter(head, "X-Amz-Security-Token").map(Cow::into_owned)),
        }
    }
}

fn parameter<'a>(head: &'a Parts, name: &str) -> Option<Cow<'a, str>> {
    let query = head.uri.query()?;
    form_urlencoded::parse(query.as_bytes()).find_map(|(key, value)| (key == name).then_some(value))
}

fn unsigned(head: &Parts) -> &'static str {
    let is_form = head.headers.get(header::CONTENT_TYPE).is_some_and(|kind| {
        kind.as_bytes()
            .starts_with(b"application/x-www-form-urlencoded")
    });
    if head.method == Method::POST && head.uri.path() == "/" && is_form {
        "sts"
    } else {
        "s3"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(request: http::request::Builder) -> Signature {
        Signature::of(&request.body(()).unwrap().into_parts().0)
    }

    #[track_caller]
    fn check(authorization: &str, uri: &str, service: &str, access_key_id: Option<&str>) {
        let mut request = http::Request::get(uri);
        if !authorization.is_empty() {
            request = request.header("authorization", authorization);
        }
        let signature = read(request);
        assert_eq!(
            (&*signature.service, signature.access_key_id.as_deref()),
            (service, access_key_id)
        );
    }

    #[test]
    fn the_scope_says_who_signed_and_for_which_service() {
        let signed = "AWS4-HMAC-SHA256 Credential=AKID/20260224/eu-west-1/kms/aws4_request, SignedHeaders=host, Signature=0";
        check(signed, "/", "kms", Some("AKID"));
        check(
            "AWS4-ECDSA-P256-SHA256 Credential=AKID/20260224/sts/aws4_request, Signature=0",
            "/",
            "sts",
            Some("AKID"),
        );
        check(
            "",
            "/bucket/key?X-Amz-Credential=AKID%2F20260224%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Expires=9",
            "s3",
            Some("AKID"),
        );
    }

    #[test]
    fn what_is_not_signed_is_for_s3() {
        check("", "/bucket/key", "s3", None);
        check("nonsense", "/", "s3", None);
        check("Credential=nonsense", "/", "s3", None);
    }

    #[test]
    fn a_form_that_is_not_signed_is_for_sts() {
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        let request = http::Request::post("/").header("content-type", form);
        assert_eq!(read(request).service, "sts");
        let object = http::Request::post("/bucket").header("content-type", form);
        assert_eq!(read(object).service, "s3");
    }

    #[test]
    fn the_token_stands_in_the_header_or_in_the_query() {
        let header = http::Request::get("/").header("x-amz-security-token", "a+b");
        assert_eq!(read(header).token.as_deref(), Some("a+b"));
        let query = http::Request::get("/key?X-Amz-Security-Token=a%2Bb");
        assert_eq!(read(query).token.as_deref(), Some("a+b"));
        assert_eq!(read(http::Request::get("/key")).token, None);
    }
}
