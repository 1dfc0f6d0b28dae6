//! Asking for a client and calling with it, over loopback, beside the SDK alone.
//!
//! The other side of the calls is the in-process AWS, on a thread of its own. The SDK's client is the one that it makes by
//! default, on hyper 1, but for the certificates: it trusts those of the system, as ours does, and that of the in-process AWS.

mod crowd;
mod plain_sdk;
mod roles;

use crate::{Area, Bar, BoxError, Case, Subject, Tally, Unit, world::World};
use aws_sdk_kms::Client;
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

pub(crate) use roles::print_memory as print_memory_of_roles;

/// The case of a client that the pool has.
pub const CACHED: &str = "client that is kept";
/// The case of calls over plain HTTP.
pub const PLAIN: &str = "call over HTTP";
/// The case of calls over TLS.
pub const TLS: &str = "call over TLS";
/// The tally of many tasks, many services and Regions at once.
pub const CROWD: &str = "1,000 tasks x 5 services x 3 Regions";
/// The tally of many roles.
pub const ROLES: &str = "1,000 roles x 2 services x 2 Regions x 3 lifetimes";
/// The case of the first call of a client that nobody has asked for yet.
pub const FIRST: &str = "first call of a new client, TLS";

/// Asks the pool each time.
pub const LEEWARD: &str = "leeward, client() for each call";
/// One client, kept by hand.
pub const KEPT: &str = "SDK, one client kept";
/// One client that gives up as those of the pool do: the SDK's default has no time-outs but that to connect.
pub const KEPT_WITH_TIMEOUTS: &str = "SDK, one client kept, with time-outs";
/// The same over the SDK's own pool of connections, on which ours is built.
pub const KEPT_OVER_POOL: &str = "SDK, one client kept, with time-outs, over its connection pool";
/// A client for each call.
pub const EACH: &str = "SDK, a client for each call";
/// The whole configuration for each call.
pub const LOAD: &str = "SDK, aws_config::load for each call";
/// A new client of a pool that has connections.
pub const BESIDE: &str = "leeward, beside an existing pool";
/// A pool for each call.
pub const FRESH: &str = "leeward, a pool for each call";

pub(crate) fn cases() -> Result<Vec<Case>, BoxError> {
    let (plain, tls) = (World::plain()?, World::tls()?);
    Ok(vec![
        Case::new(Area::Pool, CACHED, Unit::Nanoseconds)
            .with(LEEWARD, kept_by_the_pool(&plain)?)
            .claim(LEEWARD, Bar::AtMost(150.0)),
        calls(PLAIN, &plain)?.compare(LEEWARD, EACH, None),
        calls(TLS, &tls)?.compare(LEEWARD, EACH, Bar::AtMost(0.3)),
        Case::new(Area::Pool, FIRST, Unit::Nanoseconds)
            .with(BESIDE, new_beside(&tls)?)
            .with(EACH, plain_sdk::client_for_each_call(&tls)?)
            .with(FRESH, fresh(&tls))
            .compare(BESIDE, EACH, Bar::AtMost(0.5))
            .compare(BESIDE, FRESH, Bar::AtMost(0.5)),
    ])
}

pub(crate) fn tallies(program: &Path, crowd: usize) -> Vec<Tally> {
    vec![crowd::tally(crowd), roles::tally(program.to_owned(), crowd)]
}

fn calls(name: &'static str, world: &Arc<World>) -> Result<Case, BoxError> {
    Ok(Case::new(Area::Pool, name, Unit::Nanoseconds)
        .with(KEPT, plain_sdk::one_client(world)?)
        .with(
            KEPT_WITH_TIMEOUTS,
            plain_sdk::one_client_with_timeouts(world)?,
        )
        .with(KEPT_OVER_POOL, plain_sdk::one_client_over_a_pool(world)?)
        .with(EACH, plain_sdk::client_for_each_call(world)?)
        .with(LOAD, plain_sdk::load_for_each_call(world)?)
        .with(LEEWARD, client_for_each_call(world)?)
        .compare(LEEWARD, KEPT, Bar::AtMost(1.05))
        .compare(LEEWARD, KEPT_OVER_POOL, None)
        .compare(LEEWARD, LOAD, None))
}

fn kept_by_the_pool(world: &Arc<World>) -> Result<Subject, BoxError> {
    let (world, pool) = (Arc::clone(world), world.pool()?);
    // The first ask makes the client, in a task on the runtime of the pool.
    world.block_on(async { pool.client::<Client>().await })?;
    Ok(Subject::awaited(async move || {
        // The runtime that the pool lives on.
        let _world = &world;
        pool.client::<Client>().await
    })?)
}

fn client_for_each_call(world: &Arc<World>) -> Result<Subject, BoxError> {
    let pool = world.pool()?;
    Ok(world.subject(async move || {
        let client = pool.client::<Client>().await?;
        client.list_keys().send().await?;
        Ok(())
    }))
}

fn new_beside(world: &Arc<World>) -> Result<Subject, BoxError> {
    let (pool, asked) = (world.pool()?, AtomicU64::new(0));
    Ok(world.subject(async move || {
        let tag = asked.fetch_add(1, Ordering::Relaxed);
        let client = pool.client::<Client>().with_config(tag, |_| {}).await?;
        client.list_keys().send().await?;
        Ok(())
    }))
}

fn fresh(world: &Arc<World>) -> Subject {
    let builder = Arc::clone(world);
    world.subject(async move || {
        let pool = builder.builder().build().await?;
        let client = pool.client::<Client>().await?;
        client.list_keys().send().await?;
        Ok(())
    })
}
