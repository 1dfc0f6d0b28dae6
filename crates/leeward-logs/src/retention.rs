use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict};
use std::fmt;

/// How long a log group keeps its events: a number of days that AWS allows, or for ever.
///
/// ```
/// use leeward_logs::Retention;
///
/// assert_eq!(Retention::days(30)?.to_string(), "30 days");
/// assert!(Retention::days(31).is_err());
/// # Ok::<(), leeward_logs::InvalidRetention>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Retention(Option<u16>);

/// CloudWatch Logs API Reference, `PutRetentionPolicy`.
const ALLOWED: [u16; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

impl Retention {
    /// Events do not expire.
    pub const FOREVER: Self = Self(None);
    /// Seven days.
    pub const WEEK: Self = Self(Some(7));
    /// Thirty days.
    pub const MONTH: Self = Self(Some(30));
    /// 365 days.
    pub const YEAR: Self = Self(Some(365));

    /// So many days.
    ///
    /// # Errors
    ///
    /// [`InvalidRetention`] for a number that AWS does not allow, with those on either side of it.
    pub fn days(days: u16) -> Result<Self, InvalidRetention> {
        match ALLOWED.contains(&days) {
            true => Ok(Self(Some(days))),
            false => Err(InvalidRetention { days }),
        }
    }

    /// The number of days; `None` for ever.
    #[must_use]
    pub const fn as_days(self) -> Option<u16> {
        self.0
    }

    /// What the service says, which may come to allow more than is known here.
    pub(crate) fn told(days: Option<i32>) -> Self {
        Self(days.and_then(|days| u16::try_from(days).ok()))
    }
}

/// `30 days`, or `for ever`.
impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(1) => f.write_str("1 day"),
            Some(days) => write!(f, "{days} days"),
            None => f.write_str("for ever"),
        }
    }
}

/// Written as the number of days, `null` for ever.
#[cfg(feature = "serde")]
impl serde::Serialize for Retention {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// Says that AWS does not keep events for so many days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidRetention {
    days: u16,
}

/// `AWS does not keep log events for 31 days: 30 and 60 are the next that it allows`
impl fmt::Display for InvalidRetention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.days;
        write!(f, "AWS does not keep log events for {days} days: ")?;
        let below = ALLOWED.iter().rev().find(|allowed| **allowed < days);
        let above = ALLOWED.iter().find(|allowed| **allowed > days);
        match (below, above) {
            (Some(below), Some(above)) => {
                write!(f, "{below} and {above} are the next that it allows")
            }
            (Some(longest), None) => write!(f, "{longest} is the longest that it allows"),
            _ => f.write_str("1 is the shortest that it allows"),
        }
    }
}

impl std::error::Error for InvalidRetention {}

impl Classify for InvalidRetention {
    fn facts(&self) -> Facts<'_> {
        Facts::new(Stage::NotSent, Category::Validation, Verdict::Final)
    }
}

impl From<InvalidRetention> for AwsError {
    fn from(invalid: InvalidRetention) -> Self {
        Self::new(invalid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_allowed_is_told_with_what_is() {
        let refused = |days| Retention::days(days).unwrap_err().to_string();
        assert!(refused(31).ends_with(": 30 and 60 are the next that it allows"));
        assert!(refused(4_000).ends_with(": 3653 is the longest that it allows"));
        assert!(refused(0).ends_with(": 1 is the shortest that it allows"));
        for known in [Retention::WEEK, Retention::MONTH, Retention::YEAR] {
            assert_eq!(known.as_days().map(Retention::days), Some(Ok(known)));
        }
    }
}
