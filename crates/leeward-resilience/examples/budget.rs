//! An outage behind a budget: the load grows by the budget's share, not by the number of attempts.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use leeward_error_taxonomy::Rejected;
use leeward_resilience::{Backoff, Budget, BudgetConfig, Plain, Ratio, RetryLayer, RetryPolicy};
use tower::{Layer, Service, ServiceExt, service_fn};

#[tokio::main]
async fn main() -> Result<(), Rejected> {
    const CALLS: u32 = 1_000;
    for percent in [0, 10, 20, 100] {
        let budget = Budget::new(BudgetConfig::new().with_ratio(Ratio::percent(percent)));
        let at_once = Backoff::new().with_base(Duration::ZERO);
        let retry = RetryLayer::new(RetryPolicy::new().with_backoff(at_once)).with_budget(budget);
        let attempts = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&attempts);
        let mut down = retry.layer(service_fn(move |_: Plain<u32>| {
            seen.fetch_add(1, Ordering::Relaxed);
            let timeout = Duration::from_secs(1);
            async move { Err::<(), _>(Rejected::AttemptTimedOut { timeout }) }
        }));
        for call in 0..CALLS {
            let request = Plain::new(call).idempotent();
            // Every one of them fails; how often the service is asked is what this is about.
            let _ = down.ready().await?.call(request).await;
        }
        let load = f64::from(attempts.load(Ordering::Relaxed)) / f64::from(CALLS);
        println!("budget of {percent} %: {load:.2} times the load");
    }
    Ok(())
}
