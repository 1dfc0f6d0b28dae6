use leeward_error_taxonomy::{Facts, Stage};

use super::Withdrawal;

/// The token for an extra attempt that is under way: used up with it, unless it turns out that nothing was sent.
///
/// Dropping it uses the token up, for an attempt that is dropped may have been sent.
pub(crate) struct Payment(Option<Withdrawal>);

impl Payment {
    pub(crate) const fn new(withdrawal: Withdrawal) -> Self {
        Self(Some(withdrawal))
    }

    /// Gives the token back if the attempt that failed made no load: if it was refused or lost before it was sent.
    pub(crate) fn failed(mut self, facts: &Facts<'_>) {
        if facts.stage == Stage::NotSent {
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
