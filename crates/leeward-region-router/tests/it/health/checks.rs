//! Checks that do as they are told, whatever the Regions do to calls.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use leeward_error_taxonomy::Region;
use leeward_region_router::{CheckResult, HealthCheck, RegionRouterBuilder};
use leeward_resilience::{CircuitConfig, Ratio, TokioClock};
use tokio::{
    task::yield_now,
    time::{Instant, sleep},
};

use crate::world::{A, B, C, Fault, LedgerError, REST, Router, SECOND, Site, World, builder};

/// What the checks of a test do, and when they were made; cloning shares it.
#[derive(Clone, Default)]
pub(super) struct Checks(Arc<Mutex<HashMap<Region, Told>>>);

#[derive(Default)]
pub(super) struct Told {
    does: Option<Does>,
    pub(super) began: Vec<Instant>,
    pub(super) in_flight: u32,
    pub(super) most_in_flight: u32,
}

#[derive(Clone, Copy)]
pub(super) enum Does {
    Well,
    Takes(Duration),
    Fails(Fault),
    IsSilent,
    Panics,
}

impl Checks {
    pub(super) fn set(&self, region: Region, does: Does) {
        self.told(region, |told| told.does = Some(does));
    }

    pub(super) fn count(&self, region: Region) -> usize {
        self.told(region, |told| told.began.len())
    }

    /// How many tasks and tests hold it.
    pub(super) fn holders(&self) -> usize {
        Arc::strong_count(&self.0)
    }

    /// How long after one check of the Region the next one began.
    pub(super) fn pauses(&self, region: Region) -> Vec<Duration> {
        self.told(region, |told| {
            let pairs = told.began.windows(2);
            pairs.map(|pair| pair[1] - pair[0]).collect()
        })
    }

    pub(super) fn told<T>(&self, region: Region, look: impl FnOnce(&mut Told) -> T) -> T {
        let mut told = self.0.lock().expect("not poisoned");
        look(told.entry(region).or_default())
    }

    /// The check, which leaves the Region's service alone.
    pub(super) fn check(&self) -> HealthCheck<Site> {
        let checks = self.clone();
        let check = HealthCheck::new(move |_: Site, region: Region| checks.clone().made(region));
        check.with_seed(42)
    }

    async fn made(self, region: Region) -> Result<(), LedgerError> {
        let does = self.told(region.clone(), |told| {
            told.began.push(Instant::now());
            told.in_flight += 1;
            told.most_in_flight = told.most_in_flight.max(told.in_flight);
            told.does.unwrap_or(Does::Well)
        });
        let _under_way = UnderWay(&self, &region);
        yield_now().await;
        match does {
            Does::Well => Ok(()),
            Does::Takes(time) => {
                sleep(time).await;
                Ok(())
            }
            Does::Fails(fault) => Err(LedgerError::Failed(region.clone(), fault)),
            Does::IsSilent => std::future::pending().await,
            Does::Panics => panic!("as told"),
        }
    }
}

struct UnderWay<'a>(&'a Checks, &'a Region);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.told(self.1.clone(), |told| told.in_flight -= 1);
    }
}

pub(super) fn checked(world: &World, check: HealthCheck<Site>) -> Router {
    build(world, check, builder([A, B, C]))
}

pub(super) fn build(
    world: &World,
    check: HealthCheck<Site>,
    builder: RegionRouterBuilder<TokioClock>,
) -> Router {
    let router = builder.with_health_check(check).build(world.clone());
    router.expect("a runtime, and times above zero")
}

/// As the tests' own, but three good probes close a circuit, a second after each other.
pub(super) fn three_to_close() -> RegionRouterBuilder<TokioClock> {
    let circuit = CircuitConfig::new()
        .with_consecutive_failures(2)
        .with_rest(REST)
        .with_rest_jitter(Ratio::percent(0))
        .with_probes(3, SECOND)
        .with_slow_start(Duration::ZERO, Ratio::percent(100))
        .with_seed(42);
    builder([A, B, C]).with_circuit(circuit)
}

pub(super) fn last_check(router: &Router, at: usize) -> Option<CheckResult> {
    let status = router.status();
    status.regions[at].check.as_ref().map(|check| check.result)
}
