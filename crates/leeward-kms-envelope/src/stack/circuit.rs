use leeward_resilience::{CircuitConfig, Ratio};
use std::time::Duration;

/// How the circuits of a stack are to be.
#[derive(Default)]
pub(super) struct Circuit {
    // What the stack has by default, without one.
    own: Option<CircuitConfig>,
    changes: Vec<Change>,
}

type Change = Box<dyn FnOnce(CircuitConfig) -> CircuitConfig + Send>;

impl Circuit {
    pub(super) const fn own(circuit: CircuitConfig) -> Self {
        Self {
            own: Some(circuit),
            changes: Vec::new(),
        }
    }

    pub(super) fn changed(
        mut self,
        change: impl FnOnce(CircuitConfig) -> CircuitConfig + Send + 'static,
    ) -> Self {
        self.changes.push(Box::new(change));
        self
    }

    pub(super) fn fit_to(self, attempt_timeout: Duration) -> CircuitConfig {
        let circuit = self.own.unwrap_or_else(|| rare_calls(attempt_timeout));
        let changes = self.changes.into_iter();
        changes.fold(circuit, |circuit, change| change(circuit))
    }
}

/// A circuit for calls that are few; see the table of [`KmsStack`].
const fn rare_calls(attempt_timeout: Duration) -> CircuitConfig {
    CircuitConfig::new()
        .with_consecutive_failures(3)
        .with_failure_rate(Ratio::percent(25), 20)
        .with_slow_run(5, Duration::from_millis(500))
        .with_window(Duration::from_secs(2))
        .with_rest(Duration::from_secs(5))
        .with_probes(3, Duration::from_secs(1))
        .with_attempt_timeout(attempt_timeout)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn shown(circuit: Circuit) -> String {
        format!("{:?}", circuit.fit_to(2 * SECOND))
    }

    #[test]
    fn changes_are_made_to_what_fits_the_attempts_or_to_what_was_given() {
        let rest = |circuit: CircuitConfig| circuit.with_rest(9 * SECOND);
        let few = rare_calls(2 * SECOND);
        assert_eq!(shown(Circuit::default()), format!("{few:?}"));
        let changed = Circuit::default().changed(rest);
        assert_eq!(shown(changed), format!("{:?}", rest(few)));
        let own = CircuitConfig::new().with_consecutive_failures(7);
        let changed = Circuit::own(own).changed(rest);
        assert_eq!(shown(changed), format!("{:?}", rest(own)));
    }

    #[test]
    fn the_last_change_counts() {
        let twice = Circuit::default()
            .changed(|circuit| circuit.with_rest(SECOND))
            .changed(|circuit| circuit.with_rest(circuit.rest() * 3));
        assert_eq!(twice.fit_to(SECOND).rest(), 3 * SECOND);
    }
}
