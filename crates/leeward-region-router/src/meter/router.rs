use super::count::Count;

/// Counts what a router does beyond asking the first Region; nothing of it happens to a healthy call.
#[derive(Debug, Default)]
pub(crate) struct RouterMeter {
    /// Attempts beside one that had not been answered.
    pub(crate) hedges: Count,
    /// Those of them that failed, or that the first attempt answered before.
    pub(crate) hedges_lost: Count,
    /// Those of them that were dropped with their call, or that an error ended for good.
    pub(crate) hedges_dropped: Count,
    /// Further attempts that were not made for want of a token.
    pub(crate) out_of_budget: Count,
    /// Attempts in a Region whose circuit was open.
    pub(crate) panics: Count,
    /// Calls that no Region answered.
    pub(crate) exhausted: Count,
}
