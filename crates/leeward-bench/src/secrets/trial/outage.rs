//! What those see who ask all the time, whether Secrets Manager answers or not.

use super::{Tried, callers, milliseconds};
use crate::{Bar, BoxError, Figure};
use leeward_testkit::Fault;
use std::time::Duration;
use tokio::time::Instant;

/// By how much a value may seem older than it is allowed to be: a tick of the coarse clocks, at its longest.
const TICK: Duration = Duration::from_millis(10);

/// Nothing is wrong, but that it takes its time.
pub(super) fn none(tried: &Tried<'_>) -> Result<Vec<Figure>, BoxError> {
    tried.warm_up()?;
    let before = tried.upstream.requests();
    let asked = callers::ask(&tried.get, Instant::now(), tried.scale.span);
    let seen = tried.upstream.block_on(asked)?;
    if seen.errors > 0 {
        return Err(format!("{} gets failed, although nothing was wrong", seen.errors).into());
    }
    let slowest = milliseconds(seen.slowest);
    Ok(vec![
        tried.figure("slowest get", slowest, "ms", Some(Bar::AtMost(1.0))),
        tried.figure("gets of more than 1 ms", seen.slow as f64, "gets", None),
        tried.requests(before, None),
    ])
}

/// Every read fails by `fault` as soon as the value is there.
pub(super) fn of(tried: &Tried<'_>, fault: &Fault) -> Result<Vec<Figure>, BoxError> {
    let start = Instant::now();
    tried.warm_up()?;
    tried.upstream.strike(fault);
    let before = tried.upstream.requests();
    let asked = callers::ask(&tried.get, start, tried.scale.span);
    let seen = tried.upstream.block_on(asked)?;
    let (slowest, oldest) = (milliseconds(seen.slowest), seen.last_served.as_secs_f64());
    let limit = (tried.scale.max_age + TICK).as_secs_f64();
    Ok(vec![
        tried.requests(before, Some(10.0)),
        tried.figure("slowest get", slowest, "ms", Some(Bar::AtMost(5.0))),
        tried.figure("oldest value", oldest, "s", Some(Bar::AtMost(limit))),
        tried.figure("gets that failed", seen.errors as f64, "gets", None),
    ])
}
