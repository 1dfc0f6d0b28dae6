use std::{error::Error, fmt};

use leeward_error_taxonomy::{Category, Classify, Facts, Rejected, Stage, Verdict};

/// How a scripted call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// The service answers that the request is wrong.
    Final,
    /// The connection is lost after the request was written.
    Transient,
    /// The service asks for fewer calls.
    Throttled,
}

/// The error of the scripted service: what it was told to fail with, or a refusal of the layers over it.
#[derive(Debug)]
pub enum ScriptedError {
    /// The service failed.
    Failed {
        /// The number of the call that failed, counted from one.
        call: u64,
        /// How it failed.
        failing: Failing,
    },
    /// A layer refused.
    Refused(Rejected),
}

impl Classify for ScriptedError {
    fn facts(&self) -> Facts<'_> {
        let failing = match self {
            Self::Refused(rejected) => return rejected.facts(),
            Self::Failed { failing, .. } => failing,
        };
        match failing {
            Failing::Final => Facts::new(Stage::Answered, Category::Validation, Verdict::Final),
            Failing::Transient => {
                Facts::new(Stage::MaybeSent, Category::Network, Verdict::Transient)
            }
            Failing::Throttled => {
                Facts::new(Stage::Answered, Category::RateLimit, Verdict::Throttled)
            }
        }
    }
}

impl From<Rejected> for ScriptedError {
    fn from(rejected: Rejected) -> Self {
        Self::Refused(rejected)
    }
}

impl fmt::Display for ScriptedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { call, failing } => write!(f, "call {call} failed: {failing:?}"),
            Self::Refused(rejected) => rejected.fmt(f),
        }
    }
}

impl Error for ScriptedError {}
