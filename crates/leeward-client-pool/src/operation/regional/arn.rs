use crate::arn::{Parts, is_account};
use leeward_error_taxonomy::{
    AwsError, Category, Classify, Facts, Obstacle, Region, Rejected, Stage, Verdict, redact,
};
use std::fmt;

/// An ARN of a resource that has a Region and an account, taken apart.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Arn {
    partition: String,
    service: &'static str,
    region: Region,
    account: String,
    resource: String,
}

impl Arn {
    /// Reads the ARN of a resource of `service`; fails with what is wrong with it.
    pub(super) fn read(text: &str, service: &'static str) -> Result<Self, String> {
        let Parts {
            partition,
            service: of,
            region,
            account,
            resource,
        } = Parts::read(text)?;
        if of != service {
            return Err(format!("it must name the service {service}"));
        }
        let Some(region) = region else {
            return Err("its fourth part must be a Region such as us-east-1".to_owned());
        };
        if !is_account(account) {
            return Err(
                "its fifth part must be the number of an account, twelve digits".to_owned(),
            );
        }
        Ok(Self {
            partition: partition.to_owned(),
            service,
            region,
            account: account.to_owned(),
            resource: resource.to_owned(),
        })
    }

    pub(super) const fn region(&self) -> &Region {
        &self.region
    }

    pub(super) fn resource(&self) -> &str {
        &self.resource
    }

    /// Whether both are the same but for the Region.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (&self.partition, self.service, &self.account, &self.resource)
            == (
                &other.partition,
                other.service,
                &other.account,
                &other.resource,
            )
    }

    /// The same with another Region, of the same partition: nothing is replicated from one partition to another.
    pub(super) fn in_region(&self, region: &Region) -> Result<Self, Rejected> {
        let (here, there) = (self.region.partition(), region.partition());
        if here != there {
            let reason = format!(
                "{self} is of the partition {here}, and {region} of {there}, in which there is no copy of it"
            );
            return Err(Rejected::unavailable_for(Obstacle::Elsewhere, reason));
        }
        Ok(Self {
            region: region.clone(),
            ..self.clone()
        })
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            partition,
            service,
            region,
            account,
            resource,
        } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

/// Says why a text does not name a resource; it shows the beginning of the text, without what looks like a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {what}: {reason}")]
pub struct InvalidResourceName {
    text: String,
    what: &'static str,
    reason: String,
}

impl InvalidResourceName {
    pub(crate) fn new(text: &str, what: &'static str, reason: impl Into<String>) -> Self {
        let shown: String = text.chars().take(200).collect();
        Self {
            text: redact(&shown).into_owned(),
            what,
            reason: reason.into(),
        }
    }

    /// What is wrong with it, as a sentence without a full stop; without the text itself.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl Classify for InvalidResourceName {
    fn facts(&self) -> Facts<'_> {
        Facts::new(Stage::NotSent, Category::Validation, Verdict::Final)
    }
}

impl From<InvalidResourceName> for AwsError {
    fn from(invalid: InvalidResourceName) -> Self {
        Self::new(invalid)
    }
}
