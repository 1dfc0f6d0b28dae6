use std::{
    error::Error,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::SystemTime,
};

/// How credentials were loaded since the pool was built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CredentialStats {
    /// Identities whose credentials are kept.
    pub kept: usize,
    /// Loads that somebody waited for: the first ones, and those after an expiry or an invalidation.
    pub loads: u64,
    /// Loads by the side, while the old credentials were still being served.
    pub refreshes: u64,
    /// Loads of either kind that failed.
    pub failures: u64,
    /// Times that credentials were to be replaced because a service had refused them, or were dropped because somebody asked
    /// for it.
    pub invalidations: u64,
    /// `AssumeRole` and `AssumeRoleWithWebIdentity` requests sent, each Region that was tried counted; those that got no connection of ours are not.
    pub sts_calls: u64,
    /// Calls that had to wait for credentials, instead of being given them from memory.
    pub blocked: u64,
    /// What the latest failure was, without secrets.
    pub last_error: Option<String>,
    /// When the first of the credentials that are kept expire.
    pub next_expiry: Option<SystemTime>,
}

#[derive(Debug, Default)]
pub(super) struct Counts {
    loads: AtomicU64,
    refreshes: AtomicU64,
    failures: AtomicU64,
    invalidations: AtomicU64,
    sts_calls: AtomicU64,
    blocked: AtomicU64,
    last_error: Mutex<Option<String>>,
}

impl Counts {
    pub(super) fn loaded(&self, by_the_side: bool) {
        let count = if by_the_side {
            &self.refreshes
        } else {
            &self.loads
        };
        count.fetch_add(1, Relaxed);
    }

    pub(super) fn failed(&self, what: String) {
        self.failures.fetch_add(1, Relaxed);
        *self
            .last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(what);
    }

    pub(super) fn invalidated(&self) {
        self.invalidations.fetch_add(1, Relaxed);
    }

    pub(super) fn called_sts(&self) {
        self.sts_calls.fetch_add(1, Relaxed);
    }

    pub(super) fn blocked(&self) {
        self.blocked.fetch_add(1, Relaxed);
    }

    pub(super) fn read(&self, kept: usize, next_expiry: Option<SystemTime>) -> CredentialStats {
        let last_error = self
            .last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        CredentialStats {
            kept,
            loads: self.loads.load(Relaxed),
            refreshes: self.refreshes.load(Relaxed),
            failures: self.failures.load(Relaxed),
            invalidations: self.invalidations.load(Relaxed),
            sts_calls: self.sts_calls.load(Relaxed),
            blocked: self.blocked.load(Relaxed),
            last_error: last_error.clone(),
            next_expiry,
        }
    }
}

/// An error and its sources on one line, without secrets and no longer than people read.
pub(super) fn told(error: &(dyn Error + 'static)) -> String {
    const LONGEST: usize = 1_000;
    let mut text = error.to_string();
    for source in std::iter::successors(error.source(), |&error| error.source()).take(16) {
        let source = source.to_string();
        // Some errors print their source as well.
        if !text.contains(&source) {
            text = format!("{text}: {source}");
        }
    }
    let text: String = text.chars().take(LONGEST).collect();
    leeward_error_taxonomy::redact(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_credential_types::provider::error::CredentialsError;

    #[test]
    fn an_error_is_told_with_its_sources_and_without_secrets() {
        let error = CredentialsError::provider_error(
            "aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        );
        let text = told(&error);
        assert!(
            text.starts_with("an error occurred while loading credentials: aws_secret"),
            "{text}"
        );
        assert!(!text.contains("wJalr"), "{text}");
    }
}
