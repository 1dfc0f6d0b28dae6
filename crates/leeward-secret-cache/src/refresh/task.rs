use super::Landing;
use crate::{
    SecretError,
    cache::Inner,
    clock::Moment,
    slot::{self, Failing, Slot},
    stats::count,
    upstream::Fetched,
};
use std::time::Duration;
use tokio::time::{sleep, timeout};
use tracing::Instrument;

/// How often a secret is asked for, of which nothing is there and for which somebody waits.
const COLD_ATTEMPTS: u32 = 3;

/// Fetches in a task of its own.
pub(super) fn spawn(landing: Landing) {
    let inner = landing.inner().clone();
    inner.tasks.spawn(async move {
        let span = tracing::debug_span!("fetch_secret", secret = ?landing.slot().key());
        let fetched = landing.while_wanted(fetch_in_time(&landing));
        match fetched.instrument(span).await {
            Some((outcome, began)) => landing.land(outcome, began),
            None => landing.abandon(),
        }
    });
}

/// What a fetch came to, and when it began.
type Outcome = (Result<Fetched, SecretError>, Moment);

async fn fetch_in_time(landing: &Landing) -> Outcome {
    let inner = landing.inner();
    let fetched = timeout(inner.fetch_timeout, fetch(landing)).await;
    fetched.unwrap_or_else(|_| {
        let error = SecretError::unanswered(landing.slot().key(), inner.fetch_timeout);
        (Err(error), landing.started())
    })
}

/// Asks once for what is there, and a few times for what is not: then callers wait for it.
async fn fetch(landing: &Landing) -> Outcome {
    let (inner, slot) = (landing.inner(), landing.slot());
    let is_cold = slot.is_cold(&slot.state());
    let mut failing: Option<Failing> = None;
    loop {
        let (outcome, began) = attempt(landing).await;
        if slot::is_lost(began, inner.clocks.now(), inner.fetch_timeout) {
            // What it says is from before the machine slept.
            continue;
        }
        let tries = failing.as_ref().map_or(0, |failing| failing.count) + 1;
        match outcome {
            Err(error) if is_cold && error.kind().is_transient() && tries < COLD_ATTEMPTS => {
                let now = inner.clocks.now();
                let next = Failing::after(failing.as_ref(), error, now, inner.jitter());
                let pause = now.until(next.next_try);
                failing = Some(next);
                sleep(Duration::from_nanos(pause)).await;
            }
            outcome => return (outcome, began),
        }
    }
}

/// Asks once, when it is its turn.
async fn attempt(landing: &Landing) -> Outcome {
    let (inner, slot) = (landing.inner(), landing.slot());
    // Never closed.
    let _call = slot.calls().acquire().await;
    let turn = landing.turn().await;
    landing.calls();
    turn.call(async {
        let described = inner.clocks.now();
        if let Some(unmoved) = describe(inner, slot, described).await {
            return (Ok(unmoved), described);
        }
        let began = inner.clocks.now();
        (inner.upstream.fetch(slot.key().clone()).await, began)
    })
    .await
}

/// The value that is there, if it may be and is found to be the version that is asked for still.
///
/// Not of one that may not be served, for which somebody waits; nor while fetches fail, so that what a description does not tell is not
/// asked twice each time.
async fn describe(inner: &Inner, slot: &Slot, now: Moment) -> Option<Fetched> {
    let entry = slot.entry().load_full()?;
    let may_describe = inner
        .freshness(slot, &entry.secret)
        .may_describe(now.since(entry.verified));
    if !may_describe || !entry.is_served(now) || slot.state().failing.is_some() {
        return None;
    }
    match inner.upstream.describe(slot.key().clone()).await {
        Ok(described) if described.is_unmoved(slot.key().as_ref(), &entry.secret) => {
            count(&inner.counts.descriptions);
            Some(Fetched::unmoved(&entry))
        }
        Ok(_) => None,
        Err(error) => {
            // Its value, which is asked for next, has the last word.
            tracing::debug!(secret = ?slot.key(), "secret not described: {error}; {}", error.advice());
            None
        }
    }
}
