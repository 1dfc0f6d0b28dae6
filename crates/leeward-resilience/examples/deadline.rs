//! One service that dawdles, under a deadline for the operation and one for the attempt.

use std::time::Duration;

use leeward_error_taxonomy::{Classify, Rejected};
use leeward_resilience::DeadlineLayer;
use tower::{Layer, ServiceExt, service_fn};

#[tokio::main]
async fn main() {
    let dawdling = service_fn(|pause: Duration| async move {
        tokio::time::sleep(pause).await;
        Ok::<_, Rejected>("answered")
    });
    let limit = Duration::from_millis(50);
    for layer in [DeadlineLayer::new(limit), DeadlineLayer::per_attempt(limit)] {
        println!("{layer:?}");
        for pause in [Duration::ZERO, Duration::from_secs(3_600)] {
            match layer.layer(dawdling).oneshot(pause).await {
                Ok(answer) => println!("  takes {pause:?}: {answer}"),
                Err(refused) => println!(
                    "  takes {pause:?}: {refused} (sent: {:?}, again: {:?})",
                    refused.facts().stage,
                    refused.facts().verdict
                ),
            }
        }
    }
}
