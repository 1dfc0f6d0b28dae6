use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU16, Ordering},
    },
    time::Duration,
};

use leeward_error_taxonomy::Region;
use leeward_resilience::{Budget, CircuitConfig, Clock, Switch};

use crate::{
    Hedging, Ranking, RouterError, event::Observers, maker::Maker, member::Member, site::Site,
};

/// What the routers of a family share: where calls can go, and on what terms.
pub(crate) struct Ground<S, C: Clock> {
    /// The Regions, the preferred one first; never empty.
    pub(crate) sites: Box<[Site<S>]>,
    pub(crate) maker: Maker<S>,
    pub(crate) circuit: Arc<CircuitConfig>,
    /// Whether the threads of a router count in one place, for there may be thousands of routers.
    pub(crate) shares_lanes: bool,
    pub(crate) attempt_timeout: Duration,
    pub(crate) budget: Budget,
    pub(crate) clock: C,
    pub(crate) observers: Observers,
    pub(crate) switch: Switch,
    pub(crate) hedging: Option<Hedging>,
    /// Whether calls that may have been applied go on, idempotent or not.
    pub(crate) when_unsure: bool,
    pub(crate) ranking: Option<RankingOf>,
    /// A bit for each site that is drained, so that a call looks at one word and nobody sees half a change.
    pub(crate) drained: AtomicU16,
    /// Whether a call has named a Region that is not known, which is told once.
    pub(crate) met_stranger: AtomicBool,
    /// What everybody knows of a Region that he has not asked; made when it is first looked at.
    pub(crate) unasked: OnceLock<Box<Member<C>>>,
}

/// Makes the ranking of one router.
pub(crate) type RankingOf = Box<dyn Fn() -> Box<dyn Ranking> + Send + Sync>;

impl<S, C: Clock> Ground<S, C> {
    /// The place of a Region in the list.
    pub(crate) fn find(&self, region: &Region) -> Result<usize, RouterError> {
        let place = self.sites.iter().position(|site| site.region == *region);
        place.ok_or_else(|| RouterError::UnknownRegion {
            region: region.clone(),
        })
    }

    /// Whether it was told before that calls name Regions that are not known.
    pub(crate) fn has_met_strangers(&self) -> bool {
        self.met_stranger.load(Ordering::Relaxed)
    }

    /// Tells, once, that a call excludes or prefers a Region that is not known.
    #[cold]
    pub(crate) fn meet_stranger(&self, region: &Region) {
        if !self.met_stranger.swap(true, Ordering::Relaxed) {
            self.observers.met_stranger(region);
        }
    }

    /// What is known of a Region that was not asked, to be looked at and told nothing.
    pub(crate) fn unasked(&self) -> &Member<C> {
        self.unasked.get_or_init(|| Box::new(Member::new(self)))
    }

    /// The sites that are drained, a bit for each.
    pub(crate) fn drained(&self) -> u16 {
        self.drained.load(Ordering::Relaxed)
    }

    /// Whether somebody keeps calls away from a site.
    pub(crate) fn is_drained(&self, at: usize) -> bool {
        self.drained() >> at & 1 != 0
    }

    /// Keeps calls away from a site, or lets them come again; says whether that is a change.
    pub(crate) fn set_drained(&self, at: usize, drained: bool) -> bool {
        let bit = 1 << at;
        let before = if drained {
            self.drained.fetch_or(bit, Ordering::Relaxed)
        } else {
            self.drained.fetch_and(!bit, Ordering::Relaxed)
        };
        (before & bit != 0) != drained
    }
}
