use super::Key;
use std::{collections::HashMap, num::NonZeroUsize, sync::Arc};

/// A map of bounded size that lets go of what was used longest ago, of a tenant that has its share of that tenant's.
///
/// The order is a doubly linked list whose links are indices, so that a use costs the same however many entries there are.
#[derive(Debug)]
pub(super) struct Lru<K, V> {
    capacity: NonZeroUsize,
    tenant_capacity: NonZeroUsize,
    places: HashMap<K, usize>,
    /// How many entries each tenant has.
    tenants: HashMap<Arc<str>, usize>,
    nodes: Vec<Node<K, V>>,
    /// The places of removed entries.
    vacant: Vec<usize>,
    newest: Option<usize>,
    oldest: Option<usize>,
}

#[derive(Debug)]
struct Node<K, V> {
    /// None in a vacant place, so that what was removed is dropped at once.
    entry: Option<(K, V)>,
    newer: Option<usize>,
    older: Option<usize>,
}

impl<K: Key, V> Lru<K, V> {
    /// The value under `key`, which becomes no more recently used by that.
    pub(super) fn peek(&mut self, key: &K) -> Option<&mut V> {
        let at = *self.places.get(key)?;
        self.nodes[at].entry.as_mut().map(|(_, value)| value)
    }

    pub(super) fn new(capacity: NonZeroUsize, tenant_capacity: NonZeroUsize) -> Self {
        Self {
            capacity,
            tenant_capacity,
            places: HashMap::new(),
            tenants: HashMap::new(),
            nodes: Vec::new(),
            vacant: Vec::new(),
            newest: None,
            oldest: None,
        }
    }

    /// The value under `key`, which becomes the most recently used.
    pub(super) fn get(&mut self, key: &K) -> Option<&mut V> {
        let at = *self.places.get(key)?;
        self.unlink(at);
        self.link_as_newest(at);
        self.nodes[at].entry.as_mut().map(|(_, value)| value)
    }

    /// Puts `value` under `key`, in the place of what is there; answers how many gave way for want of room.
    pub(super) fn insert(&mut self, key: K, value: V) -> u64 {
        self.remove(&key);
        let mut gave_way = 0;
        if let Some(tenant) = key.tenant() {
            let held = self.tenants.get(tenant).copied().unwrap_or_default();
            if held >= self.tenant_capacity.get() {
                self.remove_oldest_of(tenant);
                gave_way += 1;
            }
            *self.tenants.entry(Arc::clone(tenant)).or_default() += 1;
        }
        if self.places.len() == self.capacity.get() {
            self.remove_oldest();
            gave_way += 1;
        }
        let node = Node {
            entry: Some((key.clone(), value)),
            newer: None,
            older: None,
        };
        let at = match self.vacant.pop() {
            Some(at) => {
                self.nodes[at] = node;
                at
            }
            None => {
                self.nodes.push(node);
                self.nodes.len() - 1
            }
        };
        self.places.insert(key, at);
        self.link_as_newest(at);
        gave_way
    }

    pub(super) fn remove(&mut self, key: &K) -> bool {
        let at = self.places.get(key).copied();
        at.is_some_and(|at| {
            self.vacate(at);
            true
        })
    }

    /// The value that was used longest ago.
    pub(super) fn oldest(&self) -> Option<&V> {
        let entry = self.nodes[self.oldest?].entry.as_ref();
        entry.map(|(_, value)| value)
    }

    pub(super) fn remove_oldest(&mut self) {
        if let Some(at) = self.oldest {
            self.vacate(at);
        }
    }

