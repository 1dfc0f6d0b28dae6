use std::time::Duration;

use leeward_error_taxonomy::{Obstacle, Region, Rejected};
use leeward_resilience::{Clock, Placement, Timestamp};

use crate::{
    ground::Ground,
    ranking::{Order, Standings},
    roster::Roster,
};

/// Says why a call cannot be placed as it asks; the source of a [`Rejected::Unavailable`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlacementError {
    /// The call may go to one Region only, and the router has no such Region.
    #[error(
        "the call is pinned to {region}, and the router knows {} only: pin it to one of these or add that Region", List(.known)
    )]
    #[non_exhaustive]
    UnknownPin {
        /// Where it is pinned to.
        region: Region,
        /// The Regions of the router.
        known: Vec<Region>,
    },
    /// The call reads what a strict session wrote, and the router has no Region such as the session wrote in.
    #[error(
        "the call's strict session wrote in {region}, and the router knows {} only: add that Region, or let go of what was \
         written there, by Session::forget", List(.known)
    )]
    #[non_exhaustive]
    UnknownSession {
        /// Where the session wrote.
        region: Region,
        /// The Regions of the router.
        known: Vec<Region>,
    },
    /// The call excludes every Region that it might go to.
    #[error("the call excludes every Region that it may go to, of {}: leave it one", List(.known))]
    #[non_exhaustive]
    AllExcluded {
        /// The Regions of the router.
        known: Vec<Region>,
    },
    /// Every Region that the call might go to has been drained by hand.
    #[error("every Region that the call may go to is drained, of {}: restore one", List(.known))]
    #[non_exhaustive]
    AllDrained {
        /// The Regions of the router.
        known: Vec<Region>,
    },
}

/// Says that a Region was not tried because the deadline leaves less time than it normally takes.
#[derive(Debug, thiserror::Error)]
#[error("normally takes {usual:?}, with {left:?} left of the deadline")]
pub(crate) struct NoTime {
    pub(crate) left: Duration,
    pub(crate) usual: Duration,
}

/// In which order a call asks the Regions, those that it must not go to left out.
///
/// While the router is switched off, it is the first one that its placement allows. A call that cannot be repeated goes nowhere to find
/// out how it is there.
pub(crate) fn order<S, C: Clock>(
    roster: &Roster<S, C>,
    placement: Option<&Placement>,
    is_on: bool,
    may_explore: bool,
    now: Timestamp,
) -> Result<Order, Rejected> {
    let ground = &roster.ground;
    let mut order = Order::of_list(ground.sites.len());
    if is_on && let Some(ranking) = &roster.ranking {
        let standings = Standings::new(roster, now).exploring(may_explore);
        if placement.is_some_and(|placement| settles(ground, placement)) {
            // It takes no turn of the calls that have none of their own, nor explores.
            ranking.preview(&standings, &mut order);
        } else {
            ranking.rank(&standings, &mut order);
        }
    }
    let drained = if is_on { ground.drained() } else { 0 };
    if let Some(placement) = placement
        && !ground.has_met_strangers()
        && let Some(stranger) = stranger(placement, |region| ground.find(region).is_ok())
    {
        ground.meet_stranger(&stranger);
    }
    if placement.is_some() || drained != 0 {
        let regions = |at: usize| &ground.sites[at].region;
        order = place(order, regions, placement, drained)
            .map_err(|reason| Rejected::unavailable_for(Obstacle::Placement, reason))?;
    }
    if !is_on {
        let first = order.iter().next();
        order = Order::only(first.unwrap_or_default());
    }
    Ok(order)
}

/// A Region that the call excludes or prefers and that is not known: nothing comes of that.
///
/// It is no reason to refuse the call. Who excludes a Region in an outage and then takes it out of the list, would have none served.
#[cold]
fn stranger(placement: &Placement, is_known: impl Fn(&Region) -> bool) -> Option<Region> {
    let mut excluded = placement.excluded().iter();
    let excluded = excluded.find(|region| !is_known(region)).cloned();
    excluded.or_else(|| placement.preference().filter(|region| !is_known(region)))
}

/// Whether the call says itself where it goes first.
#[cold]
fn settles<S, C: Clock>(ground: &Ground<S, C>, placement: &Placement) -> bool {
    let wanted = placement.pin().or_else(|| placement.preference());
    wanted.is_some_and(|region| ground.find(&region).is_ok())
}

