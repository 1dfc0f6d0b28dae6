use crate::Timestamp;

/// On what terms a call was let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passage {
    /// With others, as evidence.
    Counted,
    /// Alone, to decide.
    Probe,
    /// Without consequence.
    Unobserved,
}

/// What a call may do without asking the circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    /// Nothing.
    Ask,
    /// Pass, counted.
    Pass,
    /// Pass, unobserved.
    Ignore,
    /// Give up, until then.
    Hold { until: Timestamp },
}

/// What was counted beside the circuit, without its lock.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// The successes in the window.
    pub(super) successes: u64,
    /// A number that every success of the present state raises.
    pub(super) mark: u128,
    /// The calls in flight that are slow by now.
    pub(super) overdue: u64,
}
