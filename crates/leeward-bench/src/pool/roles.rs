//! What a thousand roles ask of STS, and what each takes in memory.
//!
//! The memory is that of a process that holds nothing but a pool: the growth of its resident set, the allocator's gaps included.

use super::ROLES;
use crate::{
    Area, Bar, BoxError, Figure, Tally, resident,
    world::{HOME, World, credentials},
};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use leeward_client_pool::{Environment, Pool, Role};
use leeward_error_taxonomy::Region;
use leeward_testkit::Aws;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};
use tokio::{runtime::Builder, task::JoinSet};

const EAST: Region = Region::from_static("us-east-1");
/// So many are weighed: fewer are lost in what the allocator keeps.
const WEIGHED: usize = 1_000;
const LIFETIMES: usize = 3;
/// That of a session of which nothing else is said.
const LIFETIME: Duration = Duration::from_secs(60 * 60);

pub(super) fn tally(program: PathBuf, roles: usize) -> Tally {
    Tally::new(Area::Pool, ROLES, move || {
        let calls = Figure {
            subject: "leeward, most calls of STS for a role in a lifetime".into(),
            value: most_calls_of_sts(roles)? as f64,
            unit: "calls",
            bar: Some(Bar::AtMost(1.0)),
        };
        let memory = memory_of_a_role(&program)?.map(|bytes| Figure {
            subject: "leeward, memory of a role and its client".into(),
            value: bytes as f64,
            unit: "bytes",
            bar: None,
        });
        Ok([calls].into_iter().chain(memory).collect())
    })
}

fn arn(role: usize) -> String {
    format!("arn:aws:iam::111122223333:role/tenant-{role}")
}

/// As the other side counts them; each lifetime ends before the next begins.
fn most_calls_of_sts(roles: usize) -> Result<u64, BoxError> {
    let clock = HandClock::new();
    let of_aws = clock.clone();
    let aws = Aws::builder().with_region(HOME).with_region(EAST);
    let aws = aws.with_time(move || of_aws.now()).checking_credentials();
    let world = World::start(aws)?;
    let pool = world
        .builder()
        .with_time_source(SharedTimeSource::new(clock.clone()))
        // The machine may be slow: this is about calls, not time.
        .with_sts_regions([])
        .with_sts_timeout(Duration::from_secs(30))
        .with_read_timeout(None)
        .with_attempt_timeout(None)
        .with_operation_timeout(None);
    let pool = world.block_on(pool.build())?;
    let mut most = 0;
    for _ in 0..LIFETIMES {
        let before: Vec<_> = calls_of_sts(world.aws(), roles).collect();
        world.block_on(call_as_each(&pool, roles))?;
        let made = calls_of_sts(world.aws(), roles).zip(before);
        most = made.map(|(now, before)| now - before).fold(most, u64::max);
        clock.advance(LIFETIME);
    }
    Ok(most)
}

fn calls_of_sts(aws: &Aws, roles: usize) -> impl Iterator<Item = u64> {
    (0..roles).map(|role| aws.roles().calls(&arn(role)))
}

/// A task for each role, which calls two services in two Regions by turns.
async fn call_as_each(pool: &Pool, roles: usize) -> Result<(), BoxError> {
    let mut tasks: JoinSet<Result<(), BoxError>> = JoinSet::new();
    for role in 0..roles {
        let (pool, role) = (pool.clone(), Role::new(&arn(role))?);
        tasks.spawn(async move {
            for region in [HOME, EAST] {
                let kms = pool.client::<aws_sdk_kms::Client>();
                let kms = kms.with_region(region.clone()).with_role(role.clone());
                kms.await?.list_keys().send().await?;
                let dynamodb = pool.client::<aws_sdk_dynamodb::Client>();
                let dynamodb = dynamodb.with_region(region).with_role(role.clone());
                dynamodb.await?.list_tables().send().await?;
            }
            Ok(())
        });
    }
    while let Some(called) = tasks.join_next().await {
        called??;
    }
    Ok(())
}

/// Asks `program` to weigh roles in a process of its own; nothing where the system does not tell a process its weight.
fn memory_of_a_role(program: &Path) -> Result<Option<u64>, BoxError> {
    let world = World::plain()?;
    let weighed = resident::weighed_by(program, &["--memory-of-roles", &world.endpoint()])?;
    Ok(weighed.first().copied())
}

/// Calls as many roles from this process, and prints how many bytes it has grown by each.
pub(crate) fn print_memory(endpoint: &str) -> Result<(), BoxError> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let pool = Pool::builder()
        .with_environment(Environment::Production)
        .without_proxy()
        .with_credentials(credentials())
        .with_region(HOME)
        .with_sts_regions([])
        .with_endpoint(HOME, endpoint);
    let pool = runtime.block_on(pool.build())?;
    let call = |role: usize| -> Result<(), BoxError> {
        let role = Role::new(&arn(role))?;
        runtime.block_on(async {
            let kms = pool.client::<aws_sdk_kms::Client>().with_role(role);
            kms.await?.list_keys().send().await?;
            Ok(())
        })
    };
    // What is there once: the connection, the tables of the SDK, the room that the allocator keeps.
    (0..WEIGHED / 10).try_for_each(call)?;
    let Some(before) = resident::bytes()? else {
        return Ok(());
    };
    (WEIGHED..2 * WEIGHED).try_for_each(call)?;
    let grown = resident::bytes()?
        .unwrap_or_default()
        .saturating_sub(before);
    println!("{}", grown / WEIGHED as u64);
    Ok(())
}

/// A wall clock that is moved by hand.
#[derive(Clone, Debug)]
struct HandClock(Arc<Mutex<SystemTime>>);

impl HandClock {
    fn new() -> Self {
        // 2026-11-21T00:00:00Z
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_219_200);
        Self(Arc::new(Mutex::new(now)))
    }

    fn advance(&self, by: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl TimeSource for HandClock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
