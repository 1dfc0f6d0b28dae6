use std::fmt;

use super::RegionState;

/// Whether a router can be expected to serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Health {
    /// Every Region takes calls.
    Ok,
    /// At least one Region takes calls and at least one does not, be it that its circuit is open or that somebody drained it.
    Degraded,
    /// No Region takes calls save to find out whether it is back.
    Down,
}

impl Health {
    /// The name for logs, labels and records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Down => "down",
        }
    }

    pub(super) fn of(states: impl Iterator<Item = RegionState>) -> Self {
        let (mut serving, mut left) = (0, 0);
        for state in states {
            if state == RegionState::Closed {
                serving += 1;
            } else {
                left += 1;
            }
        }
        match (serving, left) {
            (0, _) => Self::Down,
            (_, 0) => Self::Ok,
            _ => Self::Degraded,
        }
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
