use crate::{Category, Failure, Obstacle, Region, Stage, Verdict, chain, redact};
use std::{error::Error, fmt, time::Duration};

/// A refusal of our own layers, minted into the caller's error type.
///
/// | refusal | was the request sent? | what layers do with it |
/// |---|---|---|
/// | `AttemptTimedOut` | maybe | try again and fail over, if the request is idempotent |
/// | `NotSentInTime` | no | try again, whatever the request; fail over without drawing on the budget |
/// | `CircuitOpen`, `LimiterFull`, `Unavailable` | no | never try again in place; fail over without drawing on the budget |
/// | `DeadlineExceeded`, `BudgetSpent` | says so | give up |
/// | `Exhausted` | maybe, if one of the attempts was | give up |
///
/// A refusal speaks for the call that it answers. A service of your own that makes several calls for one request (books, then
/// notifies) must not hand the refusal of a later one on as it came: "not sent" would be taken for the whole request, which
/// would be sent again. Its own error says how far the request got, through [`Classify`](crate::Classify).
// A word wide, so that the answers which may hold a refusal have no odd bytes: every layer hands them on.
#[derive(thiserror::Error)]
#[non_exhaustive]
#[repr(u64)]
pub enum Rejected {
    /// One attempt got no answer in time; another may fit into the deadline.
    #[error("no answer within {} of the attempt", Seconds(*.timeout))]
    AttemptTimedOut {
        /// How long the attempt was given.
        timeout: Duration,
    },
    /// The time of one attempt was over before anything was sent: spent in a line, or on local work such as credentials.
    #[error("not sent within {} of the attempt", Seconds(*.timeout))]
    NotSentInTime {
        /// How long the attempt was given.
        timeout: Duration,
    },
    /// The circuit breaker holds calls back.
    #[error("{}", HeldBack(*.retry_in))]
    CircuitOpen {
        /// When the breaker will let a probe through.
        ///
        /// Zero of a circuit that has closed and starts slowly, with a growing share of the calls: any later call may pass.
        /// [`Duration::MAX`] of one that is held open until somebody says otherwise.
        retry_in: Duration,
    },
    /// A limiter has neither a permit nor room to wait for one.
    #[error("limiter full")]
    LimiterFull,
    /// There is nothing to send with, or nowhere to send it to: no client, no credentials, no such Region for this request.
    #[error("not available")]
    #[non_exhaustive]
    Unavailable {
        /// What is in the way; the advice goes by it.
        obstacle: Obstacle,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The time for the whole operation is over.
    #[error("no answer within the deadline of {}", Seconds(*.timeout))]
    DeadlineExceeded {
        /// How long the operation was given.
        timeout: Duration,
        /// How far the request got.
        stage: Stage,
    },
    /// The budget for further attempts is spent.
    #[error("budget for further attempts spent; tried {}", List(.tried))]
    BudgetSpent {
        /// What each attempt met, in order.
        tried: Vec<Attempt>,
    },
    /// More than one Region was called, or every one is held back, and none answered.
    #[error("no Region answered; tried {}", List(.tried))]
    Exhausted {
        /// What each attempt met, in order.
        tried: Vec<Attempt>,
    },
}

/// One Region that was tried, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// Where.
    pub region: Region,
    /// What it met.
    pub failure: Failure,
}

impl Attempt {
    /// Notes what an attempt in `region` met.
    #[must_use]
    pub const fn new(region: Region, failure: Failure) -> Self {
        Self { region, failure }
    }
}

impl Rejected {
    /// Wraps the reason why there is nothing to send with, or nowhere to send it to.
    ///
    /// What is in the way is what a refusal within the reason says, else [`Obstacle::Missing`]: the advice is to read the reason.
    /// [`unavailable_for`](Self::unavailable_for) has it advise more closely.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let source = source.into();
        let within = chain::rejected(&*source).and_then(Self::obstacle);
        Self::Unavailable {
            obstacle: within.unwrap_or(Obstacle::Missing),
            source,
        }
    }

    /// The same, with what is in the way.
    ///
    /// ```
    /// use leeward_error_taxonomy::{Classify, Obstacle, Rejected};
    ///
    /// let refused = Rejected::unavailable_for(Obstacle::Elsewhere, "the bucket is not in eu-west-1");
    /// assert_eq!(
    ///     refused.facts().advice().to_string(),
    ///     "name what the Region called has, such as a key, a secret or a table with a replica there, or leave that Region out",
    /// );
    /// ```
    pub fn unavailable_for(
        obstacle: Obstacle,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::Unavailable {
            obstacle,
            source: source.into(),
        }
    }

    /// What is in the way, of a request that there was nothing to send with or nowhere to send to.
    #[must_use]
    pub const fn obstacle(&self) -> Option<Obstacle> {
        match self {
            Self::Unavailable { obstacle, .. } => Some(*obstacle),
            _ => None,
        }
    }

    /// How far the refused request got.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self {
            Self::AttemptTimedOut { .. } => Stage::MaybeSent,
            Self::NotSentInTime { .. }
            | Self::CircuitOpen { .. }
            | Self::LimiterFull
            | Self::Unavailable { .. } => Stage::NotSent,
            Self::DeadlineExceeded { stage, .. } => *stage,
            Self::BudgetSpent { tried } | Self::Exhausted { tried } => {
                let sent = tried
                    .iter()
                    .any(|attempt| attempt.failure.stage() != Stage::NotSent);
                if sent {
                    Stage::MaybeSent
                } else {
                    Stage::NotSent
                }
            }
        }
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub const fn category(&self) -> Category {
        match self {
            Self::AttemptTimedOut { .. }
            | Self::NotSentInTime { .. }
            | Self::DeadlineExceeded { .. } => Category::Timeout,
            _ => Category::Rejected,
        }
    }

    /// Whether the same layer may send the request again.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        match self {
            Self::AttemptTimedOut { .. } | Self::NotSentInTime { .. } => Verdict::Transient,
            _ => Verdict::Final,
        }
    }

    /// Whether another Region may be tried at once, at no cost to the budget, because nothing was sent.
    #[must_use]
    pub const fn is_free_to_fail_over(&self) -> bool {
        matches!(
            self,
            Self::NotSentInTime { .. }
                | Self::CircuitOpen { .. }
                | Self::LimiterFull
                | Self::Unavailable { .. }
        )
    }
}

