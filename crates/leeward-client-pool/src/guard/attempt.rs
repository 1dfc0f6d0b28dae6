use super::{
    lane::Lane,
    outcome::{Outcome, Spent},
    rate::Turn,
};
use leeward_error_taxonomy::{Category, Facts, Rejected, Stage, Verdict};
use leeward_resilience::{Admission, TokioClock};
use std::{
    future::{Future, ready},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
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
#[derive(Debug)]
struct Held {
    reached: Reached,
    turn: Option<Turn>,
    has_ended: bool,
}

/// How far it has come.
#[derive(Debug, Default)]
enum Reached {
    /// Our own work and our own lines, whose time is not the service's; the circuit holds no place for it.
    #[default]
    Ours,
    /// Given to an HTTP client, which may be the user's and know nothing of circuits.
    HandedOver(Instant),
    /// On its way to the service, with a place in the circuit where there is one.
    UnderWay(Instant, Option<Admission<TokioClock>>),
}

impl Attempt {
    /// Looks whether the circuit refuses what is signed and goes to an HTTP client, `begun` being when its time began.
    pub(super) fn begin(lane: Arc<Lane>, begun: Instant) -> Result<Self, Rejected> {
        lane.peek()?;
        Ok(Self(Arc::new(Inner {
            lane,
            begun,
            held: Mutex::new(Held {
                reached: Reached::HandedOver(Instant::now()),
                turn: None,
                has_ended: false,
            }),
        })))
    }

    /// The HTTP client is ours: what follows is our own time, and that of the user's layers, until it is [`before`](Self::before).
    pub(crate) fn has_arrived(&self) {
        self.held().reached = Reached::Ours;
    }

    /// Waits for the rate and then for `line`, and then asks the circuit, which so learns of no wait but that for the service.
    ///
    /// # Errors
    ///
    /// Those of the rate, of the line, and of a circuit that has opened since it was looked at. Nothing was sent.
    pub(crate) async fn before<T>(
        &self,
        line: impl Future<Output = Result<T, Rejected>>,
    ) -> Result<T, Rejected> {
        self.held().reached = Reached::Ours;
        if let Some(turn) = self.0.lane.turn().await? {
            self.held().turn = Some(turn);
        }
        let passed = line.await?;
        let admission = self.0.lane.admit()?;
        self.held().reached = Reached::UnderWay(Instant::now(), admission);
        Ok(passed)
    }

    /// The same where there is nothing to wait for; `None` if there is, in which case nothing has happened.
    pub(crate) fn before_at_once<T>(&self, passed: T) -> Option<Result<T, Rejected>> {
        let before = pin!(self.before(ready(Ok(passed))));
        match before.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(passed) => Some(passed),
            Poll::Pending => None,
        }
    }

    pub(super) fn service(&self) -> &'static str {
        self.0.lane.service()
    }

    /// How its time has been spent.
    pub(super) fn spent(&self) -> Spent {
        Spent {
            age: self.0.begun.elapsed(),
            under_way: match self.held().reached {
                Reached::Ours => None,
                Reached::HandedOver(since) | Reached::UnderWay(since, _) => Some(since.elapsed()),
            },
        }
    }

    /// Tells the circuit and the rate what came of it; later ends change nothing.
    pub(super) fn end(&self, outcome: &Outcome<'_>) {
        let mut held = self.held();
        if std::mem::replace(&mut held.has_ended, true) {
            return;
        }
        let (reached, turn) = (std::mem::take(&mut held.reached), held.turn.take());
        drop(held);
        self.0.lane.count(outcome);
        let admission = match reached {
            Reached::UnderWay(_, admission) => admission,
            Reached::HandedOver(_) if outcome.is_of_the_service() => self.0.late_admission(),
            Reached::HandedOver(_) | Reached::Ours => None,
        };
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

    /// The body of its answer failed. Of one that the SDK reads itself it has yet to give its verdict; to one that it handed on
    /// as a stream it gave a good one, which the circuit now learns to be wrong.
    pub(crate) fn broken_off(&self) {
        if !self.held().has_ended {
            return;
        }
        if let Some(admission) = self.0.late_admission() {
            admission.fail(&Facts::new(
                Stage::MaybeSent,
                Category::Network,
                Verdict::Transient,
            ));
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// A place for what is over already, so that the circuit learns of it.
    fn late_admission(&self) -> Option<Admission<TokioClock>> {
        self.lane.admit().ok().flatten()
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

#[cfg(test)]
mod tests {
    use super::super::{rate::Pace, stats::Counters};
    use super::*;
    use leeward_resilience::{
        CircuitBreaker, CircuitConfig, CircuitState, Rate, RateLimitConfig, RateLimiter, Switch,
    };
    use std::time::Duration;
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

    fn begin(lane: Arc<Lane>) -> Result<Attempt, Rejected> {
        Attempt::begin(lane, Instant::now())
    }

    #[tokio::test(start_paused = true)]
    async fn what_waits_in_our_own_lines_is_not_under_way_to_the_service() {
        let (circuit, lane) = lane(None);
        let attempt = begin(lane).unwrap();
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
        let first = begin(Arc::clone(&lane)).unwrap();
        first.before(async { Ok(()) }).await.unwrap();
        let second = begin(lane).unwrap();
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
        let attempt = begin(lane).unwrap();
        attempt.before(async { Ok(()) }).await.unwrap();
        attempt.end(&Outcome::Succeeded);
        attempt.end(&Outcome::GivenUp);
        drop(attempt);
        assert_eq!(circuit.snapshot().calls, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn what_another_http_client_sends_is_learnt_at_its_end() {
        let (circuit, lane) = lane(None);
        let attempt = begin(lane).unwrap();
        attempt.end(&Outcome::Succeeded);
        assert_eq!(circuit.snapshot().calls, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_breaks_off_is_a_failure_and_no_other_body_is_one_twice() {
        let (circuit, lane) = lane(None);
        let attempt = begin(lane).unwrap();
        attempt.before(async { Ok(()) }).await.unwrap();
        attempt.broken_off();
        assert_eq!(circuit.snapshot().calls, 0, "the SDK has yet to speak");
        attempt.end(&Outcome::Succeeded);
        attempt.broken_off();
        let snapshot = circuit.snapshot();
        assert_eq!((snapshot.calls, snapshot.failures), (2, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_at_a_circuit_takes_no_place_in_it() {
        let (circuit, lane) = lane(None);
        circuit.force_open();
        assert!(begin(Arc::clone(&lane)).is_err());
        circuit.reset();
        let silence = Facts::new(Stage::MaybeSent, Category::Network, Verdict::Transient);
        for _ in 0..5 {
            circuit.admit().unwrap().fail(&silence);
        }
        tokio::time::advance(Duration::from_secs(60)).await;
        // Any number may look; one of them probes.
        let looked = [&lane, &lane].map(|lane| begin(Arc::clone(lane)).unwrap());
        assert_eq!(circuit.snapshot().in_flight, 0);
        looked[0].before(async { Ok(()) }).await.unwrap();
        let refused = looked[1].before(async { Ok(()) }).await.unwrap_err();
        assert!(matches!(refused, Rejected::CircuitOpen { .. }));
        looked[0].end(&Outcome::Succeeded);
        assert_eq!(circuit.state(), CircuitState::Closed);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_is_dropped_leaves_no_trace() {
        let (circuit, lane) = lane(None);
        let attempt = begin(lane).unwrap();
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
