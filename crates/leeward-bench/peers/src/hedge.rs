//! The peers of the hedge.

use std::{sync::Arc, time::Duration};

use leeward_bench::{BareService, BoxError, Case, Fault, Read, Subject, resilience::LEEWARD};
use tower::{
    Layer, ServiceExt,
    hedge::{Hedge, Policy},
};
use tower_resilience_hedge::HedgeLayer;

pub(crate) fn with_peers(case: Case) -> Result<Case, BoxError> {
    const TOWER: &str = "tower hedge, 95th percentile";
    const TOWER_RESILIENCE: &str = "tower-resilience hedge, after 100 ms";
    const TEN_SECONDS: Duration = Duration::from_secs(10);
    let tower = Hedge::new(BareService, Always, 20, 0.95, TEN_SECONDS);
    // Its errors have to be clonable. It learns no delay.
    let clonable = BareService.map_err(|fault: Fault| Refused(Arc::new(fault)));
    let tower_resilience = HedgeLayer::builder()
        .delay(Duration::from_millis(100))
        .max_hedged_attempts(2)
        .build();
    Ok(case
        .with(TOWER, Subject::calls(tower)?)
        .with(
            TOWER_RESILIENCE,
            Subject::calls(tower_resilience.layer(clonable))?,
        )
        .compare(LEEWARD, TOWER, None)
        .compare(LEEWARD, TOWER_RESILIENCE, None))
}

#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
struct Refused(Arc<Fault>);

/// Every request may be sent twice, as those of the bench are.
#[derive(Clone, Copy, Debug)]
struct Always;

impl Policy<Read> for Always {
    fn clone_request(&self, request: &Read) -> Option<Read> {
        Some(request.clone())
    }

    fn can_retry(&self, _: &Read) -> bool {
        true
    }
}
