use std::time::Duration;

/// Says why a [`Freshness`](crate::Freshness) cannot be meant.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidFreshness {
    /// A time is zero: every call would fetch.
    #[error(
        "a secret must live for more than zero: to fetch for every call, call Secrets Manager without a cache"
    )]
    Zero,
    /// Values would be over before they are due.
    #[error(
        "secrets are refreshed after {refresh_after:?}, which is later than they are over, at {max_age:?}: refresh earlier"
    )]
    NeverRefreshed {
        /// When they are refreshed.
        refresh_after: Duration,
        /// When they are over.
        max_age: Duration,
    },
    /// Values would be fetched each time all the same.
    #[error(
        "a value may go unverified for {max_unverified:?}, within which no description can extend its life: allow {needed:?} at least, or \
         refresh by GetSecretValue"
    )]
    NeverDescribed {
        /// For how long a value may go unverified.
        max_unverified: Duration,
        /// When it is due, and how long it lives after that.
        needed: Duration,
    },
    /// The jitter is no share of the time, or more than half of it.
    #[error("the jitter must be from 0 to 0.5, not {jitter}")]
    Jitter {
        /// What was given.
        jitter: f64,
    },
}