/// Puts the Regions in the order that the call asks for, and leaves out what it excludes and what is drained.
#[cold]
fn place<'a>(
    mut order: Order,
    region: impl Fn(usize) -> &'a Region,
    placement: Option<&Placement>,
    drained: u16,
) -> Result<Order, PlacementError> {
    let list = order;
    let known = || {
        let mut known: Vec<usize> = list.iter().collect();
        known.sort_unstable();
        known.into_iter().map(|at| region(at).clone()).collect()
    };
    let find = |wanted: &Region| list.iter().find(|at| region(*at) == wanted);
    if let Some(pin) = placement.and_then(Placement::pin) {
        let Some(at) = find(&pin) else {
            let (region, known) = (pin, known());
            let is_session = placement.is_some_and(Placement::is_pinned_by_session);
            return Err(if is_session {
                PlacementError::UnknownSession { region, known }
            } else {
                PlacementError::UnknownPin { region, known }
            });
        };
        if placement.is_some_and(|placement| placement.excludes(&pin)) {
            return Err(PlacementError::AllExcluded { known: known() });
        }
        return Ok(Order::only(at));
    }
    if let Some(placement) = placement {
        if let Some(at) = placement.preference().and_then(|region| find(&region)) {
            order.move_to_front(at);
        }
        order.retain(|at| !placement.excludes(region(at)));
        if order.is_empty() {
            return Err(PlacementError::AllExcluded { known: known() });
        }
    }
    order.retain(|at| drained >> at & 1 == 0);
    if order.is_empty() {
        return Err(PlacementError::AllDrained { known: known() });
    }
    Ok(order)
}

struct List<'a>(&'a [Region]);

impl std::fmt::Display for List<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, region) in self.0.iter().enumerate() {
            let separator = if at > 0 { ", " } else { "" };
            write!(f, "{separator}{region}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_resilience::Session;

    const A: Region = Region::from_static("us-east-1");
    const B: Region = Region::from_static("eu-west-1");
    const C: Region = Region::from_static("ap-south-1");

    fn placed(placement: Placement, drained: u16) -> Result<Vec<usize>, PlacementError> {
        let (order, names) = (Order::of_list(3), [A, B, C]);
        let placed = place(order, |at| &names[at], Some(&placement), drained)?;
        Ok(placed.iter().collect())
    }

    #[track_caller]
    fn check(placement: Placement, drained: u16, expected: &[usize]) {
        assert_eq!(placed(placement, drained).unwrap(), expected);
    }

    #[test]
    fn puts_regions_where_the_call_wants_them() {
        let anywhere = Placement::new;
        check(anywhere(), 0, &[0, 1, 2]);
        check(anywhere(), 0b010, &[0, 2]);
        check(anywhere().pinned_to(C), 0, &[2]);
        check(anywhere().pinned_to(C), 0b111, &[2]);
        check(anywhere().preferring(C), 0, &[2, 0, 1]);
        check(anywhere().preferring(C), 0b100, &[0, 1]);
        check(anywhere().preferring(C).excluding(A), 0, &[2, 1]);
        // A wish for what there is not is no condition.
        let elsewhere = Region::from_static("us-west-2");
        check(anywhere().preferring(elsewhere.clone()), 0, &[0, 1, 2]);
        check(anywhere().excluding(elsewhere), 0, &[0, 1, 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn of_a_region_that_a_session_wrote_in_nobody_speaks_as_of_a_pin() {
        let session = Session::new(Duration::from_secs(1)).strictly();
        session.wrote_in(&Region::from_static("us-west-2"));
        assert_eq!(
            placed(Placement::new().reading(&session), 0)
                .unwrap_err()
                .to_string(),
            "the call's strict session wrote in us-west-2, and the router knows us-east-1, eu-west-1, ap-south-1 only: add that \
             Region, or let go of what was written there, by Session::forget"
        );
    }

    #[test]
    fn says_why_a_call_cannot_be_placed_and_what_to_do() {
        let all_excluded = Placement::new().excluding(A).excluding(B).excluding(C);
        for (placement, drained, message) in [
            (
                Placement::new().pinned_to(Region::from_static("us-west-2")),
                0,
                "the call is pinned to us-west-2, and the router knows us-east-1, eu-west-1, ap-south-1 only: pin it to \
                 one of these or add that Region",
            ),
            (
                all_excluded,
                0,
                "the call excludes every Region that it may go to, of us-east-1, eu-west-1, ap-south-1: leave it one",
            ),
            (
                Placement::new().pinned_to(A).excluding(A),
                0,
                "the call excludes every Region that it may go to, of us-east-1, eu-west-1, ap-south-1: leave it one",
            ),
            (
                Placement::new().excluding(A),
                0b110,
                "every Region that the call may go to is drained, of us-east-1, eu-west-1, ap-south-1: restore one",
            ),
        ] {
            assert_eq!(placed(placement, drained).unwrap_err().to_string(), message);
        }
    }
}
