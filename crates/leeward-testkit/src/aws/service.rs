use http::request::Parts;
use leeward_error_taxonomy::Region;

/// A service that the in-process AWS has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Service {
    DynamoDb,
    Iam,
    Kms,
    Lambda,
    Logs,
    S3,
    SecretsManager,
    Sts,
}

/// How a service writes requests and answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// awsJson of this version: the operation stands in `x-amz-target`.
    Json(&'static str),
    /// awsQuery: the operation stands in the body, and answers are XML.
    Query,
    /// restJson: the operation is the method and the path.
    RestJson,
    /// restXml: the operation is the method, the path and the query.
    RestXml,
}

impl Service {
    pub(super) const ALL: [Self; 8] = [
        Self::DynamoDb,
        Self::Iam,
        Self::Kms,
        Self::Lambda,
        Self::Logs,
        Self::S3,
        Self::SecretsManager,
        Self::Sts,
    ];

    /// The name under which requests are signed.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::DynamoDb => "dynamodb",
            Self::Iam => "iam",
            Self::Kms => "kms",
            Self::Lambda => "lambda",
            Self::Logs => "logs",
            Self::S3 => "s3",
            Self::SecretsManager => "secretsmanager",
            Self::Sts => "sts",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.name() == name)
    }

    pub(super) const fn protocol(self) -> Protocol {
        match self {
            Self::DynamoDb => Protocol::Json("1.0"),
            Self::Kms | Self::Logs | Self::SecretsManager => Protocol::Json("1.1"),
            Self::Iam | Self::Sts => Protocol::Query,
            Self::Lambda => Protocol::RestJson,
            Self::S3 => Protocol::RestXml,
        }
    }

    /// The host that real requests go to, from which the emulator reads the Region; IAM has one for all Regions.
    pub(super) fn host(self, region: &Region) -> String {
        match self {
            Self::Iam => "iam.amazonaws.com".to_owned(),
            regional => format!("{}.{region}.amazonaws.com", regional.name()),
        }
    }
}

/// Reads the name of the service from the scope of the signature, in the header or in a presigned query.
///
/// Requests without a signature are what S3 knows as anonymous.
pub(super) fn signed_for(head: &Parts) -> String {
    let header = head
        .headers
        .get(http::header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once("Credential="))
        .and_then(|(_, rest)| rest.split([',', ' ']).next().map(str::to_owned));
    let presigned = || {
        let query = head.uri.query()?;
        query
            .split('&')
            .find_map(|pair| pair.strip_prefix("X-Amz-Credential="))
            .map(|scope| scope.replace("%2F", "/").replace("%2f", "/"))
    };
    // AKID/20260224/us-east-1/kms/aws4_request; a SigV4a scope has no Region.
    header
        .or_else(presigned)
        .as_deref()
        .and_then(|scope| scope.rsplit('/').nth(1))
        .unwrap_or("s3")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(authorization: &str, uri: &str, expected: &str) {
        let mut request = http::Request::get(uri);
        if !authorization.is_empty() {
            request = request.header("authorization", authorization);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        assert_eq!(signed_for(&head), expected);
    }

    #[test]
    fn the_service_is_the_one_that_the_signature_is_for() {
        let signed = "AWS4-HMAC-SHA256 Credential=AKID/20260224/eu-west-1/kms/aws4_request, SignedHeaders=host, Signature=0";
        check(signed, "/", "kms");
        check(
            "AWS4-ECDSA-P256-SHA256 Credential=AKID/20260224/sts/aws4_request, Signature=0",
            "/",
            "sts",
        );
        check(
            "",
            "/bucket/key?X-Amz-Credential=AKID%2F20260224%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Expires=9",
            "s3",
        );
        check("", "/bucket/key", "s3");
        check("nonsense", "/", "s3");
    }

    #[test]
    fn a_service_is_found_by_its_name() {
        for service in Service::ALL {
            assert_eq!(Service::named(service.name()), Some(service));
        }
        assert_eq!(Service::named("sqs"), None);
    }

    #[test]
    fn only_iam_has_one_host_for_all_regions() {
        let region = Region::from_static("eu-west-1");
        assert_eq!(Service::Kms.host(&region), "kms.eu-west-1.amazonaws.com");
        assert_eq!(Service::Iam.host(&region), "iam.amazonaws.com");
    }
}
