/// What a call may do at a circuit besides passing one that is closed; for
/// [`admit_as`](super::CircuitBreaker::admit_as).
///
/// By default what any call may: probe a service that is held back, and pass by lot one that starts slowly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdmissionTerms {
    pub(super) is_past_slow_start: bool,
    pub(super) may_probe: bool,
}

impl AdmissionTerms {
    /// Those of any call.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            is_past_slow_start: false,
            may_probe: true,
        }
    }

    /// A [slow start](super::CircuitConfig::with_slow_start) does not hold it back: for a further attempt of a call that was not
    /// served elsewhere. There are few of them, and what starts slowly answers as far as is known.
    #[must_use]
    pub const fn past_slow_start(self) -> Self {
        Self {
            is_past_slow_start: true,
            ..self
        }
    }

    /// It is no probe: for a call that cannot be repeated if the probe fails.
    #[must_use]
    pub const fn without_probing(self) -> Self {
        Self {
            may_probe: false,
            ..self
        }
    }
}

impl Default for AdmissionTerms {
    fn default() -> Self {
        Self::new()
    }
}
