//! A service of which one answer in twenty takes twenty times as long: what hedging does to the slowest calls.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use leeward_error_taxonomy::Rejected;
use leeward_resilience::{Budget, HedgeLayer, HedgePolicy, Plain, Ratio, Switch};
use tokio::time::{Instant, sleep};
use tower::{Layer, Service, ServiceExt, service_fn};

const CALLS: usize = 400;

#[tokio::main]
async fn main() -> Result<(), Rejected> {
    for switch in [Switch::off(), Switch::new()] {
        let name = if switch.is_on() { "hedged" } else { "bare" };
        let budget = Budget::default();
        let hedge = HedgeLayer::new(HedgePolicy::after_percentile(Ratio::percent(90)))
            .with_budget(budget)
            .with_switch(switch);
        let attempts = Arc::new(AtomicU32::new(0));
        let mut service = hedge.layer(service_fn(move |_: Plain<()>| {
            let is_slow = attempts.fetch_add(1, Ordering::Relaxed) % 20 == 19;
            let pause = Duration::from_millis(if is_slow { 100 } else { 5 });
            async move {
                sleep(pause).await;
                Ok::<_, Rejected>(())
            }
        }));
        let mut latencies = Vec::with_capacity(CALLS);
        for _ in 0..CALLS {
            let start = Instant::now();
            let request = Plain::new(()).idempotent();
            service.ready().await?.call(request).await?;
            latencies.push(start.elapsed());
        }
        latencies.sort_unstable();
        let counters = hedge.counters();
        println!(
            "{name}: half within {:?}, 99 % within {:?}; {} hedges, {} of them won",
            latencies[CALLS / 2],
            latencies[CALLS * 99 / 100],
            counters.hedges(),
            counters.won()
        );
    }
    Ok(())
}
