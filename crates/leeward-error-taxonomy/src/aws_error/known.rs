use super::{AwsError, Link};
use crate::{Facts, Failure, OperationName, Region, chain, redact};
use std::error::Error;

/// What is known of a call, which outlives the error that it was read off.
#[derive(Clone)]
pub(crate) struct Known {
    pub(super) failure: Failure,
    pub(super) operation: Option<OperationName>,
    pub(super) region: Option<Region>,
    pub(super) attempts: Option<u32>,
    pub(super) host: Option<Box<str>>,
}

impl Known {
    pub(super) fn of(facts: &Facts<'_>) -> Self {
        Self {
            failure: Failure::as_it_came(facts),
            operation: facts.operation.map(redact::operation),
            region: facts.region.cloned(),
            attempts: facts.attempts,
            host: facts
                .host
                .map(|host| redact::redact(host).into_owned().into()),
        }
    }

    /// What an `AwsError` within `error` knows.
    pub(super) fn within<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        chain::from(error).find_map(Self::in_link)
    }

    /// What `error` itself knows, be it an `AwsError` or what is left to be seen of one.
    pub(crate) fn in_link<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        let whole = |error: &'a AwsError| &error.0.known;
        error
            .downcast_ref()
            .map(whole)
            .or_else(|| error.downcast_ref().and_then(Link::known))
    }

    /// After more than one attempt, what was not sent at last may have been sent before.
    pub(super) fn count(&mut self, attempts: u32) {
        self.attempts = Some(attempts);
        if attempts > 1 {
            self.failure.was_tried_before();
        }
    }

    pub(crate) fn facts(&self) -> Facts<'_> {
        self.of_the_call(self.failure.facts())
    }

    pub(super) fn facts_to_advise_on(&self) -> Facts<'_> {
        self.of_the_call(self.failure.facts_to_advise_on())
    }

    fn of_the_call<'a>(&'a self, mut facts: Facts<'a>) -> Facts<'a> {
        facts.operation = self.operation;
        facts.region = self.region.as_ref();
        facts.attempts = self.attempts;
        facts.host = self.host.as_deref();
        facts
    }
}
