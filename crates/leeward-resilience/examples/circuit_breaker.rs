//! A service goes silent and comes back: the circuit opens, probes and closes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use leeward_error_taxonomy::Rejected;
use leeward_resilience::{
    CircuitBreaker, CircuitBreakerLayer, CircuitConfig, CircuitMode, DeadlineLayer,
};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

#[tokio::main]
async fn main() -> Result<(), Rejected> {
    let config = CircuitConfig::new()
        .with_consecutive_failures(3)
        .with_rest(Duration::from_millis(100));
    let breaker = CircuitBreaker::new(config);
    breaker.on_change(|change| println!("  circuit: {:?} -> {:?}", change.from, change.to));

    let handle = breaker.clone();
    let silent = Arc::new(AtomicBool::new(true));
    let hears = Arc::clone(&silent);
    let mut service = ServiceBuilder::new()
        .layer(CircuitBreakerLayer::new(breaker))
        .layer(DeadlineLayer::per_attempt(Duration::from_millis(20)))
        .service(service_fn(move |call: u32| {
            let is_silent = hears.load(Ordering::Relaxed);
            async move {
                if is_silent {
                    std::future::pending::<()>().await;
                }
                Ok::<_, Rejected>(call)
            }
        }));
    for call in 1..=8 {
        if call == 6 {
            silent.store(false, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(130)).await;
        }
        match service.ready().await?.call(call).await {
            Ok(call) => println!("call {call}: answered"),
            Err(refused) => println!("call {call}: {refused}"),
        }
    }

    let now = handle.snapshot();
    println!(
        "generation {}, {:.0} % of calls pass",
        now.generation,
        100.0 * now.share
    );
    // Whoever keeps the service running has the last word.
    handle.force_open();
    let refused = service.ready().await?.call(9).await;
    println!("call 9: {}", refused.expect_err("forced open"));
    handle.set_mode(CircuitMode::ObserveOnly);
    println!("call 10: {:?}", service.ready().await?.call(10).await);
    Ok(())
}
