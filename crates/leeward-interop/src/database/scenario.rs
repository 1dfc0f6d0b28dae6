use super::{
    engine::{Engine, Logins},
    load::{Load, Tally, Way},
    rotation::{First, PEACE, Rotation, Strategy},
    site::Site,
};
use std::error::Error;
use tokio::time::sleep;

/// The rotations of each scenario, and what is set back first where they are rolled back.
const ROTATIONS: [First; 2] = [First::Database, First::Secret];

/// What becomes of a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    /// It is finished.
    Finished,
    /// One fails and the database is set back; then another is finished.
    Undone,
    /// It is finished; then the database and the secret are set back.
    RolledBack,
}

/// Rotations under one kind of load.
pub(super) struct Scenario {
    pub(super) name: &'static str,
    user: &'static str,
    strategy: Strategy,
    course: Course,
    way: Way,
    /// How many logins at least must have been refused, since nothing would be shown otherwise.
    pub(super) min_refused: u64,
    /// Whether no query may fail.
    pub(super) is_lossless: bool,
}

pub(super) const ALL: [Scenario; 9] = [
    single(
        "single user, a connection for each query",
        "single_new",
        Way::New,
    ),
    single("single user, a pool", "single_pool", Way::Pool),
    alternating(
        "alternating users, a connection for each query",
        "alternating_new",
        Way::New,
    ),
    alternating("alternating users, a pool", "alternating_pool", Way::Pool),
    undone(
        "undone and repeated, a connection for each query",
        "undone_new",
        Way::New,
    ),
    undone("undone and repeated, a pool", "undone_pool", Way::Pool),
    rolled_back(
        "rolled back, a connection for each query",
        "rolled_back_new",
        Way::New,
    ),
    rolled_back("rolled back, a pool", "rolled_back_pool", Way::Pool),
    Scenario {
        min_refused: 1,
        is_lossless: false,
        ..single(
            "for comparison: single user, without with_secret",
            "comparison",
            Way::NewByGet,
        )
    },
];

const fn single(name: &'static str, user: &'static str, way: Way) -> Scenario {
    Scenario {
        name,
        user,
        strategy: Strategy::SingleUser,
        course: Course::Finished,
        way,
        min_refused: 2,
        is_lossless: true,
    }
}

/// Whoever is let in goes on being let in until the rotation after the next.
const fn alternating(name: &'static str, user: &'static str, way: Way) -> Scenario {
    Scenario {
        strategy: Strategy::AlternatingUsers,
        min_refused: 0,
        ..single(name, user, way)
    }
}

/// With each rotation the database changes thrice: to the next password, to the current one again, and to the next after it.
const fn undone(name: &'static str, user: &'static str, way: Way) -> Scenario {
    Scenario {
        course: Course::Undone,
        min_refused: 6,
        ..single(name, user, way)
    }
}

/// The database changes twice with each; and once the secret goes back to a version that the database does not take yet.
const fn rolled_back(name: &'static str, user: &'static str, way: Way) -> Scenario {
    Scenario {
        course: Course::RolledBack,
        min_refused: 5,
        ..single(name, user, way)
    }
}

/// What came of a scenario.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    pub(super) tally: Tally,
    pub(super) rotations: usize,
    /// As the database itself counts them.
    pub(super) logins: Logins,
    /// What the cache asked Secrets Manager.
    pub(super) requests: u64,
}

impl Scenario {
    pub(super) async fn play<E: Engine>(
        &self,
        site: &Site<'_, E>,
    ) -> Result<Outcome, Box<dyn Error>> {
        let mut rotation = Rotation::begin(site, self.user, self.strategy).await?;
        let cache = site.cache().await?;
        let requests = site.requests();
        let secret = cache.handle(rotation.secret());
        let load = Load::begin::<E>(self.way, site.login(secret.clone())).await?;
        for first in ROTATIONS {
            sleep(PEACE).await;
            if self.course == Course::Undone {
                rotation.fail().await?;
                sleep(PEACE).await;
            }
            rotation.rotate().await?;
            if self.course == Course::RolledBack {
                sleep(PEACE).await;
                rotation.roll_back(first, &secret).await?;
            }
        }
        sleep(PEACE).await;
        let tally = load.end().await?;
        cache.shutdown().await;
        Ok(Outcome {
            tally,
            rotations: ROTATIONS.len(),
            logins: rotation.logins().await?,
            requests: site.requests() - requests - rotation.reads(),
        })
    }
}
