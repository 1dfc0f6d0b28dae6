use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{Arc, Weak},
    task::Poll,
    time::Duration,
};

use fastrand::Rng;
use leeward_error_taxonomy::Category;
use leeward_resilience::{CircuitState, Clock, Ratio};
use tokio::{runtime::Handle, sync::watch, time::sleep};
use tracing::debug;

use super::{
    CheckResult, HealthCheck, Last, Records,
    check::{Complaint, Schedule},
    pace::Pace,
    round::{self, Round, is_left},
};
use crate::{meter::Count, roster::Roster};

/// Begins to check every Region, each in a task of its own, until the router is gone or has been shut down.
pub(super) fn begin<S, C>(roster: &Arc<Roster<S, C>>, check: &HealthCheck<S>, runtime: &Handle)
where
    S: Clone + Send + 'static,
    C: Clock,
{
    let records = roster
        .checks
        .get_or_init(|| Records::new(roster.ground.sites.len()));
    let mut random = match check.schedule.seed {
        Some(seed) => Rng::with_seed(seed),
        None => Rng::new(),
    };
    for at in 0..roster.ground.sites.len() {
        let task = Task {
            roster: Arc::downgrade(roster),
            at,
            check: check.clone(),
            pace: Pace::default(),
            random: random.fork(),
            told: Vec::new(),
            ended: 0,
            is_idle: false,
        };
        runtime.spawn(task.run(records.stop()));
    }
}

/// The checks of one Region. It keeps the router from nothing: between checks, and while one is on its way, it knows the
/// router only as long as somebody else does.
struct Task<S, C: Clock> {
    roster: Weak<Roster<S, C>>,
    at: usize,
    check: HealthCheck<S>,
    pace: Pace,
    random: Rng,
    // What was warned of.
    told: Vec<Category>,
    // How many calls had ended at the check before.
    ended: u64,
    is_idle: bool,
}

