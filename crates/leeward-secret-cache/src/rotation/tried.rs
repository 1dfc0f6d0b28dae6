//! What one call has tried, and which version it may try again.

use crate::{Secret, SecretError};
use std::{fmt, time::Duration};
use tokio::time::Instant;

/// What a call of [`with_secret`](crate::SecretCache::with_secret) has tried: which versions, and for how long.
#[derive(Clone, Debug)]
pub struct Tried {
    secret: String,
    logins: Vec<Login>,
    elapsed: Duration,
    refresh_error: Option<SecretError>,
}

/// One run of the operation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Login {
    /// The version that it was given.
    pub version_id: String,
    /// The labels that this version had when it was fetched.
    pub stages: Vec<String>,
    /// How long after the call it began.
    pub after: Duration,
}

/// A version is tried again so long after it was refused for the first time; three times as long after each time more.
const AGAIN: Duration = Duration::from_secs(5);

impl Tried {
    pub(super) fn nothing_of(secret: impl fmt::Display) -> Self {
        Self {
            secret: secret.to_string(),
            logins: Vec::new(),
            elapsed: Duration::ZERO,
            refresh_error: None,
        }
    }

    /// The secret, as it was called.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// Each run of the operation, in order.
    #[must_use]
    pub fn logins(&self) -> &[Login] {
        &self.logins
    }

    /// How long the call took.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Why the secret could not be fetched anew the last time, if it could not.
    #[must_use]
    pub const fn refresh_error(&self) -> Option<&SecretError> {
        self.refresh_error.as_ref()
    }

    pub(super) fn note(&mut self, secret: &Secret, after: Duration) {
        self.logins.push(Login {
            version_id: secret.version_id().to_owned(),
            stages: secret.stages().to_vec(),
            after,
        });
    }

    pub(super) fn note_refresh(&mut self, error: Option<SecretError>) {
        self.refresh_error = error;
    }

    pub(super) const fn end(&mut self, elapsed: Duration) {
        self.elapsed = elapsed;
    }

    /// How often this version was tried, and when for the last time.
    fn of(&self, version_id: &str) -> (u32, Option<Duration>) {
        let mut logins = self.logins.iter().rev();
        let mut logins = logins
            .by_ref()
            .filter(|login| login.version_id == version_id);
        let last = logins.next().map(|login| login.after);
        let before = logins.count();
        let count = last.map_or(0, |_| before.saturating_add(1));
        (u32::try_from(count).unwrap_or(u32::MAX), last)
    }

    pub(super) fn has(&self, version_id: &str) -> bool {
        self.of(version_id).1.is_some()
    }

    /// When this version was last tried by this call, which began at `start`.
    pub(super) fn last(&self, version_id: &str, start: Instant) -> Option<Instant> {
        Some(start + self.of(version_id).1?)
    }

    /// From when on this call, which began at `start`, may try this version again; at once if it never has.
    pub(super) fn again_at(&self, version_id: &str, start: Instant) -> Instant {
        let (count, last) = self.of(version_id);
        match last {
            None => start,
            Some(last) => {
                let pause = AGAIN.saturating_mul(3_u32.saturating_pow(count.min(8) - 1));
                start + last + pause
            }
        }
    }

    /// How often this version was tried, and when last: of several that may be tried again, the one goes first that has this least.
    pub(super) fn turn(&self, version_id: &str) -> (u32, Option<Duration>) {
        self.of(version_id)
    }
}

/// `3 logins within 4.2s: version a1 (AWSCURRENT), version b2 (AWSPENDING), version a1 (AWSCURRENT)`
impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.logins.len();
        let logins = if count == 1 { "login" } else { "logins" };
        write!(f, "{count} {logins} within {:.1?}", self.elapsed)?;
        let mut mark = ':';
        for login in &self.logins {
            write!(f, "{mark} version {}", login.version_id)?;
            if !login.stages.is_empty() {
                write!(f, " ({})", login.stages.join(", "))?;
            }
            mark = ',';
        }
        match &self.refresh_error {
            Some(error) => write!(f, "; not fetched anew: {error}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::{About, Value};

    fn version(id: &str, stage: &str) -> Secret {
        let about = About {
            version_id: id.to_owned(),
            stages: vec![stage.to_owned()],
            ..About::default()
        };
        Secret::new(about, Value::of_text("hunter2".to_owned()))
    }

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_version_is_tried_again_after_longer_and_longer() {
        let start = Instant::now();
        let mut tried = Tried::nothing_of("db");
        assert_eq!(tried.again_at("a", start), start);
        for (after, again) in [(0, 5), (5, 20), (20, 65)] {
            tried.note(&version("a", "AWSCURRENT"), seconds(after));
            assert_eq!(tried.again_at("a", start), start + seconds(again));
        }
        assert!(!tried.has("b"));
        tried.note(&version("b", "AWSPENDING"), seconds(21));
        assert!(tried.turn("b") < tried.turn("a"));
    }

    #[test]
    fn says_what_was_tried_and_no_value() {
        let mut tried = Tried::nothing_of("db");
        tried.note(&version("a", "AWSCURRENT"), seconds(0));
        tried.end(seconds(1));
        assert_eq!(
            tried.to_string(),
            "1 login within 1.0s: version a (AWSCURRENT)"
        );
        tried.note(&version("b", "AWSPENDING"), seconds(1));
        tried.note_refresh(Some(SecretError::unanswered("db", seconds(10))));
        assert_eq!(
            tried.to_string(),
            "2 logins within 1.0s: version a (AWSCURRENT), version b (AWSPENDING); not fetched anew: secret db: no answer within 10s"
        );
        assert!(!format!("{tried:?}").contains("hunter2"));
    }
}
