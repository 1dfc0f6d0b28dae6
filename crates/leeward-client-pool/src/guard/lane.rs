use super::{
    outcome::Outcome,
    rate::{Pace, Turn},
    stats::Counters,
};
use leeward_error_taxonomy::{Category, Facts, Rejected, Stage, Verdict};
use leeward_resilience::{Admission, CircuitBreaker, CircuitState, Switch, TokioClock};
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

    /// Looks whether the circuit, if there is one, would refuse a call. A call that passes holds no place in it.
    pub(super) fn peek(&self) -> Result<(), Rejected> {
        let circuit = self.circuit();
        // One that is closed may still hold a call back, to start slowly: that is asked once, when the call is sent.
        let Some(circuit) = circuit.filter(|circuit| circuit.state() != CircuitState::Closed)
        else {
            return Ok(());
        };
        let admission = circuit
            .admit()
            .inspect_err(|_| self.counters.refused_by_circuit.count())?;
        step_aside(admission);
        Ok(())
    }

    /// Asks the circuit, if there is one.
    pub(super) fn admit(&self) -> Result<Option<Admission<TokioClock>>, Rejected> {
        let circuit = self.circuit();
        let admitted = circuit.map(CircuitBreaker::admit).transpose();
        match &admitted {
            Ok(_) => self.counters.admitted.count(),
            Err(_) => self.counters.refused_by_circuit.count(),
        }
        admitted
    }

    fn circuit(&self) -> Option<&CircuitBreaker<TokioClock>> {
        let circuit = self.circuit.as_ref();
        circuit.filter(|_| self.circuits_are_on.is_on())
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

/// Leaves the circuit as if it had never been asked.
fn step_aside(admission: Admission<TokioClock>) {
    admission.fail(&Facts::new(
        Stage::NotSent,
        Category::Rejected,
        Verdict::Final,
    ));
}
