//! An error of one's own that Leeward's layers can act on: two short implementations, no derive.
//!
//! `cargo run -p leeward-error-taxonomy --example own_error`

use leeward_error_taxonomy::{
    AwsError, Category, Classify, Facts, OperationName, Rejected, Stage, Verdict,
};
use std::{error::Error, fmt, time::Duration};

/// How a call to the ledger, a service of our own, fails.
#[derive(Debug)]
enum LedgerError {
    /// The ledger asks for a pause.
    Busy { pause: Duration },
    /// The ledger knows no such account.
    UnknownAccount,
    /// The line broke after the request had gone out.
    Disconnected,
    /// A layer of this process refused.
    Refused(Rejected),
}

impl Classify for LedgerError {
    fn facts(&self) -> Facts<'_> {
        let mut facts = match self {
            Self::Busy { pause } => {
                let mut facts =
                    Facts::new(Stage::Answered, Category::RateLimit, Verdict::Throttled);
                facts.retry_after = Some(*pause);
                facts.code = Some("Busy");
                facts
            }
            Self::UnknownAccount => Facts::new(Stage::Answered, Category::NotFound, Verdict::Final),
            // Not `NotSent`: a payment that may have been booked must not be sent again by itself.
            Self::Disconnected => {
                Facts::new(Stage::MaybeSent, Category::Network, Verdict::Transient)
            }
            Self::Refused(rejected) => rejected.facts(),
        };
        facts.operation = Some(OperationName::new("ledger", "Book"));
        facts
    }
}

/// What a layer refuses comes out as an error of the ledger.
impl From<Rejected> for LedgerError {
    fn from(rejected: Rejected) -> Self {
        Self::Refused(rejected)
    }
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy { .. } => f.write_str("the ledger is busy"),
            Self::UnknownAccount => f.write_str("no such account"),
            Self::Disconnected => f.write_str("the line to the ledger broke"),
            Self::Refused(_) => f.write_str("not called"),
        }
    }
}

impl Error for LedgerError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Refused(rejected) => Some(rejected),
            _ => None,
        }
    }
}

fn main() {
    let met = [
        LedgerError::Busy {
            pause: Duration::from_secs(2),
        },
        LedgerError::UnknownAccount,
        LedgerError::Disconnected,
        Rejected::LimiterFull.into(),
    ];
    for error in met {
        let facts = error.facts();
        println!(
            "{error}: {:?}, {}, {:?}; {}",
            facts.stage,
            facts.category,
            facts.verdict,
            facts.advice()
        );
        // The same, as one opaque error with the calls to AWS.
        println!("    {}", AwsError::new(error));
    }
}
