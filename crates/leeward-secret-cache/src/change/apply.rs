use super::{SecretChange, SecretChangeKind};
use crate::{
    OnWithdrawal, SecretCache,
    cache::Inner,
    refresh,
    stats::{SecretEventKind, count},
};
use std::sync::Arc;

impl SecretCache {
    /// Takes note that a secret changed, in whatever Region: by its ARN with or without the six last characters, or by its name.
    ///
    /// What is there of it goes on being served while it is fetched anew by the side, so nobody waits; the versions that are asked for
    /// by their ids stay as they are. What is not there costs nothing: it says how many versions it concerns. For a
    /// value that must not be served any more, see [`invalidate`](Self::invalidate).
    #[expect(
        clippy::must_use_candidate,
        reason = "what it does matters more than what it says"
    )]
    pub fn invalidate_arn(&self, arn: &str) -> usize {
        self.inner().apply(arn, SecretChangeKind::Value)
    }

    /// Takes note of what an event tells, and says how many versions it concerns: none if the secret is not there.
    ///
    /// A new value is fetched by the side, as by [`invalidate_arn`](Self::invalidate_arn). So is, in all its versions, a secret whose access
    /// changed: it is let go of if it is denied by now. What was deleted is let go of at once, unless
    /// [`OnWithdrawal::KeepUntilOver`] has it served until it is over.
    ///
    /// Events come late, twice, or not at all: they shorten the time that an old value is served, and the limits of
    /// [`Freshness`](crate::Freshness) hold without them. Listen in the Region that secrets are read in: one that is told of a change of the
    /// primary may ask its replica too early.
    #[expect(
        clippy::must_use_candidate,
        reason = "what it does matters more than what it says"
    )]
    pub fn apply(&self, change: &SecretChange) -> usize {
        self.inner().apply(&change.id, change.kind)
    }
}

impl Inner {
    fn apply(self: &Arc<Self>, id: &str, kind: SecretChangeKind) -> usize {
        count(&self.voids);
        let mut slots = self.table.of(id);
        let is_purged =
            kind == SecretChangeKind::Deletion && self.on_withdrawal == OnWithdrawal::Purge;
        if kind == SecretChangeKind::Value {
            slots.retain(|slot| slot.key().may_move());
        }
        for slot in &slots {
            if is_purged {
                self.part_with(slot, SecretEventKind::Invalidated);
            } else {
                refresh::renew(self, slot);
            }
        }
        slots.len()
    }
}
