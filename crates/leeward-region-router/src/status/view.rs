use leeward_error_taxonomy::Region;
use leeward_resilience::Clock;

use super::{Health, RegionState};
use crate::{CheckResult, Order, Standings, roster::Roster};

/// What [`RouterWatch`](crate::RouterWatch) looks out for; without numbers, so that it changes only when something happens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RouterView {
    /// Whether the router can be expected to serve.
    pub health: Health,
    /// Where a call goes that prefers nothing; none while no Region takes calls, or where calls go round.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "super::record::name_if_any")
    )]
    pub first_choice: Option<Region>,
    /// Whether the [kill switch](super::RouterStatus::kill_switch) is on.
    pub kill_switch: bool,
    /// The Regions, in the order of the list.
    pub regions: Vec<RegionView>,
}

/// One Region of a [`RouterView`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RegionView {
    /// Which.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::record::name"))]
    pub region: Region,
    /// Whether calls go there.
    pub state: RegionState,
    /// What its last health check has shown.
    pub check: Option<CheckResult>,
}

/// A router, whatever its services are.
pub(super) trait Viewed: Send + Sync {
    fn view(&self) -> RouterView;
}

impl<S: Send, C: Clock> Viewed for Roster<S, C> {
    fn view(&self) -> RouterView {
        Self::view(self)
    }
}

impl<S, C: Clock> Roster<S, C> {
    /// How it stands.
    pub(crate) fn view(&self) -> RouterView {
        let checks = self.checks.get();
        let regions = self.standing().enumerate().map(|(at, (site, member))| {
            let check = checks.and_then(|checks| checks.last(at));
            RegionView {
                region: site.region.clone(),
                state: RegionState::of(member.circuit.state(), self.ground.is_drained(at)),
                check: check.map(|check| check.result),
            }
        });
        let regions: Vec<RegionView> = regions.collect();
        RouterView {
            health: Health::of(regions.iter().map(|region| region.state)),
            first_choice: self.first_choice(),
            kill_switch: !self.ground.switch.is_on(),
            regions,
        }
    }

    /// Where a call goes that prefers nothing, unless it happens to be kept from there.
    pub(super) fn first_choice(&self) -> Option<Region> {
        let is_on = self.ground.switch.is_on();
        let mut order = Order::of_list(self.ground.sites.len());
        if is_on && let Some(ranking) = &self.ranking {
            let standings = Standings::new(self, self.ground.clock.now());
            if !ranking.preview(&standings, &mut order) {
                return None;
            }
        }
        let sites = &self.ground.sites;
        let takes_calls = |at: &usize| {
            let circuit = self.look_at(*at).circuit.state();
            RegionState::of(circuit, self.ground.is_drained(*at)) == RegionState::Closed
        };
        let first = order.iter().find(|at| !is_on || takes_calls(at))?;
        Some(sites[first].region.clone())
    }
}
