//! Runs a call every 100 ms through an outage of the first Region, in memory and in paused time, and tells what happens.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use leeward_error_taxonomy::{OperationName, Region, Rejected};
use leeward_region_router::RegionRouter;
use leeward_resilience::{Plain, TokioClock};
use tokio::time::{Instant, sleep};
use tower::{ServiceExt, service_fn};

const READ: OperationName = OperationName::new("ledger", "Read");

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let start = Instant::now();
    let silent = Arc::new(AtomicBool::new(false));
    let regions = ["us-east-1", "eu-west-1", "ap-south-1"].map(Region::from_static);
    let router = RegionRouter::builder(regions)
        .with_clock(TokioClock::new())
        .with_observer(move |event| println!("{:>6.1?}  {event:?}", start.elapsed()))
        .build(service_fn({
            let silent = Arc::clone(&silent);
            move |region: Region| {
                let silent = Arc::clone(&silent);
                let read =
                    move |_: Plain<&'static str>| answer(region.clone(), Arc::clone(&silent));
                async { Ok::<_, Rejected>(service_fn(read)) }
            }
        }))?;

    let mut served = String::new();
    for call in 0..150 {
        silent.store((20..80).contains(&call), Ordering::Relaxed);
        let account = Plain::new("42").named(READ).idempotent();
        let region = router.clone().oneshot(account).await?;
        if region.as_str() != served {
            println!("{:>6.1?}  served by {region}", start.elapsed());
            region.as_str().clone_into(&mut served);
        }
        sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// Answers in the name of `region`; while it is `silent`, the first Region does not answer at all.
async fn answer(region: Region, silent: Arc<AtomicBool>) -> Result<Region, Rejected> {
    if region.as_str() == "us-east-1" && silent.load(Ordering::Relaxed) {
        pending::<()>().await;
    }
    Ok(region)
}
