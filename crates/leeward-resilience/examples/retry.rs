//! A ledger on a bad day: a reading is sent again whatever happened, a booking only while that cannot book twice.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex},
};

use leeward_error_taxonomy::{Category, Classify, Facts, OperationName, Stage, Verdict};
use leeward_resilience::{Plain, RetryLayer, RetryPolicy};
use tower::{Layer, ServiceExt, service_fn};

#[derive(Clone, Copy, Debug)]
enum LedgerError {
    /// Nobody took the connection: nothing was sent.
    Unreachable,
    /// It turned the request away before it did anything.
    Throttled,
    /// The connection broke after the request was written.
    Lost,
}

impl Classify for LedgerError {
    fn facts(&self) -> Facts<'_> {
        match self {
            Self::Unreachable => Facts::new(Stage::NotSent, Category::Network, Verdict::Transient),
            Self::Throttled => Facts::new(Stage::Answered, Category::RateLimit, Verdict::Throttled),
            Self::Lost => Facts::new(Stage::MaybeSent, Category::Network, Verdict::Transient),
        }
    }
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "the ledger could not be reached",
            Self::Throttled => "the ledger asked for fewer calls",
            Self::Lost => "the connection was lost",
        })
    }
}

#[tokio::main]
async fn main() {
    use LedgerError::{Lost, Throttled, Unreachable};
    let reading = Plain::new("read the balance")
        .named(OperationName::new("ledger", "Read"))
        .idempotent();
    let booking = Plain::new("book 100 EUR").named(OperationName::new("ledger", "Book"));
    for (request, mishaps) in [
        (reading, vec![Lost, Throttled]),
        // Neither was applied: it is safe to send it again.
        (booking.clone(), vec![Unreachable, Throttled]),
        // This one may have been: to send it again might book twice.
        (booking, vec![Unreachable, Lost]),
    ] {
        let retry = RetryLayer::new(RetryPolicy::new());
        let counters = retry.counters();
        println!("{}:", request.clone().into_inner());
        let mishaps = Arc::new(Mutex::new(VecDeque::from(mishaps)));
        let ledger = service_fn(move |request: Plain<&'static str>| {
            let mishap = mishaps.lock().expect("not poisoned").pop_front();
            async move {
                match mishap {
                    Some(mishap) => {
                        println!("  attempt: {mishap}");
                        Err(mishap)
                    }
                    None => Ok(request.into_inner()),
                }
            }
        });
        match retry.layer(ledger).oneshot(request).await {
            Ok(_) => println!("  done, after {} retries", counters.retries()),
            Err(error) if counters.maybe_applied() > 0 => println!(
                "  given up after {} retry: {error}, and it may have been applied",
                counters.retries()
            ),
            Err(error) => println!("  given up: {error}"),
        }
    }
}
