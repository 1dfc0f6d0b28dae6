//! How a value is fetched: one flight for all who want it, which goes on without them.

mod landing;
mod line;
mod loudness;
mod renew;
mod sweep;
mod task;

pub(crate) use line::Line;
pub(crate) use loudness::Loudness;
pub(crate) use renew::renew;
pub(crate) use sweep::sweep;

use crate::{
    Secret, SecretError,
    cache::Inner,
    clock::Moment,
    freshness::Course,
    id::Flaw,
    slot::{Entry, Flight, Landed, Slot, State, Step},
    stats::count,
    upstream::Fetched,
};
use landing::Landing;
use std::{
    mem,
    sync::{Arc, MutexGuard},
    time::Duration,
};

/// How long after it could have been tried again an error still tells how things are, in nanoseconds.
const RECENT: u64 = 5_000_000_000;

/// What there is for somebody who asks.
pub(crate) enum Answer {
    Have(Landed),
    Wait(Arc<Slot>, Flight),
}

impl Answer {
    /// Waits for what there is not yet.
    pub(crate) async fn landed(self, inner: &Arc<Inner>) -> Landed {
        match self {
            Self::Have(landed) => landed,
            Self::Wait(slot, flight) => wait(inner, slot, flight).await,
        }
    }

    /// What there is without waiting.
    pub(crate) fn at_once(self) -> Option<Arc<Secret>> {
        match self {
            Self::Have(landed) => landed.ok(),
            Self::Wait(..) => None,
        }
    }
}

/// Serves what is there and may be served, if it is what was asked for.
#[inline]
pub(crate) fn at_hand(
    inner: &Arc<Inner>,
    slot: &Arc<Slot>,
    now: Moment,
    is_it: impl Fn(&Secret) -> bool,
) -> Option<Arc<Secret>> {
    slot.touch(now);
    let entry = slot.entry().load();
    let entry = entry.as_ref().filter(|entry| is_it(&entry.secret))?;
    match entry.course(now) {
        Course::Serve => {}
        Course::Refresh if slot.is_quiet(now) => {}
        Course::Refresh => begin_by_the_side(inner, slot, slot.state(), now),
        Course::Outlast | Course::Discard => return None,
    }
    inner.counts.hit(|| entry.age(now));
    Some(entry.share())
}

/// Serves, waits or refuses where nothing was at hand a moment ago.
pub(crate) fn look_closer(inner: &Arc<Inner>, slot: &Arc<Slot>, now: Moment) -> Answer {
    slot.touch(now);
    let state = slot.state();
    // What has landed meanwhile.
    let entry = slot.entry().load_full();
    let believed = entry.as_ref().map(|entry| match entry.course(now) {
        // Nobody waits for what may be served: an outage is taken to go on for as long as a value is served without one.
        Course::Outlast => entry.limits.over.max(RECENT),
        _ => RECENT,
    });
    let believed = believed.or_else(|| state.was_over.then_some(RECENT));
    if let Some(entry) = entry.filter(|entry| entry.is_served(now)) {
        inner.counts.hit(|| entry.age(now));
        if entry.course(now) == Course::Refresh {
            begin_by_the_side(inner, slot, state, now);
        }
        return Answer::Have(Ok(entry.secret.clone()));
    }
    if inner.tasks.has_ended() {
        return Answer::Have(Err(SecretError::shut_down(slot.key())));
    }
    let refused = |error| match outlast(inner, slot, &error, now) {
        Some(entry) => {
            inner.counts.hit(|| entry.age(now));
            Answer::Have(Ok(entry.share()))
        }
        None => {
            count(&inner.counts.refusals);
            Answer::Have(Err(error))
        }
    };
    match state.step(now, believed) {
        Step::Join(flight) => {
            count(&inner.counts.joins);
            Answer::Wait(slot.clone(), flight)
        }
        Step::Refuse(error) => {
            drop(state);
            refused(error)
        }
        Step::Begin => match begin(inner, slot, state) {
            Ok(flight) => {
                count(&inner.counts.misses);
                Answer::Wait(slot.clone(), flight)
            }
            Err(error) => Answer::Have(Err(error)),
        },
        Step::BeginAndRefuse(error) => {
            begin_and_leave(inner, slot, state);
            refused(error)
        }
    }
}

/// Lands what a call for several secrets brought of this one, as a flight would that began at `began`, when the slot had that generation.
/// Who waits for a flight goes on waiting for it.
pub(crate) fn land_besides(
    inner: &Arc<Inner>,
    slot: &Arc<Slot>,
    generation: u64,
    outcome: Result<Fetched, SecretError>,
    began: Moment,
) {
    Landing::besides(inner.clone(), slot.clone(), generation, began).land(outcome, began);
}

/// Waits for a flight; who goes away meanwhile does not end it.
async fn wait(inner: &Arc<Inner>, slot: Arc<Slot>, flight: Flight) -> Landed {
    let landed = flight.landed().await;
    let landed = landed.unwrap_or_else(|| Err(SecretError::interrupted(slot.key())));
    landed.or_else(|error| {
        let now = inner.clocks.now();
        let outlasting = outlast(inner, &slot, &error, now);
        outlasting.map(|entry| entry.share()).ok_or(error)
    })
}

