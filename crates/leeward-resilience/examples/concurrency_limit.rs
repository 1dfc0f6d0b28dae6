//! Three calls meet a limit of one: the first runs, the second waits for it, the third is refused at once.

use std::time::Duration;

use leeward_error_taxonomy::Rejected;
use leeward_resilience::{ConcurrencyLimitConfig, ConcurrencyLimitLayer, ConcurrencyLimiter};
use tower::{Layer, Service, ServiceExt, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Rejected> {
    let config = ConcurrencyLimitConfig::fixed(1).with_max_waiting(1);
    let limiter = ConcurrencyLimiter::new(config);
    let ledger = service_fn(|account: &'static str| async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Ok::<_, Rejected>(format!("{account}: 120 EUR"))
    });
    let mut service = ConcurrencyLimitLayer::new(limiter.clone()).layer(ledger);

    let first = service.ready().await?.call("A-1");
    let second = service.ready().await?.call("A-2");
    let third = service.ready().await?.call("A-3");
    println!(
        "{} in flight, {} waiting",
        limiter.in_flight(),
        limiter.waiting()
    );
    let (first, second, third) = tokio::join!(first, second, third);
    println!("{}", first?);
    println!("{}", second?);
    match third {
        Ok(balance) => println!("{balance}"),
        Err(refused) => println!("A-3: {refused}"),
    }
    Ok(())
}
