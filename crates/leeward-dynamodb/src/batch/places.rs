//! Which keys are in a batch, and where.

use super::RefusedEntry;
use crate::{Item, KeySchema, key::Identity};
use std::collections::{HashMap, hash_map::Entry};

/// The places of a batch's entries by their keys, of which none is there twice.
#[derive(Clone, Default)]
pub(super) struct Places {
    /// Which attributes of an entry are its key; all of them, if that is not said.
    key: Option<KeySchema>,
    taken: HashMap<Identity, usize>,
}

impl Places {
    pub(super) fn by(key: KeySchema) -> Self {
        Self {
            key: Some(key),
            taken: HashMap::new(),
        }
    }

    pub(super) const fn key(&self) -> Option<&KeySchema> {
        self.key.as_ref()
    }

    /// Gives the next entry its place.
    pub(super) fn take(&mut self, item: &Item) -> Result<(), RefusedEntry> {
        let entry = self.taken.len();
        let identity = match &self.key {
            Some(key) => Identity::of(item, key.attributes()),
            None => Identity::of(item, item.keys().map(String::as_str)),
        };
        match self
            .taken
            .entry(identity.map_err(|attribute| RefusedEntry::NoKey { entry, attribute })?)
        {
            Entry::Occupied(first) => Err(RefusedEntry::SameKey {
                first: *first.get(),
                second: entry,
            }),
            Entry::Vacant(free) => {
                free.insert(entry);
                Ok(())
            }
        }
    }

    /// The places of those entries that are left of the batch.
    pub(super) fn of_rest<'i>(mut self, items: impl IntoIterator<Item = &'i Item>) -> Self {
        self.taken.clear();
        for item in items {
            // It was taken when the batch was made.
            self.take(item).ok();
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::to_item;
    use serde_json::{Value, json};

    #[track_caller]
    fn check(mut places: Places, entries: &[Value], expected: &[Result<(), &str>]) {
        for (entry, expected) in entries.iter().zip(expected) {
            let taken = places.take(&to_item(entry).unwrap());
            let taken = taken.map_err(|refused| refused.to_string());
            assert_eq!(taken.as_ref().map_err(|s| &**s).copied(), *expected);
        }
    }

    #[test]
    fn one_key_has_one_place() {
        let same = "entries 0 and 1 have the same key";
        check(
            Places::by(KeySchema::new("id")),
            &[
                json!({"id": 1, "at": 1}),
                json!({"id": 1.0, "at": 2}),
                json!({"id": "1"}),
                json!({"nr": 1}),
                json!({"id": ""}),
            ],
            &[
                Ok(()),
                Err(same),
                Ok(()),
                Err("entry 2 has no id that can be of its key"),
                Err("entry 2 has no id that can be of its key"),
            ],
        );
        check(
            Places::default(),
            &[json!({"id": 1, "at": 1}), json!({"at": 1, "id": 1})],
            &[Ok(()), Err(same)],
        );
    }

    #[test]
    fn what_is_left_has_its_places_from_the_first_on() {
        let items = ["a", "b", "c"].map(|id| to_item(&json!({"id": id})).unwrap());
        let mut places = Places::by(KeySchema::new("id"));
        for item in &items {
            places.take(item).unwrap();
        }
        let mut rest = places.of_rest(&items[1..]);
        let refused = rest.take(&items[2]).unwrap_err();
        let same = RefusedEntry::SameKey {
            first: 1,
            second: 2,
        };
        assert_eq!(refused, same);
        rest.take(&items[0]).unwrap();
    }
}
