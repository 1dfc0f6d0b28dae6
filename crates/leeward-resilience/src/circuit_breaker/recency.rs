/// Which of two lists an entry stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// Of keys whose circuit was closed when it was last looked at.
    Calm,
    /// Of the others.
    Troubled,
}

/// Two lists of numbered entries, each in the order of its last use; every operation takes constant time.
#[derive(Debug, Default)]
pub(super) struct Recency {
    links: Vec<Link>,
    ends: [Ends; 2],
}

#[derive(Clone, Copy, Debug, Default)]
struct Link {
    newer: Option<usize>,
    older: Option<usize>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Ends {
    newest: Option<usize>,
    oldest: Option<usize>,
}

impl Recency {
    /// Puts an entry that is in no list at the newest end of `list`.
    pub(super) fn add(&mut self, list: List, entry: usize) {
        if entry >= self.links.len() {
            self.links.resize(entry + 1, Link::default());
        }
        let ends = &mut self.ends[list as usize];
        let older = ends.newest.replace(entry);
        self.links[entry] = Link { newer: None, older };
        match older {
            Some(older) => self.links[older].newer = Some(entry),
            None => ends.oldest = Some(entry),
        }
    }

    /// Takes an entry out of `list`, in which it is.
    pub(super) fn remove(&mut self, list: List, entry: usize) {
        let Link { newer, older } = self.links[entry];
        let ends = &mut self.ends[list as usize];
        match newer {
            Some(newer) => self.links[newer].older = older,
            None => ends.newest = older,
        }
        match older {
            Some(older) => self.links[older].newer = newer,
            None => ends.oldest = newer,
        }
    }

    /// The entry of `list` that was used longest ago.
    pub(super) const fn oldest(&self, list: List) -> Option<usize> {
        self.ends[list as usize].oldest
    }

    /// The entry of the same list that was used next after this one.
    pub(super) fn newer(&self, entry: usize) -> Option<usize> {
        self.links[entry].newer
    }
}

#[cfg(all(test, not(leeward_loom)))]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*, test_runner::RngSeed};

    fn order(recency: &Recency, list: List) -> Vec<usize> {
        std::iter::successors(recency.oldest(list), |entry| recency.newer(*entry)).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(42),
            ..ProptestConfig::default()
        })]

        #[test]
        fn keeps_the_order_that_plain_lists_keep(moves in vec((0_usize..12, any::<bool>()), 1..200)) {
            let mut recency = Recency::default();
            let mut plain: [Vec<usize>; 2] = Default::default();
            for (entry, calm) in moves {
                let list = if calm { List::Calm } else { List::Troubled };
                for from in [List::Calm, List::Troubled] {
                    if plain[from as usize].contains(&entry) {
                        recency.remove(from, entry);
                        plain[from as usize].retain(|other| *other != entry);
                    }
                }
                recency.add(list, entry);
                plain[list as usize].push(entry);
                for list in [List::Calm, List::Troubled] {
                    prop_assert_eq!(order(&recency, list), &plain[list as usize][..]);
                }
            }
        }
    }
}
