//! A ledger that is busy twice: a reading is sent again until it is answered, a booking only while that is safe.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use leeward_error_taxonomy::{Category, Classify, Facts, OperationName, Stage, Verdict};
use leeward_resilience::{Plain, RetryLayer, RetryPolicy};
use tower::{Layer, ServiceExt, service_fn};

#[derive(Debug)]
enum LedgerError {
    /// It turned the request away.
    Busy,
    /// The connection broke after the request was written.
    Lost,
}

impl Classify for LedgerError {
    fn facts(&self) -> Facts<'_> {
        let (stage, category) = match self {
            Self::Busy => (Stage::Answered, Category::ServiceUnavailable),
            Self::Lost => (Stage::MaybeSent, Category::Network),
        };
        Facts::new(stage, category, Verdict::Transient)
    }
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Busy => "the ledger is busy",
            Self::Lost => "the connection was lost",
        })
    }
}

#[tokio::main]
async fn main() {
    let reading = Plain::new("balance")
        .named(OperationName::new("ledger", "Read"))
        .idempotent();
    let booking = Plain::new("100 EUR").named(OperationName::new("ledger", "Book"));
    for request in [reading, booking] {
        let retry = RetryLayer::new(RetryPolicy::new());
        let attempts = Arc::new(AtomicU32::new(0));
        let ledger = service_fn(move |request: Plain<&'static str>| {
            let answer = match attempts.fetch_add(1, Ordering::Relaxed) {
                0 => Err(LedgerError::Busy),
                1 => Err(LedgerError::Lost),
                _ => Ok(request.into_inner()),
            };
            async move { answer }
        });
        let answer = retry.layer(ledger).oneshot(request.clone()).await;
        let retries = retry.counters().retries();
        match answer {
            Ok(answer) => println!("{request:?}: {answer}, after {retries} retries"),
            Err(error) => println!("{request:?}: {error}, after {retries} retries"),
        }
    }
}