impl<S, C> Task<S, C>
where
    S: Clone + Send + 'static,
    C: Clock,
{
    async fn run(mut self, mut stop: watch::Receiver<()>) {
        let mut pause = times(self.check.schedule.interval, self.random.f64());
        while unless_stopped(&mut stop, self.rest(pause)).await.is_some() {
            let Some(roster) = self.roster.upgrade() else {
                return;
            };
            let (ground, site) = (&roster.ground, &roster.ground.sites[self.at]);
            let round = Round::begin(roster.member(self.at), ground.clock.now());
            let region = site.region.clone();
            let service = site.service(&ground.maker);
            drop(roster);

            let router = self.roster.clone();
            let asking = round::ask(router, self.at, region, &self.check, service);
            let Some(answer) = unless_stopped(&mut stop, asking).await else {
                return;
            };
            let Some(roster) = self.roster.upgrade() else {
                return;
            };
            pause = self.learn(&roster, round, answer.err());
        }
    }

    /// Waits for the next check; of a router that is idle no longer than until it is called again.
    async fn rest(&self, pause: Duration) {
        let mut left = pause;
        while self.is_idle && left > self.check.schedule.interval {
            sleep(self.check.schedule.interval).await;
            left -= self.check.schedule.interval;
            match self.roster.upgrade() {
                Some(roster) if self.ended == ended(&roster) && !is_astir(&roster) => {}
                _ => return,
            }
        }
        sleep(left).await;
    }

    /// Draws the conclusions of a check; gives the pause before the next.
    fn learn(
        &mut self,
        roster: &Roster<S, C>,
        round: Round<C>,
        complaint: Option<Complaint>,
    ) -> Duration {
        let circuit = &roster.member(self.at).circuit;
        let region = &roster.ground.sites[self.at].region;
        let now = roster.ground.clock.now();
        let latency = now.since(round.began);
        let shown = complaint
            .as_ref()
            .map_or(CheckResult::Good, |complaint| complaint.result);
        let result = self.pace.judge(shown, latency, round.is_left);
        round.tell(circuit, result);
        self.warn_of(roster, result, complaint.as_ref());

        let pause = self.pause(roster, result);
        let records = roster
            .checks
            .get()
            .expect("there since before the first check");
        if holds_back(result) && is_left(circuit) {
            let Schedule {
                interval, timeout, ..
            } = self.check.schedule;
            // Until the next check but one is overdue.
            records.hold(self.at, now + pause + interval + timeout + timeout);
        } else {
            records.lift(self.at);
        }
        debug!(target: "leeward::router", %region, result = result.as_str(), ?latency, "health check");
        let failure = complaint
            .as_ref()
            .map(|complaint| complaint.failure.clone());
        let last = Last {
            result,
            ended_at: now,
            latency,
            complaint: complaint.map(|complaint| (complaint.failure, complaint.advice)),
            last_failure: None,
            next_at: now + pause,
            checks: 0,
            failed: 0,
        };
        let before = records.note(self.at, last);
        if before != Some(result) {
            roster.pulse.beat();
            let observers = &roster.ground.observers;
            observers.health_changed(region, before, result, failure);
        }
        pause
    }

    /// A check should not fail, not even by an answer.
    fn warn_of(
        &mut self,
        roster: &Roster<S, C>,
        result: CheckResult,
        complaint: Option<&Complaint>,
    ) {
        let Some(Complaint {
            failure, advice, ..
        }) = complaint
        else {
            return;
        };
        let category = failure.category();
        if result == CheckResult::Failed || self.told.contains(&category) {
            return;
        }
        self.told.push(category);
        let region = &roster.ground.sites[self.at].region;
        let observers = &roster.ground.observers;
        observers.check_refused(region, failure, advice);
    }

    /// How long until the next check: such that it comes when the circuit is due for a probe, if that is soon.
    fn pause(&mut self, roster: &Roster<S, C>, result: CheckResult) -> Duration {
        let Schedule {
            interval,
            idle_interval,
            jitter,
            ..
        } = self.check.schedule;
        let circuit = &roster.member(self.at).circuit;
        if is_left(circuit)
            && let Some(due) = circuit.snapshot().next_probe
            && due <= interval
        {
            // The circuit has jitter of its own.
            self.is_idle = false;
            return due.max(interval / 4);
        }
        let ended = ended(roster);
        let is_idle = ended == std::mem::replace(&mut self.ended, ended) && !is_astir(roster);
        let is_well = result.is_alive() || result == CheckResult::Inconclusive;
        self.is_idle = is_well && is_idle;
        let interval = if self.is_idle {
            idle_interval
        } else {
            interval
        };
        let jitter = jitter.millionths() as f64 / Ratio::percent(100).millionths() as f64;
        times(interval, 1.0 - jitter + 2.0 * jitter * self.random.f64())
    }
}

/// So many times as long, and no longer than there is time.
fn times(time: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(time.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

/// Whether calls had better leave the probing to the checks. A slow Region answers, and it is for calls to find out whether it
/// is quick enough for them; what is inconclusive says nothing at all.
fn holds_back(result: CheckResult) -> bool {
    result.is_alive() || result == CheckResult::Failed
}

/// How many attempts the router has ended, for whatever reason.
fn ended<S, C: Clock>(roster: &Roster<S, C>) -> u64 {
    let ended = roster.known().map(|member| {
        let meter = &member.meter;
        let counts = [&meter.failures, &meter.other_errors, &meter.overtaken];
        meter.successes() + counts.map(Count::get).iter().sum::<u64>()
    });
    ended.sum()
}

/// Whether a Region needs to be watched for its return, or a call is on its way.
fn is_astir<S, C: Clock>(roster: &Roster<S, C>) -> bool {
    roster.known().any(|member| {
        let circuit = member.circuit.snapshot();
        circuit.state != CircuitState::Closed || circuit.in_flight > 0
    })
}

/// `None` if the checks are to end, in which case the work is dropped.
async fn unless_stopped<F: Future>(stop: &mut watch::Receiver<()>, work: F) -> Option<F::Output> {
    let mut stopped = pin!(stop.changed());
    let mut work = pin!(work);
    let first = poll_fn(|cx| match stopped.as_mut().poll(cx) {
        Poll::Ready(_) => Poll::Ready(None),
        Poll::Pending => work.as_mut().poll(cx).map(Some),
    });
    first.await
}
