//! The providers that there are, by identity.

use super::{Provided, Roles};
use crate::Identity;
use std::{collections::HashMap, time::SystemTime};

/// By what a provider is told from others: what the files say of the profiles that it goes by way of is part of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Content {
    pub(super) name: Name,
    pub(super) roles: Roles,
}

/// An identity, and what `Identity::DEFAULT` means in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Name {
    pub(super) identity: Identity,
    /// Within the pool's own identity the default is the SDK's chain, elsewhere it is the pool's own identity.
    pub(super) is_own: bool,
}

#[derive(Default)]
pub(super) struct Known {
    pub(super) entries: HashMap<Content, Entry>,
    uses: u64,
}

pub(super) struct Entry {
    pub(super) provided: Provided,
    last_use: u64,
}

impl Entry {
    /// Whether nobody else has the provider, and it holds nothing that is good.
    ///
    /// What is good for ever stays: it may be dear to ask for. A role that another was assumed by goes with a later sweep.
    fn is_over(&self, now: SystemTime) -> bool {
        let Some(renewing) = &self.provided.renewal else {
            return false;
        };
        !renewing.is_had_by_more_than(OWN) && renewing.holds_nothing_good(now)
    }
}

/// By as many hands an entry has its provider: as such, and as what hears of refusals.
const OWN: usize = 2;

impl Known {
    /// Takes out what is over.
    pub(super) fn take_over(&mut self, now: SystemTime) -> Vec<(Content, Entry)> {
        let over = self.entries.extract_if(|_, entry| entry.is_over(now));
        over.collect()
    }

    pub(super) fn find(&mut self, content: &Content) -> Option<Provided> {
        let entry = self.entries.get_mut(content)?;
        self.uses += 1;
        entry.last_use = self.uses;
        Some(entry.provided.clone())
    }

    /// Past the bound the one that was asked for longest ago makes room.
    pub(super) fn insert(&mut self, content: Content, provided: Provided, bound: usize) {
        while self.entries.len() >= bound {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.last_use);
            let Some(oldest) = oldest.map(|(content, _)| content.clone()) else {
                break;
            };
            self.entries.remove(&oldest);
        }
        self.uses += 1;
        let entry = Entry {
            provided,
            last_use: self.uses,
        };
        self.entries.insert(content, entry);
    }
}
