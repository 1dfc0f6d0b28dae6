//! A service goes silent and comes back: the circuit opens, probes and closes. Then one tenant of another service fails, and
//! the others notice nothing.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use leeward_error_taxonomy::Rejected;
use leeward_resilience::{
    CircuitBreaker, CircuitBreakerLayer, CircuitBreakers, CircuitBreakersLayer, CircuitConfig,
    CircuitMode, DeadlineLayer,
};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

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
    one_circuit_for_each_tenant().await
}

async fn one_circuit_for_each_tenant() -> Result<(), Rejected> {
    let config = CircuitConfig::new().with_consecutive_failures(2);
    let at_most = NonZeroUsize::MIN.saturating_add(999);
    let breakers = CircuitBreakers::new(config, at_most).with_observer(|tenant: &&str, change| {
        println!(
            "  circuit of {tenant}: {:?} -> {:?}",
            change.from, change.to
        );
    });
    let layer = CircuitBreakersLayer::new(breakers, |tenant: &&'static str| *tenant);
    let mut service = layer.layer(service_fn(|tenant: &'static str| async move {
        match tenant {
            "Acme" => Err(Rejected::AttemptTimedOut {
                timeout: Duration::from_secs(1),
            }),
            _ => Ok(()),
        }
    }));
    for tenant in ["Acme", "Bolt", "Acme", "Bolt", "Acme", "Bolt"] {
        match service.ready().await?.call(tenant).await {
            Ok(()) => println!("{tenant}: answered"),
            Err(refused) => println!("{tenant}: {refused}"),
        }
    }
    Ok(())
}
