use super::{lane::Lane, outcome::Outcome, rate::Turn};
use leeward_error_taxonomy::{Category, Facts, Rejected, Stage, Verdict};
use leeward_resilience::{Admission, TokioClock};
use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};
use tokio::time::Instant;

/// An attempt of a guarded client: admitted by the circuit, and let through by the rate once its turn has come.
///
/// The interceptor begins and ends it, the HTTP stack takes it through its waits. When all have dropped it without an end, its
/// caller has given up.
#[derive(Clone, Debug)]
pub(crate) struct Attempt(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    lane: Arc<Lane>,
    begun: Instant,
    held: Mutex<Held>,
}

/// What it holds until it ends.
#[derive(Debug, Default)]
struct Held {
    // None while it waits, so that a wait of ours is not taken for the service's; and where there is no circuit.
    admission: Option<Admission<TokioClock>>,
    turn: Option<Turn>,
    has_ended: bool,
}

impl Attempt {
    /// Asks the circuit.
    pub(super) fn begin(lane: Arc<Lane>) -> Result<Self, Rejected> {
        let admission = lane.admit()?;
        let held = Held {
            admission,
            ..Held::default()
        };
        Ok(Self(Arc::new(Inner {
            lane,
            begun: Instant::now(),
            held: Mutex::new(held),
        })))
    }

    /// Waits for the rate and then for `line`, without holding a place in the circuit meanwhile.
    ///
    /// # Errors
    ///
    /// Those of the rate, of the line, and of a circuit that has opened since. Nothing was sent.
    pub(crate) async fn before<T>(
        &self,
        line: impl Future<Output = Result<T, Rejected>>,
    ) -> Result<T, Rejected> {
        let mut turn = pin!(async {
            if let Some(turn) = self.0.lane.turn().await? {
                self.held().turn = Some(turn);
            }
            line.await
        });
        let at_once = poll_fn(|cx| Poll::Ready(turn.as_mut().poll(cx))).await;
        if let Poll::Ready(done) = at_once {
            return done;
        }
        let admission = self.held().admission.take();
        let is_guarded = admission.is_some();
        if let Some(admission) = admission {
            step_aside(admission);
        }
        let done = turn.await?;
        if is_guarded {
            let admission = self.0.lane.admit()?;
            self.held().admission = admission;
        }
        Ok(done)
    }

    /// How long it has been since it began, waits included.
    pub(super) fn age(&self) -> Duration {
        self.0.begun.elapsed()
    }

    pub(super) fn service(&self) -> &'static str {
        self.0.lane.service()
    }

    /// Tells the circuit and the rate what came of it; later ends change nothing.
    pub(super) fn end(&self, outcome: &Outcome<'_>) {
        let mut held = self.held();
        if std::mem::replace(&mut held.has_ended, true) {
            return;
        }
        let (admission, turn) = (held.admission.take(), held.turn.take());
        drop(held);
        self.0.lane.count(outcome);
        if let Some(admission) = admission {
            match outcome {
                Outcome::Succeeded => admission.succeed(),
                Outcome::Failed(facts) => admission.fail(facts),
                Outcome::GivenUp => admission.give_up(),
            }
        }
        if let Some(turn) = turn {
            match outcome {
                Outcome::Succeeded => turn.answered(),
                Outcome::Failed(facts) if facts.stage != Stage::Answered => {}
                Outcome::Failed(facts) if facts.verdict == Verdict::Throttled => {
                    turn.throttled(facts.retry_after);
                }
                Outcome::Failed(_) => turn.answered(),
                Outcome::GivenUp => {}
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let held = self.held.get_mut().unwrap_or_else(PoisonError::into_inner);
        if !held.has_ended {
            // The admission says so to the circuit when it goes.
            self.lane.count(&Outcome::GivenUp);
        }
    }
}

/// Leaves the circuit as if it had never been asked.
fn step_aside(admission: Admission<TokioClock>) {
    admission.fail(&Facts::new(
        Stage::NotSent,
        Category::Rejected,
        Verdict::Final,
    ));
}

#[cfg(test)]
mod tests {
    use super::super::{rate::Pace, stats::Counters};
    use super::*;
    use leeward_resilience::{
        CircuitBreaker, CircuitConfig, Rate, RateLimitConfig, RateLimiter, Switch,
    };
    use tokio::{sync::oneshot, time::timeout};

    fn lane(rate: Option<RateLimitConfig>) -> (CircuitBreaker<TokioClock>, Arc<Lane>) {
        let clock = TokioClock::new();
        let circuit = CircuitBreaker::with_clock(CircuitConfig::new(), clock.clone());
        let pace = |rate| Pace::new(RateLimiter::with_clock(rate, clock.clone()), Switch::new());
        let lane = Lane::new(
            "kms",
            Some(circuit.clone()),
            Switch::new(),
            rate.map(pace),
            Arc::new(Counters::default()),
        );
        (circuit, Arc::new(lane))
    }

    #[tokio::test(start_paused = true)]
    async fn what_waits_in_our_own_lines_is_not_under_way_to_the_service() {
        let (circuit, lane) = lane(None);
        let attempt = Attempt::begin(lane).unwrap();
        assert_eq!(circuit.snapshot().in_flight, 1);
        let (turn, line) = oneshot::channel();
        let mut waits =
            Box::pin(attempt.before(async { line.await.map_err(Rejected::unavailable) }));
        timeout(Duration::from_secs(60), waits.as_mut())
            .await
            .unwrap_err();
        assert_eq!(circuit.snapshot().in_flight, 0);
        turn.send(()).unwrap();
        waits.as_mut().await.unwrap();
        assert_eq!(circuit.snapshot().in_flight, 1);
        drop(waits);
        attempt.end(&Outcome::Succeeded);
        let snapshot = circuit.snapshot();
        assert_eq!(
            (snapshot.in_flight, snapshot.calls, snapshot.slow),
            (0, 1, 0)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_is_refused_when_the_circuit_opens_while_it_waits() {
        let rate = RateLimitConfig::fixed(Rate::per_second(1).with_burst(1));
        let (circuit, lane) = lane(Some(rate));
        let first = Attempt::begin(Arc::clone(&lane)).unwrap();
        first.before(async { Ok(()) }).await.unwrap();
        let second = Attempt::begin(lane).unwrap();
        let mut waits = Box::pin(second.before(async { Ok(()) }));
        timeout(Duration::from_millis(1), waits.as_mut())
            .await
            .unwrap_err();
        circuit.force_open();
        let refused = waits.await.unwrap_err();
        assert!(matches!(refused, Rejected::CircuitOpen { .. }));
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_end_changes_nothing() {
        let (circuit, lane) = lane(None);
        let attempt = Attempt::begin(lane).unwrap();
        attempt.end(&Outcome::Succeeded);
        attempt.end(&Outcome::GivenUp);
        drop(attempt);
        assert_eq!(circuit.snapshot().calls, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_is_dropped_leaves_no_trace() {
        let (circuit, lane) = lane(None);
        let attempt = Attempt::begin(lane).unwrap();
        let waits = attempt.before(std::future::pending::<Result<(), _>>());
        timeout(Duration::from_secs(60), waits).await.unwrap_err();
        drop(attempt);
        let snapshot = circuit.snapshot();
        assert_eq!(
            (snapshot.in_flight, snapshot.calls, snapshot.failures),
            (0, 0, 0)
        );
    }
}
