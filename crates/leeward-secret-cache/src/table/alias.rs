//! What a slot is called besides the name that it was asked for by.

use super::{Slots, Table, room};
use crate::{
    clock::Moment,
    id::{Identity, Key, SecretArn},
    slot::{Entry, Slot},
};
use std::{cmp::Reverse, sync::Arc};

impl Table {
    /// Takes note of the ARN that an answer of a fetch since `began` gives a slot's secret; the slots that it stands for from now on, which had to go.
    ///
    /// The slot is called by the ARN then, and by what is left of it without its six last characters, and by no other. A name is never
    /// learnt: by an ARN, a secret of another account or Region is asked for as well, which has the name of one of ours. Nor
    /// is an ARN, by a slot that was asked for by one of another Region.
    ///
    /// If it was another Region that answered until now, with what was there `before`, that goes on for those who ask by the ARN of that
    /// Region, in a slot of its own.
    ///
    /// If another slot has the ARN it was asked for by two names before either was known to be the other. The one with the name stands, as
    /// that may be another secret's tomorrow; and not before it has a value that is as new.
    pub(crate) fn learn(
        &self,
        slot: &Arc<Slot>,
        arn: &str,
        began: Moment,
        before: Option<&Arc<Entry>>,
    ) -> Vec<Arc<Slot>> {
        let aliases = aliases(slot.key(), arn);
        let is_stale = |key: &Key, held: &Arc<Slot>| {
            Arc::ptr_eq(held, slot) && key != slot.key() && !aliases.contains(key)
        };
        let is_new = |slots: &Slots, alias: &Key| {
            slots.get(alias).is_none_or(|held| {
                !Arc::ptr_eq(held, slot) && may_stand_for(slot, held, arn, began)
            })
        };
        let is_known = |slots: &Slots| {
            !aliases.iter().any(|alias| is_new(slots, alias))
                && !slots.iter().any(|(key, held)| is_stale(key, held))
        };
        if is_known(&self.slots.load()) {
            return Vec::new();
        }
        let _writing = self.lock();
        if slot.is_out() {
            return Vec::new();
        }
        let mut slots = (**self.slots.load()).clone();
        let stale = slots.extract_if(|key, held| is_stale(key, held));
        let stale = stale.map(|(key, _)| key).collect();
        let mut others = Vec::new();
        for alias in &aliases {
            if !is_new(&slots, alias) {
                continue;
            }
            if let Some(other) = slots.get(alias).cloned() {
                slots.retain(|_, held| !Arc::ptr_eq(held, &other));
                other.set_out(true);
                others.push(other);
            }
            slots.insert(alias.clone(), slot.clone());
        }
        if let Some(before) = before {
            self.set_apart(&mut slots, slot, stale, before, arn);
        }
        self.slots.store(Arc::new(slots));
        others
    }

    /// Gives what one Region answered `before` another answered with `arn` a slot of its own, by those of these names that are of its ARN.
    ///
    /// Who asks by that ARN does not wait then, although its Region may be out, and fetches it anew by that ARN by the side.
    fn set_apart(
        &self,
        slots: &mut Slots,
        slot: &Slot,
        mut names: Vec<Key>,
        before: &Arc<Entry>,
        arn: &str,
    ) {
        let former = before.secret.arn();
        let is_replica = Identity::of(former).is_replica_of(&Identity::of(arn));
        if !is_replica || room::distinct(slots).len() >= self.capacity.get() {
            return;
        }
        names.retain(|name| SecretArn::is_called(former, name.id()));
        // The full ARN first: it is fetched by that.
        names.sort_by_key(|name| Reverse(name.id().len()));
        let Some(first) = names.first() else { return };
        let apart = Arc::new(slot.apart(first.clone(), before.clone()));
        slots.extend(names.into_iter().map(|name| (name, apart.clone())));
    }
}

/// What a slot that is fetched as `key` is called besides, if it was answered with `arn`.
fn aliases(key: &Key, arn: &str) -> Vec<Key> {
    let is_elsewhere = SecretArn::read(key.id()).is_some() && !SecretArn::is_called(arn, key.id());
    let Some(read) = SecretArn::read(arn).filter(|_| !is_elsewhere) else {
        return Vec::new();
    };
    let arns = [Some(arn), read.partial()].into_iter().flatten();
    let others = arns.filter(|arn| *arn != key.id());
    others.map(|arn| key.named(arn)).collect()
}

/// Whether a slot that was answered with `arn`, of a fetch since `began`, takes the place of another that is called so.
fn may_stand_for(slot: &Slot, other: &Slot, arn: &str, began: Moment) -> bool {
    let is_name = |slot: &Slot| SecretArn::read(slot.key().id()).is_none();
    let is_newer = |entry: &Arc<Entry>| began.steady < entry.fetched.steady;
    let is_other_newer = other.entry().load().as_ref().is_some_and(is_newer);
    let is_of_less = is_name(slot) || other.key().id() == arn;
    is_of_less && !is_name(other) && !is_other_newer
}
