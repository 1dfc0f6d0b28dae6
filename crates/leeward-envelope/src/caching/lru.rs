use std::{collections::HashMap, hash::Hash, num::NonZeroUsize};

/// A map of bounded size that lets go of what was used longest ago.
///
/// The order is a doubly linked list whose links are indices, so that a use costs the same however many entries there are.
#[derive(Debug)]
pub(super) struct Lru<K, V> {
    capacity: NonZeroUsize,
    places: HashMap<K, usize>,
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

impl<K: Eq + Hash, V> Lru<K, V> {
    /// The value under `key`, which becomes no more recently used by that.
    pub(super) fn peek(&mut self, key: &K) -> Option<&mut V> {
        let at = *self.places.get(key)?;
        self.nodes[at].entry.as_mut().map(|(_, value)| value)
    }
}

impl<K: Clone + Eq + Hash, V> Lru<K, V> {
    pub(super) fn new(capacity: NonZeroUsize) -> Self {
        Self {
            capacity,
            places: HashMap::new(),
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

    /// Puts `value` under `key`, in the place of what is there, or of the least recently used if there is no room.
    pub(super) fn insert(&mut self, key: K, value: V) {
        self.remove(&key);
        if self.places.len() == self.capacity.get() {
            self.remove_oldest();
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
    }

    pub(super) fn remove(&mut self, key: &K) {
        if let Some(at) = self.places.remove(key) {
            self.unlink(at);
            self.nodes[at].entry = None;
            self.vacant.push(at);
        }
    }

    /// The value that was used longest ago.
    pub(super) fn oldest(&self) -> Option<&V> {
        let entry = self.nodes[self.oldest?].entry.as_ref();
        entry.map(|(_, value)| value)
    }

    pub(super) fn remove_oldest(&mut self) {
        let Some(at) = self.oldest else { return };
        self.unlink(at);
        self.vacant.push(at);
        if let Some((key, _)) = self.nodes[at].entry.take() {
            self.places.remove(&key);
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

    /// The same, written so that it is plain to see: newest last.
    #[derive(Default)]
    struct Naive(Vec<(u8, u32)>);

    impl Naive {
        fn remove(&mut self, key: u8) -> Option<u32> {
            let at = self.0.iter().position(|(known, _)| *known == key)?;
            Some(self.0.remove(at).1)
        }

        fn get(&mut self, key: u8) -> Option<u32> {
            let value = self.remove(key)?;
            self.0.push((key, value));
            Some(value)
        }

        fn insert(&mut self, key: u8, value: u32, capacity: usize) {
            self.remove(key);
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
            steps in prop::collection::vec((0_u8..4, 0_u8..8, any::<u32>()), 0..200),
        ) {
            let mut lru = Lru::new(NonZeroUsize::new(capacity).unwrap());
            let mut naive = Naive::default();
            for (step, key, value) in steps {
                match step {
                    0 => prop_assert_eq!(lru.get(&key).copied(), naive.get(key)),
                    1 => {
                        lru.insert(key, value);
                        naive.insert(key, value, capacity);
                    }
                    2 => {
                        lru.remove(&key);
                        naive.remove(key);
                    }
                    _ => {
                        lru.remove_oldest();
                        if !naive.0.is_empty() {
                            naive.0.remove(0);
                        }
                    }
                }
                prop_assert_eq!(lru.oldest().copied(), naive.0.first().map(|(_, value)| *value));
                prop_assert_eq!(lru.places.len(), naive.0.len());
                prop_assert!(lru.nodes.len() <= capacity);
            }
        }
    }
}
