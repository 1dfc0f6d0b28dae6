use crate::{
    SecretError,
    clock::Moment,
    id::Shown,
    slot::{Failing, Slot},
};
use std::{fmt, sync::Arc, time::Duration};

/// How one secret of a cache is at the moment. It holds no value.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SecretStatus {
    /// The secret as it was first asked for, with the version if it is another than the current one: `prod/db at AWSPENDING`.
    pub secret: String,
    /// Its full ARN, if its value is there.
    pub arn: Option<String>,
    /// The version that is there.
    pub version_id: Option<String>,
    /// How old its value is.
    pub age: Option<Duration>,
    /// Whether its value may be served, outages aside.
    pub is_fresh: bool,
    /// How long until its value is fetched anew when somebody asks; zero if it is due.
    pub due_in: Option<Duration>,
    /// Whether it is being fetched.
    pub is_being_fetched: bool,
    /// How long ago somebody asked for it, the time that the machine has slept since aside.
    pub last_used: Duration,
    /// What keeps it from being fetched, if the last fetch failed.
    pub failing: Option<SecretFailing>,
}

/// Fetches of a secret that failed in a row.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SecretFailing {
    /// How the last one failed.
    pub error: SecretError,
    /// How many there were.
    pub count: u32,
    /// How long ago the first of them failed.
    pub since: Duration,
    /// How long until it is tried again when somebody asks; zero if it may be.
    pub next_try_in: Duration,
}

impl SecretStatus {
    pub(crate) fn of(slot: &Arc<Slot>, now: Moment) -> Self {
        let state = slot.state();
        let entry = slot.entry().load_full();
        let entry = entry.as_deref();
        Self {
            secret: slot.key().to_string(),
            arn: entry.map(|entry| entry.secret.arn().to_owned()),
            version_id: entry.map(|entry| entry.secret.version_id().to_owned()),
            age: entry.map(|entry| Duration::from_nanos(entry.age(now))),
            is_fresh: entry.is_some_and(|entry| entry.is_served(now)),
            due_in: entry.map(|entry| apart(entry.age(now), entry.limits.due)),
            is_being_fetched: state.is_under_way(now),
            last_used: apart(slot.used(), now.steady),
            failing: state
                .failing
                .as_ref()
                .map(|failing| SecretFailing::of(failing, now)),
        }
    }
}

impl SecretFailing {
    fn of(failing: &Failing, now: Moment) -> Self {
        Self {
            error: failing.error.clone(),
            count: failing.count,
            since: Duration::from_nanos(now.since(failing.since)),
            next_try_in: Duration::from_nanos(now.until(failing.next_try)),
        }
    }
}

/// How much later the second is, in nanoseconds; nothing if it is not.
fn apart(first: u64, second: u64) -> Duration {
    Duration::from_nanos(second.saturating_sub(first))
}

/// One line: `prod/db: version 4f…, 12.0s old, due in 200.0s`
impl fmt::Display for SecretStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", Shown(&self.secret))?;
        match (&self.version_id, self.age, self.due_in) {
            (Some(version_id), Some(age), Some(due_in)) => {
                write!(f, "version {version_id}, {age:.1?} old, ")?;
                if !self.is_fresh {
                    f.write_str("over")?;
                } else if due_in.is_zero() {
                    f.write_str("due")?;
                } else {
                    write!(f, "due in {due_in:.1?}")?;
                }
            }
            _ => f.write_str("no value")?,
        }
        if self.is_being_fetched {
            f.write_str(", being fetched")?;
        }
        let Some(failing) = &self.failing else {
            return Ok(());
        };
        write!(f, ", {failing}: {}", failing.error)
    }
}

/// Without the error: `failing for 12.0s (3 times, to be tried again in 4.0s)`
impl fmt::Display for SecretFailing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failing")?;
        if !self.since.is_zero() {
            write!(f, " for {:.1?}", self.since)?;
        }
        match self.count {
            1 => f.write_str(" (once, to be tried again ")?,
            count => write!(f, " ({count} times, to be tried again ")?,
        }
        if self.next_try_in.is_zero() {
            return f.write_str("when somebody asks)");
        }
        write!(f, "in {:.1?})", self.next_try_in)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_for_how_long_it_has_failed_and_when_it_is_tried_again() {
        for (count, since, next_try_in, text) in [
            (
                1,
                0,
                0,
                "failing (once, to be tried again when somebody asks)",
            ),
            (1, 0, 2, "failing (once, to be tried again in 2.0s)"),
            (
                3,
                12,
                4,
                "failing for 12.0s (3 times, to be tried again in 4.0s)",
            ),
        ] {
            let failing = SecretFailing {
                error: SecretError::void("db"),
                count,
                since: Duration::from_secs(since),
                next_try_in: Duration::from_secs(next_try_in),
            };
            assert_eq!(failing.to_string(), text);
        }
    }
}
