use crate::CloudFormation;
use aws_sdk_cloudformation::Client;
use leeward_client_pool::Caller;
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict};
use leeward_resilience::Waiter;
use std::time::Duration;

/// Sets what a [`CloudFormation`] does by itself.
#[derive(Clone, Debug)]
#[must_use]
pub struct CloudFormationBuilder {
    caller: Caller<Client>,
    waiter: Waiter,
}

impl CloudFormationBuilder {
    pub(crate) const fn new(caller: Caller<Client>) -> Self {
        // A database or a distribution takes half an hour; asking more often than each second or two is throttled for the account.
        let waiter = Waiter::new(Duration::from_secs(3_600))
            .with_interval(Duration::from_secs(2))
            .with_max_interval(Duration::from_secs(15));
        Self { caller, waiter }
    }

    /// Waits like this for stacks, change sets and detections; 1 h by default, with pauses that grow from 2 s to 15 s.
    pub fn with_waiter(self, waiter: Waiter) -> Self {
        Self { waiter, ..self }
    }

    /// Makes the facade.
    ///
    /// # Errors
    ///
    /// [`InvalidWait`] for a waiter that has no time.
    pub fn build(self) -> Result<CloudFormation, InvalidWait> {
        if self.waiter.timeout().is_zero() {
            return Err(InvalidWait);
        }
        Ok(self.finish())
    }

    pub(crate) fn finish(self) -> CloudFormation {
        CloudFormation {
            caller: self.caller,
            waiter: self.waiter,
        }
    }
}

/// Says that a waiter has no time to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a wait for CloudFormation takes time, and the waiter has none")]
pub struct InvalidWait;

impl Classify for InvalidWait {
    fn facts(&self) -> Facts<'_> {
        Facts::new(Stage::NotSent, Category::Configuration, Verdict::Final)
    }
}

impl From<InvalidWait> for AwsError {
    fn from(invalid: InvalidWait) -> Self {
        Self::new(invalid)
    }
}