    /// Removes what `is_meant`, and answers how many that were.
    pub(super) fn purge(&mut self, is_meant: impl Fn(&K, &V) -> bool) -> u64 {
        let mut purged = 0;
        for at in 0..self.nodes.len() {
            let entry = self.nodes[at].entry.as_ref();
            if entry.is_some_and(|(key, value)| is_meant(key, value)) {
                self.vacate(at);
                purged += 1;
            }
        }
        purged
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let entries = self.nodes.iter().filter_map(|node| node.entry.as_ref());
        entries.map(|(key, value)| (key, value))
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Walks from the oldest, which happens only beside a call to a keyring.
    fn remove_oldest_of(&mut self, tenant: &Arc<str>) {
        let mut next = self.oldest;
        while let Some(at) = next {
            let entry = self.nodes[at].entry.as_ref();
            if entry.is_some_and(|(key, _)| key.tenant() == Some(tenant)) {
                return self.vacate(at);
            }
            next = self.nodes[at].newer;
        }
    }

    fn vacate(&mut self, at: usize) {
        let Some((key, _)) = self.nodes[at].entry.take() else {
            return;
        };
        self.unlink(at);
        self.places.remove(&key);
        self.vacant.push(at);
        if let Some(tenant) = key.tenant()
            && let Some(held) = self.tenants.get_mut(tenant)
        {
            *held -= 1;
            if *held == 0 {
                self.tenants.remove(tenant);
            }
        }
    }

    fn unlink(&mut self, at: usize) {
        let Node { newer, older, .. } = self.nodes[at];
        match newer {
            Some(newer) => self.nodes[newer].older = older,
            None => self.newest = older,
        }
        match older {
            Some(older) => self.nodes[older].newer = newer,
            None => self.oldest = newer,
        }
    }

    fn link_as_newest(&mut self, at: usize) {
        self.nodes[at].newer = None;
        self.nodes[at].older = self.newest;
        match self.newest {
            Some(newest) => self.nodes[newest].newer = Some(at),
            None => self.oldest = Some(at),
        }
        self.newest = Some(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A tenant and a key of that tenant's; the tenant 0 is none.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct Owned(Option<Arc<str>>, u8);

    impl Key for Owned {
        fn tenant(&self) -> Option<&Arc<str>> {
            self.0.as_ref()
        }

        fn is_in(&self, _: &crate::Partition) -> bool {
            false
        }
    }

    fn owned(tenant: u8, key: u8) -> Owned {
        Owned((tenant > 0).then(|| tenant.to_string().into()), key)
    }

    /// The same, written so that it is plain to see: newest last.
    #[derive(Default)]
    struct Naive(Vec<(Owned, u32)>);

    impl Naive {
        fn remove(&mut self, key: &Owned) -> Option<u32> {
            let at = self.0.iter().position(|(known, _)| known == key)?;
            Some(self.0.remove(at).1)
        }

        fn get(&mut self, key: &Owned) -> Option<u32> {
            let value = self.remove(key)?;
            self.0.push((key.clone(), value));
            Some(value)
        }

        fn insert(&mut self, key: Owned, value: u32, capacity: usize, of_tenant: usize) {
            self.remove(&key);
            let theirs = |(known, _): &(Owned, u32)| known.0 == key.0;
            if key.0.is_some() && self.0.iter().filter(|it| theirs(it)).count() >= of_tenant {
                let at = self.0.iter().position(theirs).unwrap();
                self.0.remove(at);
            }
            if self.0.len() == capacity {
                self.0.remove(0);
            }
            self.0.push((key, value));
        }
    }

    proptest! {
        #[test]
        fn behaves_as_the_naive_one(
            capacity in 1_usize..6,
            of_tenant in 1_usize..4,
            steps in prop::collection::vec((0_u8..5, 0_u8..3, 0_u8..5, any::<u32>()), 0..200),
        ) {
            let bound = |most| NonZeroUsize::new(most).unwrap();
            let mut lru = Lru::new(bound(capacity), bound(of_tenant));
            let mut naive = Naive::default();
            for (step, tenant, key, value) in steps {
                let key = owned(tenant, key);
                match step {
                    0 => prop_assert_eq!(lru.get(&key).copied(), naive.get(&key)),
                    1 => {
                        lru.insert(key.clone(), value);
                        naive.insert(key.clone(), value, capacity, of_tenant);
                    }
                    2 => {
                        prop_assert_eq!(lru.remove(&key), naive.remove(&key).is_some());
                    }
                    3 => {
                        let purged = lru.purge(|known, _| known.0 == key.0);
                        let before = naive.0.len();
                        naive.0.retain(|(known, _)| known.0 != key.0);
                        prop_assert_eq!(purged as usize, before - naive.0.len());
                    }
                    _ => {
                        lru.remove_oldest();
                        if !naive.0.is_empty() {
                            naive.0.remove(0);
                        }
                    }
                }
                prop_assert_eq!(lru.oldest().copied(), naive.0.first().map(|(_, value)| *value));
                prop_assert_eq!(lru.len(), naive.0.len());
                prop_assert!(lru.nodes.len() <= capacity);
                let tenants = naive.0.iter().filter_map(|(known, _)| known.0.clone());
                let tenants: std::collections::HashSet<_> = tenants.collect();
                prop_assert_eq!(lru.tenants.len(), tenants.len());
            }
        }
    }
}
