//! Callers that give up sooner than the value can be there, and ask again.

use super::{Tried, UPSTREAM, callers::CALLERS, milliseconds};
use crate::{Bar, BoxError, Figure};
use std::{sync::Arc, time::Duration};
use tokio::{
    task::JoinSet,
    time::{Instant, timeout},
};

/// How long each waits.
const PATIENCE: Duration = Duration::from_millis(50);

pub(super) fn lost(tried: &Tried<'_>) -> Result<Vec<Figure>, BoxError> {
    let first = tried.upstream.block_on(first_served(tried))?;
    // Sooner than a second fetch could have brought it.
    let bar = Bar::AtMost(1.25 * milliseconds(UPSTREAM));
    Ok(vec![
        tried.figure("value there after", milliseconds(first), "ms", Some(bar)),
        tried.requests(0, Some(1.0)),
    ])
}

/// When the first of them was given the value; the time for which all were watched if none was.
async fn first_served(tried: &Tried<'_>) -> Result<Duration, BoxError> {
    let (start, watch) = (Instant::now(), tried.scale.watch);
    let mut callers: JoinSet<Result<Duration, BoxError>> = JoinSet::new();
    for _ in 0..CALLERS {
        let get = Arc::clone(&tried.get);
        callers.spawn(async move {
            while start.elapsed() < watch {
                if let Ok(answer) = timeout(PATIENCE, get()).await {
                    answer?;
                    return Ok(start.elapsed());
                }
            }
            Ok(watch)
        });
    }
    let mut first = watch;
    while let Some(served) = callers.join_next().await {
        first = first.min(served??);
    }
    Ok(first)
}
