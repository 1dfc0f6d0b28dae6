/// Whether a circuit lets calls through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum CircuitState {
    /// Calls pass and are counted; for a while after an opening, only a growing share of them passes.
    Closed,
    /// Calls are refused.
    Open,
    /// One call at a time passes, as a probe.
    HalfOpen,
    /// Calls are refused until somebody says otherwise.
    ForcedOpen,
    /// Calls pass and are not counted.
    Disabled,
}

/// What a breaker does with what its circuit decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum CircuitMode {
    /// Refuses what the circuit holds back.
    #[default]
    Active,
    /// Counts, opens, probes and reports as always, and refuses nothing: to see what a configuration would do.
    ObserveOnly,
    /// Refuses every call.
    ForcedOpen,
    /// Lets every call pass and learns nothing.
    Disabled,
}

/// A circuit went from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CircuitChange {
    /// The state that ended.
    pub from: CircuitState,
    /// The state that began.
    pub to: CircuitState,
    /// Rises with every change of one circuit, and so puts two that are reported at the same time in order.
    pub generation: u64,
}
