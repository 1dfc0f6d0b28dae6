use leeward_resilience::{CircuitConfig, RateLimitConfig};
use std::{num::NonZeroUsize, time::Duration};

/// What guards the calls of bare clients.
///
/// | | default | where it comes from |
/// |---|---|---|
/// | circuit | [`CircuitConfig::new`]: opens after 5 failed attempts in a row, or half of 20 within 10 s, rests 5 s | our simulation; Envoy's outlier detection has the same 5 |
/// | a dropped call failed when it had been under way for | 3 s, or the attempt timeout if that is shorter | the time that this project's stacks give a call |
/// | a probe keeps its place for | twice the attempt timeout | its success must not come too late to close the circuit |
/// | rate | [`RateLimitConfig::adaptive`]: nothing is held back until the service throttles | the AWS SDKs' adaptive retry mode, of one rate for all clients of a service in a Region |
/// | services and Regions told apart | 1,024 | as many as the pool keeps clients |
///
/// ```
/// use leeward_client_pool::GuardConfig;
/// use leeward_resilience::{CircuitConfig, Rate, RateLimitConfig};
///
/// let config = GuardConfig::new()
///     .with_circuit(CircuitConfig::new().with_consecutive_failures(10))
///     .with_rate_limit(RateLimitConfig::fixed(Rate::per_second(5_500)).with_adaptation(true));
/// # let _ = config;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardConfig {
    circuit: Circuit,
    pub(super) rate: Option<RateLimitConfig>,
    pub(super) max_keys: NonZeroUsize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one to a pool, and const")]
enum Circuit {
    /// The defaults, fitted to the pool's attempts.
    Fitted,
    Own(CircuitConfig),
    Off,
}

/// A call that its caller gave up after as long says something about the service.
const GIVEN_UP: Duration = Duration::from_secs(3);

const MAX_KEYS: NonZeroUsize = NonZeroUsize::new(1024).expect("not zero");

impl GuardConfig {
    /// Starts from the defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            circuit: Circuit::Fitted,
            rate: Some(RateLimitConfig::adaptive()),
            max_keys: MAX_KEYS,
        }
    }

    /// Breaks circuits by these numbers.
    #[must_use]
    pub const fn with_circuit(self, circuit: CircuitConfig) -> Self {
        Self {
            circuit: Circuit::Own(circuit),
            ..self
        }
    }

    /// Refuses no call for want of health.
    #[must_use]
    pub const fn without_circuit(self) -> Self {
        Self {
            circuit: Circuit::Off,
            ..self
        }
    }

    /// Limits the rate of each service and Region like this.
    #[must_use]
    pub const fn with_rate_limit(self, rate: RateLimitConfig) -> Self {
        Self {
            rate: Some(rate),
            ..self
        }
    }

    /// Holds no call back, whatever the service asks for.
    ///
    /// For clients of many tables or shards with a quota each: one that throttles would slow the others, as it does in the
    /// SDK's adaptive mode.
    #[must_use]
    pub const fn without_rate_limit(self) -> Self {
        Self { rate: None, ..self }
    }

    /// Tells at most so many services and Regions apart; past it, circuits that are closed and were used longest ago are
    /// forgotten, and further rates are one.
    #[must_use]
    pub const fn with_max_keys(self, max_keys: NonZeroUsize) -> Self {
        Self { max_keys, ..self }
    }

    /// The circuits for attempts that are given up after `attempt_timeout`.
    pub(super) fn circuit(&self, attempt_timeout: Option<Duration>) -> Option<CircuitConfig> {
        match (self.circuit, attempt_timeout) {
            (Circuit::Off, _) => None,
            (Circuit::Own(circuit), _) => Some(circuit),
            (Circuit::Fitted, None) => Some(CircuitConfig::new().with_slow(GIVEN_UP)),
            (Circuit::Fitted, Some(timeout)) => Some(
                CircuitConfig::new()
                    .with_attempt_timeout(timeout)
                    .with_slow(timeout.min(GIVEN_UP)),
            ),
        }
    }
}

impl Default for GuardConfig {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circuits_are_fitted_to_the_attempts_unless_they_are_the_users_own() {
        let seconds = Duration::from_secs;
        let fitted = |timeout| GuardConfig::new().circuit(timeout).unwrap();
        let own = CircuitConfig::new().with_consecutive_failures(9);
        for (timeout, slow, probe) in [(20, 3, 40), (3, 3, 6), (1, 1, 2)] {
            let expected = CircuitConfig::new()
                .with_slow(seconds(slow))
                .with_probe_timeout(seconds(probe));
            assert_eq!(fitted(Some(seconds(timeout))), expected, "{timeout} s");
            let config = GuardConfig::new().with_circuit(own);
            assert_eq!(config.circuit(Some(seconds(timeout))), Some(own));
        }
        assert_eq!(fitted(None), CircuitConfig::new().with_slow(seconds(3)));
        assert_eq!(GuardConfig::new().without_circuit().circuit(None), None);
    }
}
