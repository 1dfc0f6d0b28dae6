use leeward_error_taxonomy::{Facts, Stage};

use super::Withdrawal;

/// The token for an extra attempt that is under way: used up with it, unless a layer of ours refused it unsent.
///
/// Dropping it uses the token up, for an attempt that is dropped may have been sent.
pub(crate) struct Payment(Option<Withdrawal>);

impl Payment {
    pub(crate) const fn new(withdrawal: Withdrawal) -> Self {
        Self(Some(withdrawal))
    }

    /// Gives the token back if the attempt made no load outside of this process.
    ///
    /// A connection that is refused, or never made, was not sent over either; but trying it is load, and were it free, an outage
    /// of that kind would be multiplied by every caller.
    pub(crate) fn failed(mut self, facts: &Facts<'_>) {
        if facts.stage == Stage::NotSent && facts.rejected.is_some() {
            drop(self.0.take());
        }
    }
}

impl Drop for Payment {
    fn drop(&mut self) {
        if let Some(withdrawal) = self.0.take() {
            withdrawal.spend();
        }
    }
}
