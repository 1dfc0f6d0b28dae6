use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Weak,
    task::Poll,
    time::Duration,
};

use leeward_error_taxonomy::{Category, Classify, Facts, Region, Rejected, Stage, Verdict};
use leeward_resilience::{Admission, CircuitBreaker, CircuitState, Clock, Timestamp, deadline};
use tokio::time::{Instant, timeout_at};

use super::{CheckResult, HealthCheck, check::Complaint};
use crate::{making::Making, member::Member, roster::Roster, site::Kept};

/// When the time of a check ends that is given more than a clock can tell.
const FAR: Duration = Duration::from_secs(86_400 * 365 * 30);

/// One check of one Region, from the lease of the circuit to what the circuit hears of it.
pub(super) struct Round<C: Clock> {
    pub(super) began: Timestamp,
    /// Whether the circuit was open, or half-open.
    pub(super) is_left: bool,
    probe: Option<Admission<C>>,
}

impl<C: Clock> Round<C> {
    /// Begins a check at `now`; as the probe of the circuit, if it is open and due for one.
    pub(super) fn begin(member: &Member<C>, now: Timestamp) -> Self {
        let is_left = is_left(&member.circuit);
        let probe = if is_left {
            member.circuit.admit_at(now).ok()
        } else {
            None
        };
        if probe.as_ref().is_some_and(Admission::is_probe) {
            member.meter.probes.add();
        }
        Self {
            began: now,
            is_left,
            probe,
        }
    }

    /// Tells the circuit. A failure is evidence; what is good is none, save for a probe.
    pub(super) fn tell(self, circuit: &CircuitBreaker<C>, result: CheckResult) {
        let outage = Facts::new(
            Stage::Answered,
            Category::ServiceUnavailable,
            Verdict::Transient,
        );
        match (result, self.probe) {
            (CheckResult::Failed, Some(probe)) => probe.fail(&outage),
            // Admitted only now, so that its age says nothing.
            (CheckResult::Failed, None) if circuit.state() == CircuitState::Closed => {
                if let Ok(admission) = circuit.admit() {
                    admission.fail(&outage);
                }
            }
            // Without an age, since the latency of a check is none of a call.
            (alive, Some(probe)) if alive.is_alive() => {
                probe.succeed_at(self.began);
            }
            // The refusal of a layer is no evidence: the lease is given back, for a call to try.
            (_, Some(probe)) => probe.fail(&Rejected::LimiterFull.facts()),
            (_, None) => {}
        }
    }
}

/// Whether calls are kept from the Region until it has been probed.
pub(super) fn is_left<C: Clock>(circuit: &CircuitBreaker<C>) -> bool {
    matches!(circuit.state(), CircuitState::Open | CircuitState::HalfOpen)
}

/// Asks a Region how it is; its service is made if need be.
///
/// It holds on to the router only for as long as it takes to put a service away that was made.
pub(super) async fn ask<S, C>(
    roster: Weak<Roster<S, C>>,
    at: usize,
    region: Region,
    check: &HealthCheck<S>,
    service: Result<Kept<S>, Making<S>>,
) -> Result<(), Complaint>
where
    S: Clone,
    C: Clock,
{
    let timeout = check.schedule.timeout;
    let now = Instant::now();
    let end = now.checked_add(timeout).unwrap_or(now + FAR);
    let asking = unless_it_panics(async {
        let Kept { service, number } = match service {
            Ok(kept) => kept,
            Err(mut making) => {
                let ended = (&mut making).await;
                let Some(roster) = roster.upgrade() else {
                    return Ok(());
                };
                let settled = roster.ground.sites[at].settle(making.number, ended);
                settled.map_err(|refusal| Complaint::of(&refusal.facts()))?
            }
        };
        let answer = (check.ask)(service, region).await;
        if let Err(complaint) = &answer
            && complaint.is_of_readiness
            && let Some(roster) = roster.upgrade()
        {
            roster.ground.sites[at].discard(number);
        }
        answer
    });
    match deadline::until(end, timeout_at(end, asking)).await {
        Ok(answer) => answer,
        Err(_) => Err(Complaint::of(
            &Rejected::AttemptTimedOut { timeout }.facts(),
        )),
    }
}

/// A check that panics must not be the last one.
async fn unless_it_panics(
    asking: impl Future<Output = Result<(), Complaint>>,
) -> Result<(), Complaint> {
    let mut asking = pin!(asking);
    let answer = poll_fn(
        |cx| match catch_unwind(AssertUnwindSafe(|| asking.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(answer)) => Poll::Ready(Some(answer)),
            Err(_) => Poll::Ready(None),
        },
    );
    answer.await.unwrap_or_else(|| {
        let mut facts = Facts::new(Stage::MaybeSent, Category::Internal, Verdict::Final);
        facts.message = Some("the health check panicked");
        Err(Complaint::of(&facts))
    })
}
