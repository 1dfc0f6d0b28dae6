use crate::{Identity, identity::Kind};
use leeward_error_taxonomy::Region;
use leeward_resilience::{KeyedRateLimiter, RateLimitConfig, RateLimiter};
use std::{num::NonZero, time::Duration};

/// How whole calls wait for their turn once a service was found to bear no more: as long as in the line of their concurrency limit.
/// A transfer makes a few calls a second, and would fail if one that is throttled had the others refused after a second.
pub(super) const RATE: RateLimitConfig =
    RateLimitConfig::adaptive().with_max_wait(Duration::from_secs(30));

/// What AWS counts calls by: it throttles a service for an account in a Region.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Quota {
    service: &'static str,
    region: Region,
    owner: Owner,
}

/// Whose calls are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Owner {
    Account(Box<str>),
    /// Somebody whose account is not known before STS is asked.
    Identity(Identity),
}

impl Owner {
    fn of(identity: &Identity) -> Self {
        match &identity.0 {
            Kind::Role(role) => Self::Account(role.account().into()),
            _ => Self::Identity(identity.clone()),
        }
    }
}

/// The rates that services were found to bear.
#[derive(Debug)]
pub(crate) struct Quotas(KeyedRateLimiter<Quota>);

/// Services by Regions by accounts; the one that was asked for least recently makes room.
const MAX_QUOTAS: NonZero<usize> = NonZero::new(1_024).expect("more than none");

impl Quotas {
    pub(crate) fn new() -> Self {
        Self(KeyedRateLimiter::new(RATE, MAX_QUOTAS))
    }

    pub(super) fn of(
        &self,
        service: &'static str,
        region: &Region,
        identity: &Identity,
    ) -> RateLimiter {
        self.0.of(&Quota {
            service,
            region: region.clone(),
            owner: Owner::of(identity),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;

    const VIRGINIA: Region = Region::from_static("us-east-1");

    fn role(arn: &str) -> Identity {
        Role::new(arn).unwrap().into()
    }

    #[test]
    fn what_one_account_may_call_is_counted_together() {
        let quotas = Quotas::new();
        let reader = role("arn:aws:iam::111122223333:role/reader");
        let limiter = quotas.of("s3", &VIRGINIA, &reader);
        limiter.pause(std::time::Duration::from_secs(60));
        let refuses = |service, region: Region, identity: &Identity| {
            quotas.of(service, &region, identity).try_acquire().is_err()
        };
        assert!(refuses(
            "s3",
            VIRGINIA,
            &role("arn:aws:iam::111122223333:role/writer")
        ));
        assert!(!refuses(
            "s3",
            VIRGINIA,
            &role("arn:aws:iam::444455556666:role/reader")
        ));
        assert!(!refuses("s3", VIRGINIA, &Identity::DEFAULT));
        assert!(!refuses("kms", VIRGINIA, &reader));
        assert!(!refuses("s3", Region::from_static("eu-west-1"), &reader));
    }
}