/// Begins a flight for what goes on being served meanwhile, unless one is under way, it is too early after a failure, or the cache was
/// shut down.
pub(crate) fn begin_by_the_side(
    inner: &Arc<Inner>,
    slot: &Arc<Slot>,
    state: MutexGuard<'_, State>,
    now: Moment,
) {
    if state.may_refresh(now) && !inner.tasks.has_ended() {
        begin_and_leave(inner, slot, state);
    }
}

/// Begins a flight that nobody waits for.
pub(crate) fn begin_and_leave(inner: &Arc<Inner>, slot: &Arc<Slot>, state: MutexGuard<'_, State>) {
    // If it is refused somebody will ask again.
    let _ = begin(inner, slot, state);
}

/// Begins a flight, unless no secret can be called so, or nothing is there and too many wait of which nothing is.
///
/// The state is let go of before it is spawned, since a runtime that has ended lands it at once.
pub(crate) fn begin(
    inner: &Arc<Inner>,
    slot: &Arc<Slot>,
    mut state: MutexGuard<'_, State>,
) -> Result<Flight, SecretError> {
    if let Some(flaw) = slot.key().as_ref().flaw() {
        return Err(flawed(inner, slot, state, flaw));
    }
    let is_new = !slot.is_aside() && slot.is_cold(&state);
    let place = is_new.then(|| inner.line.enter());
    if let Some(None) = place {
        drop(state);
        return Err(crowded(inner, slot));
    }
    let now = inner.clocks.now();
    let (sender, flight) = Flight::begin(now, inner.fetch_timeout);
    state.take_off(flight.clone(), now);
    slot.be_quiet_until(flight.lands_by());
    let landing = Landing::new(inner.clone(), slot.clone(), state.begun, sender);
    drop(state);
    task::spawn(landing.with_place(place.flatten()));
    Ok(flight)
}

/// Refuses what is not even asked for; who holds on to the slot finds that noted there.
fn flawed(inner: &Inner, slot: &Slot, mut state: MutexGuard<'_, State>, flaw: Flaw) -> SecretError {
    let error = SecretError::flawed(slot.key(), flaw);
    let now = inner.clocks.now();
    let is_news = state.failing.is_none();
    state.fails(error.clone(), now, inner.jitter());
    drop(state);
    count(&inner.counts.refusals);
    if is_news {
        tell_unasked(inner, slot, &error, now);
    }
    error
}

fn crowded(inner: &Inner, slot: &Slot) -> SecretError {
    count(&inner.counts.sheds);
    let error = SecretError::crowded(slot.key(), inner.line.len());
    tell_unasked(inner, slot, &error, inner.clocks.now());
    error
}

/// Tells what is not even asked for, now and then.
fn tell_unasked(inner: &Inner, slot: &Slot, error: &SecretError, now: Moment) {
    if inner.loudness.admits(now) {
        tracing::warn!(secret = ?slot.key(), "not fetched: {error}; {}", error.advice());
    }
}

/// The value that is over, if it may outlast the outage that `error` tells of.
fn outlast(inner: &Inner, slot: &Slot, error: &SecretError, now: Moment) -> Option<Arc<Entry>> {
    if !error.kind().is_transient() {
        return None;
    }
    let entry = slot.entry().load_full()?;
    match entry.course(now) {
        Course::Discard => return None,
        Course::Outlast => {
            count(&inner.counts.stale_serves);
            tell_of_outage(slot, error, entry.age(now));
        }
        Course::Serve | Course::Refresh => {}
    }
    Some(entry)
}

/// Tells that a value outlasts an outage, once for each outage. Not to be called under the lock of the state.
fn tell_of_outage(slot: &Slot, error: &SecretError, age: u64) {
    let mut state = slot.state();
    let failing = state.failing.as_mut();
    let was_told = failing.is_none_or(|failing| mem::replace(&mut failing.is_outlasted, true));
    drop(state);
    if !was_told {
        let age = Duration::from_nanos(age);
        tracing::warn!(
            secret = ?slot.key(),
            ?age,
            "the value is served although it is over, since Secrets Manager does not answer: {error}; {}",
            error.advice()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GetSecretValue, SecretCache, SecretRef, ValuesOnly};
    use aws_sdk_secretsmanager::operation::get_secret_value::{
        GetSecretValueError, GetSecretValueOutput,
    };
    use leeward_client_pool::Failed;
    use std::num::NonZeroUsize;
    use tower::service_fn;

    const ARN: &str = "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-a1b2c3";

    #[tokio::test]
    async fn what_lands_where_it_had_to_go_from_is_not_kept() {
        let answer = service_fn(async |_: GetSecretValue| {
            let output = GetSecretValueOutput::builder().arn(ARN).name("db");
            let output = output.version_id("1").secret_string("hunter2").build();
            Ok::<_, Failed<GetSecretValueError>>(output)
        });
        let builder = SecretCache::builder(ValuesOnly::new(answer));
        let cache = builder.with_capacity(NonZeroUsize::MIN).build().unwrap();
        let inner = cache.inner();
        let slot = inner.slot(SecretRef::new("db"));
        // It goes after somebody has found it, and before he has it fetched.
        inner.slot(SecretRef::new("other"));
        let answer = look_closer(inner, &slot, inner.clocks.now());
        assert_eq!(answer.landed(inner).await.unwrap().name(), "db");
        assert!(slot.entry().load().is_none());
        assert!(inner.table.with(SecretRef::new(ARN), |_| ()).is_none());
    }
}
