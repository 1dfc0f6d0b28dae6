use super::{
    outcome::Outcome,
    rate::{Pace, Turn},
    stats::Counters,
};
use leeward_error_taxonomy::{Rejected, Verdict};
use leeward_resilience::{Admission, CircuitBreaker, Switch, TokioClock};
use std::sync::Arc;

/// The circuit and the rate of one client's service and Region, found when the client is made.
#[derive(Debug)]
pub(super) struct Lane {
    service: &'static str,
    circuit: Option<CircuitBreaker<TokioClock>>,
    circuits_are_on: Switch,
    pace: Option<Pace>,
    counters: Arc<Counters>,
}

impl Lane {
    pub(super) const fn new(
        service: &'static str,
        circuit: Option<CircuitBreaker<TokioClock>>,
        circuits_are_on: Switch,
        pace: Option<Pace>,
        counters: Arc<Counters>,
    ) -> Self {
        Self {
            service,
            circuit,
            circuits_are_on,
            pace,
            counters,
        }
    }

    pub(super) const fn service(&self) -> &'static str {
        self.service
    }

    /// Asks the circuit, if there is one.
    pub(super) fn admit(&self) -> Result<Option<Admission<TokioClock>>, Rejected> {
        let circuit = self
            .circuit
            .as_ref()
            .filter(|_| self.circuits_are_on.is_on());
        let admitted = circuit.map(CircuitBreaker::admit).transpose();
        match &admitted {
            Ok(_) => self.counters.admitted.count(),
            Err(_) => self.counters.refused_by_circuit.count(),
        }
        admitted
    }

    /// Waits for the rate, if there is one.
    pub(super) async fn turn(&self) -> Result<Option<Turn>, Rejected> {
        let Some(pace) = &self.pace else {
            return Ok(None);
        };
        let turn = pace.turn().await;
        if turn.is_err() {
            self.counters.refused_by_rate.count();
        }
        turn.map(Some)
    }

    pub(super) fn count(&self, outcome: &Outcome<'_>) {
        let counter = match outcome {
            Outcome::Succeeded => &self.counters.succeeded,
            Outcome::Failed(facts) if facts.rejected.is_some() => return,
            Outcome::Failed(facts) if facts.verdict == Verdict::Throttled => {
                &self.counters.throttled
            }
            Outcome::Failed(_) => &self.counters.failed,
            Outcome::GivenUp => &self.counters.dropped,
        };
        counter.count();
    }
}
