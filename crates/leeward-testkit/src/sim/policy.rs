use std::{fmt, str::FromStr};

use leeward_region_router::{RegionRouter, RouterEvent};
use leeward_resilience::{
    Budget, BudgetConfig, DeadlineLayer, Plain, RetryLayer, RetryPolicy, Switch, TokioClock,
};
use tower_layer::Layer;
use tower_service::Service;

use super::{
    CallError,
    site::SiteMaker,
    world::{Call, World},
};

/// Who calls the Regions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Policy {
    /// Leeward's stack with the defaults: deadline, retries, Region router, one budget.
    Leeward,
    /// The same without hedging.
    Sequential,
    /// The first Region alone, each operation sent once: what a call costs by nature.
    Bare,
    /// The first Region alone, with the retries of an SDK: three attempts, growing pauses with full jitter, its quota.
    Sdk,
    /// The next Region after each failure and after a second of silence; no breaker, no budget.
    NextRegion,
    /// The same, with a breaker for each Region that five failures in a row open for 5 s, after which everybody may try.
    Consecutive,
}

impl Policy {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Leeward,
        Self::Sequential,
        Self::Bare,
        Self::Sdk,
        Self::NextRegion,
        Self::Consecutive,
    ];

    /// What others do, to compare with.
    pub const NAIVE: [Self; 3] = [Self::Sdk, Self::NextRegion, Self::Consecutive];

    /// What the command line calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Leeward => "leeward",
            Self::Sequential => "sequential",
            Self::Bare => "bare",
            Self::Sdk => "sdk",
            Self::NextRegion => "next-region",
            Self::Consecutive => "consecutive",
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Policy {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|policy| policy.name() == name);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("there is no policy `{name}`; there are {names}")
        })
    }
}

/// Leeward's stack for one process, as the guide tells users to put it together.
///
/// The environment of whoever runs the simulation switches nothing off in it.
pub(super) fn stack(
    world: &World,
    process: usize,
    hedges: bool,
) -> impl Service<Plain<Call>, Response = usize, Error = CallError, Future: Send> + Clone + Send + 'static
{
    let clock = TokioClock::new();
    let budget = Budget::with_clock(BudgetConfig::new(), clock.clone());
    let builder = RegionRouter::builder(world.regions());
    let builder = if hedges {
        builder
    } else {
        builder.without_hedging()
    };
    let router = builder
        .with_budget(budget.withdraw_only())
        .with_clock(clock)
        .with_switch(Switch::new())
        .with_observer(observer(world.clone(), process))
        .build(SiteMaker(world.clone()))
        .expect("the Regions of a scenario are few, of one partition and named once");
    let retry = RetryLayer::new(RetryPolicy::new())
        .with_budget(budget)
        .with_switch(Switch::new());
    let deadline = DeadlineLayer::new(world.scenario().traffic.deadline).with_switch(Switch::new());
    deadline.layer(retry.layer(router))
}

fn observer(world: World, process: usize) -> impl Fn(&RouterEvent) + Send + Sync + 'static {
    move |event| {
        if let RouterEvent::CircuitChanged { region, change, .. } = event
            && let Ok(region) = world.number(region)
        {
            world.changed(process, region, change.to);
        }
    }
}
