use super::{
    load::{Load, Tally, Way},
    log::Logins,
    rotation::{Rotation, Strategy},
    site::Site,
};
use std::{error::Error, time::Duration};
use tokio::time::sleep;

/// How often a password changes in each.
const ROTATIONS: usize = 3;
/// How long there is peace before each, and after the last.
const PEACE: Duration = Duration::from_millis(500);

/// Rotations under one kind of load.
pub(super) struct Scenario {
    pub(super) name: &'static str,
    user: &'static str,
    strategy: Strategy,
    way: Way,
    /// Whether passwords that are over must have been refused, since nothing would be shown otherwise.
    pub(super) meets_refusals: bool,
    /// Whether no query may fail.
    pub(super) is_lossless: bool,
}

pub(super) const ALL: [Scenario; 3] = [
    Scenario {
        name: "single user, a connection for each query",
        user: "single",
        strategy: Strategy::SingleUser,
        way: Way::New,
        meets_refusals: true,
        is_lossless: true,
    },
    Scenario {
        name: "alternating users, a connection for each query",
        user: "alternating",
        strategy: Strategy::AlternatingUsers,
        way: Way::New,
        meets_refusals: false,
        is_lossless: true,
    },
    Scenario {
        name: "for comparison: single user, without with_secret",
        user: "comparison",
        strategy: Strategy::SingleUser,
        way: Way::NewByGet,
        meets_refusals: true,
        is_lossless: false,
    },
];

/// What came of a scenario.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    pub(super) tally: Tally,
    pub(super) rotations: usize,
    /// As PostgreSQL's own log counts them.
    pub(super) logins: Logins,
    /// What the cache asked Secrets Manager.
    pub(super) requests: u64,
}

impl Scenario {
    pub(super) async fn play(&self, site: &Site) -> Result<Outcome, Box<dyn Error>> {
        let mut rotation = Rotation::begin(site, self.user, self.strategy).await?;
        let cache = site.cache().await?;
        let (requests, logins) = (site.requests(), site.log.logins(self.user)?);
        let load = Load::begin(self.way, &cache, rotation.secret(), site.options());
        for _ in 0..ROTATIONS {
            sleep(PEACE).await;
            rotation.rotate().await?;
        }
        sleep(PEACE).await;
        let tally = load.end().await?;
        cache.shutdown().await;
        Ok(Outcome {
            tally,
            rotations: ROTATIONS,
            logins: site.log.logins(self.user)? - logins,
            requests: site.requests() - requests - rotation.reads(),
        })
    }
}