/// As derived, but for what a source prints of itself, which goes through [`redact`].
impl fmt::Debug for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AttemptTimedOut { timeout } => f
                .debug_struct("AttemptTimedOut")
                .field("timeout", timeout)
                .finish(),
            Self::NotSentInTime { timeout } => f
                .debug_struct("NotSentInTime")
                .field("timeout", timeout)
                .finish(),
            Self::CircuitOpen { retry_in } => f
                .debug_struct("CircuitOpen")
                .field("retry_in", retry_in)
                .finish(),
            Self::LimiterFull => f.write_str("LimiterFull"),
            Self::Unavailable { obstacle, source } => {
                let source = format!("{source:?}");
                f.debug_struct("Unavailable")
                    .field("obstacle", obstacle)
                    .field("source", &format_args!("{}", redact(&source)))
                    .finish()
            }
            Self::DeadlineExceeded { timeout, stage } => f
                .debug_struct("DeadlineExceeded")
                .field("timeout", timeout)
                .field("stage", stage)
                .finish(),
            Self::BudgetSpent { tried } => {
                f.debug_struct("BudgetSpent").field("tried", tried).finish()
            }
            Self::Exhausted { tried } => f.debug_struct("Exhausted").field("tried", tried).finish(),
        }
    }
}

/// To the millisecond, unless it is less than one.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs_f64();
        if seconds < 0.001 {
            return write!(f, "{seconds} s");
        }
        write!(f, "{} s", (seconds * 1_000.0).round() / 1_000.0)
    }
}

/// Why a circuit lets a call not pass, by when it lets one.
struct HeldBack(Duration);

impl fmt::Display for HeldBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Duration::ZERO => {
                f.write_str("circuit starting slowly after an outage, not every call passes yet")
            }
            Duration::MAX => {
                f.write_str("circuit held open until it is reset or set to another mode")
            }
            wait => write!(f, "circuit open, next probe in {}", Seconds(wait)),
        }
    }
}

struct List<'a>(&'a [Attempt]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (at, attempt) in self.0.iter().enumerate() {
            let separator = if at == 0 { "" } else { "; " };
            write!(f, "{separator}{}: {}", attempt.region, attempt.failure)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_form_of_a_refusal_prints_a_secret() {
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let refused = Rejected::unavailable(format!("aws_secret_access_key={secret}"));
        let text = format!("{refused:?} {refused:#?} {refused}");
        assert!(!text.contains(secret), "{text}");
        assert!(text.contains("aws_secret_access_key"), "{text}");
    }

    #[test]
    fn a_circuit_says_what_the_caller_waits_for() {
        for (retry_in, text) in [
            (
                Duration::ZERO,
                "circuit starting slowly after an outage, not every call passes yet",
            ),
            (
                Duration::from_millis(1_500),
                "circuit open, next probe in 1.5 s",
            ),
            (
                Duration::from_secs(86_400),
                "circuit open, next probe in 86400 s",
            ),
            (
                Duration::MAX,
                "circuit held open until it is reset or set to another mode",
            ),
        ] {
            assert_eq!(Rejected::CircuitOpen { retry_in }.to_string(), text);
        }
    }

    #[test]
    fn times_are_told_to_the_millisecond() {
        for (nanos, text) in [
            (2_195_070_195, "2.195 s"),
            (400_000_000, "0.4 s"),
            (3_000_000_000, "3 s"),
            (1_000_000, "0.001 s"),
            (250_000, "0.00025 s"),
            (0, "0 s"),
        ] {
            assert_eq!(Seconds(Duration::from_nanos(nanos)).to_string(), text);
        }
    }
}
