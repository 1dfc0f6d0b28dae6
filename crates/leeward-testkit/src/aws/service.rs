use leeward_error_taxonomy::Region;

/// A service that the in-process AWS has, or at least can stand in front of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Service {
    /// Answered by an upstream alone.
    CloudFormation,
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
    pub(super) const ALL: [Self; 9] = [
        Self::CloudFormation,
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
            Self::CloudFormation => "cloudformation",
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
            Self::CloudFormation | Self::Iam | Self::Sts => Protocol::Query,
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

#[cfg(test)]
mod tests {
    use super::*;

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
