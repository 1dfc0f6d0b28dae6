//! Many who ask at once.

use super::{Tried, milliseconds};
use crate::{BoxError, Figure, secrets::upstream::FIRST};
use std::{sync::Arc, time::Duration};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

pub(super) fn of_cold(tried: &Tried<'_>) -> Result<Vec<Figure>, BoxError> {
    let slowest = tried.upstream.block_on(ask_at_once(tried, FIRST))?;
    Ok(figures(tried, 0, slowest))
}

/// The value was there, and is `now` by the time that all ask.
pub(super) fn of_expired(tried: &Tried<'_>, now: &'static str) -> Result<Vec<Figure>, BoxError> {
    tried.warm_up()?;
    if now != FIRST {
        tried.upstream.rotate(&tried.arn, now)?;
    }
    let before = tried.upstream.requests();
    let slowest = tried.upstream.block_on(async {
        sleep(tried.scale.max_age + Duration::from_millis(50)).await;
        ask_at_once(tried, now).await
    })?;
    Ok(figures(tried, before, slowest))
}

fn figures(tried: &Tried<'_>, before: u64, slowest: Duration) -> Vec<Figure> {
    vec![
        tried.requests(before, Some(1.0)),
        tried.figure("slowest get", milliseconds(slowest), "ms", None),
    ]
}

/// How long the slowest took; all have to be given `expected`.
async fn ask_at_once(tried: &Tried<'_>, expected: &'static str) -> Result<Duration, BoxError> {
    let mut callers: JoinSet<Result<Duration, BoxError>> = JoinSet::new();
    let start = Instant::now();
    for _ in 0..tried.scale.crowd {
        let get = Arc::clone(&tried.get);
        callers.spawn(async move {
            match get().await? {
                value if value == expected => Ok(start.elapsed()),
                _ => Err("somebody was given another value than there is".into()),
            }
        });
    }
    let mut slowest = Duration::ZERO;
    while let Some(took) = callers.join_next().await {
        slowest = slowest.max(took??);
    }
    Ok(slowest)
}
