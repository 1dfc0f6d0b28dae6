use std::{fmt, time::SystemTime};

use leeward_error_taxonomy::Region;
use leeward_resilience::Clock;

use super::{Health, RegionStatus, json};
use crate::RegionRouter;

/// How a router and its Regions stand at one moment; given by [`RegionRouter::status`].
///
/// With the feature `serde` it is a record for a page or a log. Ages and latencies are numbers of milliseconds whose names end
/// in `_ms`; they come from the router's clock, which nobody sets. The one date is `taken_at_epoch_ms`, in milliseconds since
/// 1970 by the system's clock, from which an age gives any other. What is not known is `null`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RouterStatus {
    /// Whether it can be expected to serve.
    pub health: Health,
    /// When it stood like this.
    #[cfg_attr(
        feature = "serde",
        serde(
            rename = "taken_at_epoch_ms",
            serialize_with = "super::record::since_1970"
        )
    )]
    pub taken_at: SystemTime,
    /// How Regions are put in order.
    pub strategy: &'static str,
    /// Whether the kill switch is on: then every call goes to one Region, whatever is known of it, drained or not: to the first of
    /// the list, unless its [placement](leeward_resilience::Placement) pins it elsewhere, prefers another or excludes the first.
    pub kill_switch: bool,
    /// Where a call goes that prefers nothing; none while no Region takes calls, or where calls go round.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "super::record::name_if_any")
    )]
    pub first_choice: Option<Region>,
    /// The Regions, in the order of the list.
    pub regions: Vec<RegionStatus>,
    /// The attempts that followed one that failed elsewhere, since the router was made.
    pub fail_overs: u64,
    /// The attempts that were made beside one that had not been answered.
    pub hedges: u64,
    /// Those of them that answered first.
    pub hedges_won: u64,
    /// Those of them that failed, or that the first attempt answered before.
    pub hedges_lost: u64,
    /// Those of them whose call ended otherwise: it was dropped, or the first attempt ended it by an error for good. With those
    /// that won, those that lost and those under way they are all.
    pub hedges_dropped: u64,
    /// The attempts, after one that failed or beside one that had not been answered, that were not made for want of a token.
    pub out_of_budget: u64,
    /// The attempts in a Region whose circuit held the call back, because every other Region to which the call may go held it back,
    /// too, refused it or had failed it before: all of the list, or by its [placement](leeward_resilience::Placement) and by drains
    /// fewer. A call that is pinned to a Region that was left is one while all others are well.
    pub panics: u64,
    /// The calls that no Region answered.
    pub exhausted: u64,
    /// The tokens that are left for further attempts.
    pub budget: u64,
}

impl RouterStatus {
    /// Whether at least one Region takes calls.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.health != Health::Down
    }

    /// A short record in JSON, to be served as it is where a load balancer or a person asks how a service is.
    ///
    /// It holds names of Regions, words of this crate and numbers, and no text that a service has sent. What is not known is
    /// `null`.
    ///
    /// | member | what it is |
    /// |---|---|
    /// | `status` | `ok`, `degraded` or `down`: the [`Health`] |
    /// | `first_choice` | where a call goes first, as in `eu-central-1` |
    /// | `kill_switch` | whether every call goes to the first Region that its placement allows, come what may |
    /// | `regions` | one for each Region, in the order of the list: |
    /// | `regions[].region` | its name |
    /// | `regions[].state` | `closed`, `half_open`, `open` or `drained`: the [`RegionState`](crate::RegionState) |
    /// | `regions[].in_state_for_ms` | how long its circuit has been in its state, which each probe begins anew |
    /// | `regions[].left_for_ms` | how long ago it was left, whatever probes have shown since |
    /// | `regions[].share` | the share of the traffic of the last seconds, 0 to 1 |
    /// | `regions[].success_rate` | of the calls of the last seconds, 0 to 1 |
    /// | `regions[].next_probe_in_ms` | when it may be tried again, if it was left |
    /// | `regions[].last_error` | the [category](leeward_error_taxonomy::Category) of the last failure, as in `timeout` |
    /// | `regions[].last_error_age_ms` | how long ago that was |
    /// | `regions[].check` | `good`, `refused`, `slow`, `failed` or `inconclusive`: the last [`CheckResult`](crate::CheckResult) |
    ///
    /// A service that is down for want of AWS gets no better by being restarted: ask it for a readiness or a page, not for a
    /// liveness probe. New members may come with any version.
    #[must_use]
    pub fn health_json(&self) -> String {
        json::write(self)
    }
}

/// In one line, for people and logs: the health, and how each Region stands.
impl fmt::Display for RouterStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kill_switch = if self.kill_switch {
            ", kill switch on"
        } else {
            ""
        };
        write!(f, "{}{kill_switch}", self.health)?;
        for region in &self.regions {
            write!(f, "; {region}")?;
        }
        Ok(())
    }
}

impl<S, C: Clock> RegionRouter<S, C> {
    /// How the router and its Regions stand now.
    ///
    /// It takes the lock of each circuit for a moment: for people and scrapers, not for each call.
    #[must_use]
    pub fn status(&self) -> RouterStatus {
        let roster = self.roster();
        let clock = &roster.ground.clock;
        let now = clock.now();
        let reading = roster.snapshot(now);
        let checks = roster.checks.get();
        let regions = reading.regions.into_iter().enumerate();
        let regions = regions.map(|(at, region)| {
            let check = checks.and_then(|checks| checks.last(at));
            RegionStatus::of(region, check, now)
        });
        let regions: Vec<RegionStatus> = regions.collect();
        RouterStatus {
            health: Health::of(regions.iter().map(|region| region.state)),
            taken_at: clock.date(),
            strategy: roster.strategy(),
            kill_switch: !reading.is_on,
            first_choice: roster.first_choice(),
            regions,
            fail_overs: reading.fail_overs,
            hedges: reading.hedges,
            hedges_won: reading.hedges_won,
            hedges_lost: reading.hedges_lost,
            hedges_dropped: reading.hedges_dropped,
            out_of_budget: reading.out_of_budget,
            panics: reading.panics,
            exhausted: reading.exhausted,
            budget: reading.budget,
        }
    }

    /// Whether at least one Region takes calls.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.status().is_healthy()
    }

    /// A short record in JSON, to be served as it is; its members stand [there](RouterStatus::health_json).
    #[must_use]
    pub fn health_json(&self) -> String {
        self.status().health_json()
    }
}
