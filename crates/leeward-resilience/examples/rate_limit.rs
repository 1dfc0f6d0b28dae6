//! Five calls meet a rate of twenty a second, two of them at once: two pass, two wait, one would wait too long.

use std::time::Duration;

use leeward_error_taxonomy::Rejected;
use leeward_resilience::{Rate, RateLimitConfig, RateLimitLayer, RateLimiter};
use tokio::time::Instant;
use tower::{Layer, Service, ServiceExt, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Rejected> {
    let rate = Rate::per_second(20).with_burst(2);
    let config = RateLimitConfig::fixed(rate).with_max_wait(Duration::from_millis(120));
    let start = Instant::now();
    let ledger = service_fn(|account: u32| async move { Ok::<_, Rejected>(account) });
    let mut service = RateLimitLayer::new(RateLimiter::new(config)).layer(ledger);

    let mut calls = tokio::task::JoinSet::new();
    for account in 1..=5 {
        let call = service.ready().await?.call(account);
        calls.spawn(async move { (account, call.await, start.elapsed()) });
    }
    while let Some(call) = calls.join_next().await {
        let (account, answer, after) = call.expect("no call panics");
        let after = after.as_millis() / 10 * 10;
        match answer {
            Ok(_) => println!("account {account}: answered after about {after} ms"),
            Err(refused) => println!("account {account}: {refused} after about {after} ms"),
        }
    }
    Ok(())
}
