use crate::{SecretCacheBuilder, clock::bounded};
use std::{num::NonZeroUsize, time::Duration};

/// How a cache gets its callers through a rotation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) min_refresh_interval: Duration,
    pub(crate) budget: Duration,
    pub(crate) max_logins: NonZeroUsize,
    pub(crate) tries_pending: bool,
    pub(crate) follows_schedule: bool,
}

impl Options {
    pub(crate) const fn new() -> Self {
        Self {
            min_refresh_interval: Duration::from_secs(1),
            budget: Duration::from_secs(90),
            max_logins: const { NonZeroUsize::new(5).unwrap() },
            tries_pending: true,
            follows_schedule: false,
        }
    }
}

impl SecretCacheBuilder {
    /// Lets [`refresh_now`](crate::SecretCache::refresh_now) fetch a secret no more often than this; a second by default.
    pub const fn with_min_refresh_interval(mut self, min_refresh_interval: Duration) -> Self {
        self.rotation.min_refresh_interval = min_refresh_interval;
        self
    }

    /// Lets [`with_secret`](crate::SecretCache::with_secret) look for a version that logs in for this long; 90 seconds by default.
    ///
    /// A rotation of RDS takes about a minute from the step that changes the password to the one that makes it current. Zero is for
    /// callers that cannot wait: then what Secrets Manager has by now is tried, and neither a rotation nor another caller is waited for.
    pub const fn with_rotation_budget(mut self, budget: Duration) -> Self {
        self.rotation.budget = bounded(budget);
        self
    }

    /// Lets one call of [`with_secret`](crate::SecretCache::with_secret) run its operation this often at most; 5 times by default.
    ///
    /// Each may be a failed login, and databases and directories lock accounts that fail too often: keep it below their threshold. That
    /// does not bound what all calls do together: as many as log in while a password changes are refused once each. Where that is more than
    /// an account may fail, rotate between two users.
    pub const fn with_max_logins(mut self, max_logins: NonZeroUsize) -> Self {
        self.rotation.max_logins = max_logins;
        self
    }

    /// Says whether [`with_secret`](crate::SecretCache::with_secret) tries `AWSPENDING` when the current version is refused; it does by
    /// default.
    ///
    /// Between the second and the last step of a rotation no other version logs in. It is read by `secretsmanager:GetSecretValue`: where
    /// a policy allows that for `AWSCURRENT` alone (the condition `secretsmanager:VersionStage`), it is taken as if there were none.
    pub const fn with_pending_versions(mut self, tries_pending: bool) -> Self {
        self.rotation.tries_pending = tries_pending;
        self
    }

    /// Says whether secrets are looked at just after the date by which they are to be rotated, and fetched anew if they were; they are
    /// not by default.
    ///
    /// The date (`NextRotationDate`) comes from `secretsmanager:DescribeSecret`, which the caller has to be allowed: one task asks for it,
    /// of one secret after the other, when a secret is there for the first time, 1 to 31 seconds after the date, and every six hours
    /// otherwise. A rotation that is late is looked for after a minute, then after longer and longer, up to an hour. Where it is denied,
    /// that is told once at `WARN`, and secrets are as fresh as they would be without.
    ///
    /// It pays for secrets that are [kept for long](crate::Freshness::with_max_age), or that nobody reads before they are needed.
    pub const fn with_rotation_schedule(mut self, follows_schedule: bool) -> Self {
        self.rotation.follows_schedule = follows_schedule;
        self
    }
}
