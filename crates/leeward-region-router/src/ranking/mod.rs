//! Decides in which order a call asks the Regions.

mod latency;
mod order;
mod penalty;
mod round_robin;
mod standings;

use std::fmt;

use leeward_error_taxonomy::Region;

pub use latency::Latency;
pub use order::Order;
pub use round_robin::RoundRobin;
pub(crate) use standings::Field;
pub use standings::Standings;

use crate::RouterError;

/// How many Regions a router takes at most.
pub(crate) const MAX_REGIONS: usize = 16;

/// Decides in which order calls ask the Regions: a strategy of your own, for
/// [`with_ranking`](crate::RegionRouterBuilder::with_ranking).
///
/// It says what is asked first, and is asked once for each call. What the first Region's circuit, a drain or the call's own
/// [placement](leeward_resilience::Placement) forbid is passed over in any case, so a ranking need not mind them.
///
/// ```
/// use leeward_region_router::{Order, Ranking, Standings};
///
/// /// First to whoever has the fewest calls under way.
/// #[derive(Clone, Debug)]
/// struct LeastBusy;
///
/// impl Ranking for LeastBusy {
///     fn name(&self) -> &'static str {
///         "least busy"
///     }
///
///     fn rank(&self, standings: &Standings<'_>, order: &mut Order) {
///         order.sort_by_key(|region| standings.circuit(region).in_flight);
///     }
/// }
/// ```
///
/// Without one, calls ask the Regions in the order of the list, and nothing is spent on it.
pub trait Ranking: fmt::Debug + Send + Sync + 'static {
    /// What people call it.
    fn name(&self) -> &'static str;

    /// Puts `order`, which is that of the list, into that of this call.
    ///
    /// It runs on the path of every call: no waiting, no allocation, no panic.
    fn rank(&self, standings: &Standings<'_>, order: &mut Order);

    /// Puts `order`, which is that of the list, into the one in which calls ask until further notice, for a
    /// [status](crate::RouterStatus::first_choice); `false`, as by default, if calls take turns or nobody can tell.
    ///
    /// Unlike [`rank`](Self::rank) it takes nobody's turn, so calls whose placement settles where they go first are ranked by it too.
    fn preview(&self, standings: &Standings<'_>, order: &mut Order) -> bool {
        let _ = (standings, order);
        false
    }

    /// Learns the Regions, in the order of the list, when the router is built.
    ///
    /// # Errors
    ///
    /// [`RouterError`] if they are not what it is made for.
    fn enrol(&mut self, regions: &[Region]) -> Result<(), RouterError> {
        let _ = regions;
        Ok(())
    }
}
