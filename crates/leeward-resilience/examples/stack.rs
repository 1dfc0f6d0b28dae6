//! The three presets before a service that is silent now and then: how each of them gets its answers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use leeward_error_taxonomy::Rejected;
use leeward_resilience::{Plain, stack::Preset};
use tokio::time::{Instant, sleep};
use tower::{Service, ServiceExt, service_fn};

#[tokio::main]
async fn main() -> Result<(), Rejected> {
    for (name, preset) in [
        ("interactive", Preset::interactive()),
        ("batch", Preset::batch()),
        ("critical", Preset::critical()),
    ] {
        // A tenth of a second in place of the seconds that an attempt may take, so that the example does not.
        let layer = preset
            .with_attempt_timeout(Duration::from_millis(100))
            .layer();
        let attempts = Arc::new(AtomicU32::new(0));
        let mut service = layer.over(service_fn(move |_: Plain<()>| {
            let attempt = attempts.fetch_add(1, Ordering::Relaxed);
            async move {
                if attempt % 50 == 49 {
                    std::future::pending::<()>().await;
                }
                sleep(Duration::from_millis(2)).await;
                Ok::<_, Rejected>(())
            }
        }));
        let mut slowest = Duration::ZERO;
        for _ in 0..200 {
            let start = Instant::now();
            let request = Plain::new(()).idempotent();
            service.ready().await?.call(request).await?;
            slowest = slowest.max(start.elapsed());
        }
        println!(
            "{name}: 200 answers, the slowest after {} ms; {} retries, {} hedges",
            slowest.as_millis(),
            layer.retries().retries(),
            layer.hedges().hedges()
        );
    }
    Ok(())
}
