use crate::Arn;
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Region, Stage, Verdict, redact};

/// Says why it cannot be told whether the resource of an ARN is there. It never means that it is not.
///
/// What an answer of AWS keeps from being told, such as a denied call, is not among these. The ARN is shown without what looks like a
/// secret, and the beginning of a long one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResourceError {
    /// Of this service nothing is told here.
    #[error(
        "{arn} is of the service {service}, of which nothing is told here; told are resources of cloudformation, dynamodb, iam, lambda, logs and s3"
    )]
    #[non_exhaustive]
    Service {
        /// The ARN.
        arn: String,
        /// Its service.
        service: String,
    },
    /// Of this service other kinds of resources are told.
    #[error("{arn} is of a kind that is not told of here; told are {told}")]
    #[non_exhaustive]
    Kind {
        /// The ARN.
        arn: String,
        /// The kinds that are told of.
        told: &'static str,
    },
    /// No ARN of one resource of the service looks like this.
    #[error("{arn} is not the ARN of a resource: {rule}")]
    #[non_exhaustive]
    Shape {
        /// The ARN.
        arn: String,
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// The part of this crate that could tell is not built in.
    #[error("{arn} cannot be asked for: switch on the feature {feature} of leeward-resources")]
    #[non_exhaustive]
    FeatureOff {
        /// The ARN.
        arn: String,
        /// The feature.
        feature: String,
    },
    /// It was not found, which says nothing: the calls are made as somebody of another account.
    #[error(
        "{arn} is of another account than the calls, which are made as {caller}: ask as an identity of its account"
    )]
    #[non_exhaustive]
    OtherAccount {
        /// The ARN.
        arn: String,
        /// The account that the calls are made as.
        caller: String,
    },
    /// The ARN names no Region, and the one that would be called is of another partition.
    #[error("{arn} cannot be asked for in {region}, a Region of {}: name one of its own partition", .region.partition())]
    #[non_exhaustive]
    OtherPartition {
        /// The ARN.
        arn: String,
        /// The Region that would be called.
        region: Region,
    },
    /// A stream that is not the one that its table writes to now: it may be read for a day after it has ended.
    #[error(
        "{arn} is not the stream that its table writes to now; whether it can still be read, DescribeStream of DynamoDB Streams tells"
    )]
    #[non_exhaustive]
    EndedStream {
        /// The ARN.
        arn: String,
    },
}

impl ResourceError {
    pub(crate) fn service(arn: &Arn) -> Self {
        Self::Service {
            arn: shown(arn),
            service: redact(arn.service()).into_owned(),
        }
    }

    pub(crate) fn kind(arn: &Arn, told: &'static str) -> Self {
        let arn = shown(arn);
        Self::Kind { arn, told }
    }

    pub(crate) fn shape(arn: &Arn, rule: &'static str) -> Self {
        let arn = shown(arn);
        Self::Shape { arn, rule }
    }

    /// The features are called like the services.
    pub(crate) fn feature_off(arn: &Arn) -> Self {
        Self::FeatureOff {
            arn: shown(arn),
            feature: arn.service().to_owned(),
        }
    }

    #[cfg(any(feature = "iam", feature = "s3"))]
    pub(crate) fn other_partition(arn: &Arn, region: &Region) -> Self {
        Self::OtherPartition {
            arn: shown(arn),
            region: region.clone(),
        }
    }

    #[cfg(feature = "dynamodb")]
    pub(crate) fn ended_stream(arn: &Arn) -> Self {
        let arn = shown(arn);
        Self::EndedStream { arn }
    }

    pub(crate) fn other_account(arn: &Arn, caller: &str) -> Self {
        Self::OtherAccount {
            arn: shown(arn),
            caller: caller.to_owned(),
        }
    }
}

/// The ARN as it may stand in a log.
fn shown(arn: &Arn) -> String {
    const SHOWN: usize = 200;
    let beginning: String = arn.as_str().chars().take(SHOWN).collect();
    redact(&beginning.escape_debug().to_string()).into_owned()
}

impl Classify for ResourceError {
    fn facts(&self) -> Facts<'_> {
        let (stage, category) = match self {
            Self::Service { .. } | Self::Kind { .. } | Self::Shape { .. } => {
                (Stage::NotSent, Category::Validation)
            }
            Self::FeatureOff { .. } | Self::OtherPartition { .. } => {
                (Stage::NotSent, Category::Configuration)
            }
            Self::OtherAccount { .. } | Self::EndedStream { .. } => {
                (Stage::Answered, Category::Validation)
            }
        };
        Facts::new(stage, category, Verdict::Final)
    }
}

impl From<ResourceError> for AwsError {
    fn from(error: ResourceError) -> Self {
        Self::new(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_to_do_and_that_a_retry_is_of_no_use() {
        let arn: Arn = "arn:aws:iam::111122223333:role/app".parse().unwrap();
        let error = ResourceError::feature_off(&arn);
        assert_eq!(
            error.to_string(),
            "arn:aws:iam::111122223333:role/app cannot be asked for: switch on the feature iam of leeward-resources"
        );
        let error = AwsError::from(error);
        assert_eq!(error.category(), Category::Configuration);
        assert_eq!(
            (error.stage(), error.verdict()),
            (Stage::NotSent, Verdict::Final)
        );

        let error = ResourceError::other_account(&arn, "444455556666");
        assert_eq!(
            error.to_string(),
            "arn:aws:iam::111122223333:role/app is of another account than the calls, which are made as 444455556666: ask as an identity of its account"
        );
        assert_eq!(AwsError::from(error).stage(), Stage::Answered);
    }
}
