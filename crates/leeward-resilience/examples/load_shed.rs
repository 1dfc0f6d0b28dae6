//! A service has two places and gets three calls: the third is refused at once, free to go elsewhere.

use leeward_error_taxonomy::{Classify, Facts, Rejected};
use leeward_resilience::LoadShedLayer;
use std::{fmt, time::Duration};
use tower::{Layer, Service, ServiceExt, limit::ConcurrencyLimit, service_fn};

#[derive(Debug)]
struct LedgerError(Rejected);

impl Classify for LedgerError {
    fn facts(&self) -> Facts<'_> {
        self.0.facts()
    }
}

impl From<Rejected> for LedgerError {
    fn from(rejected: Rejected) -> Self {
        Self(rejected)
    }
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), LedgerError> {
    let ledger = service_fn(|account: &'static str| async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Ok::<_, LedgerError>(format!("{account}: 120 EUR"))
    });
    // Tower's limit signals through its readiness that both places are taken.
    let mut service = LoadShedLayer::new().layer(ConcurrencyLimit::new(ledger, 2));

    let first = service.ready().await?.call("A-1");
    let second = service.ready().await?.call("A-2");
    let third = service.ready().await?.call("A-3");
    let (first, second, third) = tokio::join!(first, second, third);
    println!("{}", first?);
    println!("{}", second?);
    match third {
        Ok(balance) => println!("{balance}"),
        Err(refused) => println!("A-3: {refused}, free to go elsewhere"),
    }
    Ok(())
}
