use std::fmt;

use super::MAX_REGIONS;

/// In which order a call asks the Regions, which are numbers here: places in the list that the router was built from.
///
/// A [`Ranking`](super::Ranking) can only put it in another order, never lose a Region.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Order {
    places: [u8; MAX_REGIONS],
    len: u8,
}

impl Order {
    /// That of the list.
    pub(crate) const fn of_list(regions: usize) -> Self {
        assert!(regions <= MAX_REGIONS, "the builder refuses more");
        let mut places = [0; MAX_REGIONS];
        let mut at = 0;
        while at < MAX_REGIONS {
            places[at] = at as u8;
            at += 1;
        }
        Self {
            places,
            len: regions as u8,
        }
    }

    /// One Region alone.
    pub(crate) const fn only(region: usize) -> Self {
        let mut order = Self::of_list(1);
        order.places[0] = region as u8;
        order
    }

    /// How many Regions there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The Regions, the first to be asked first.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.places[..self.len()].iter().map(|at| usize::from(*at))
    }

    /// Asks `region` first, and the others in the order in which they stand; nothing if it is not among them.
    pub fn move_to_front(&mut self, region: usize) {
        let places = &mut self.places[..usize::from(self.len)];
        if let Some(at) = places
            .iter()
            .position(|place| usize::from(*place) == region)
        {
            places[..=at].rotate_right(1);
        }
    }

    /// Asks `region` first, then those that follow it, and in the end those that went before it.
    pub fn begin_with(&mut self, region: usize) {
        let places = &mut self.places[..usize::from(self.len)];
        if let Some(at) = places
            .iter()
            .position(|place| usize::from(*place) == region)
        {
            places.rotate_left(at);
        }
    }

    /// Asks the last one first.
    pub(crate) fn reverse(&mut self) {
        self.places[..usize::from(self.len)].reverse();
    }

    /// Asks Regions of a lower key first; those of the same stay as they stand to one another.
    ///
    /// The key is asked for once for each Region.
    pub fn sort_by_key<K: Ord>(&mut self, key: impl Fn(usize) -> K) {
        let mut keys: [Option<K>; MAX_REGIONS] = std::array::from_fn(|_| None);
        for region in self.iter() {
            keys[region] = Some(key(region));
        }
        // Of at most sixteen, by insertion: stable, and without the buffer of the standard one.
        let places = &mut self.places[..usize::from(self.len)];
        for end in 1..places.len() {
            let mut at = end;
            while at > 0 && keys[usize::from(places[at])] < keys[usize::from(places[at - 1])] {
                places.swap(at, at - 1);
                at -= 1;
            }
        }
    }

    /// Leaves out what `keep` does not want.
    pub(crate) fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        let mut kept = 0;
        for at in 0..self.len() {
            let place = self.places[at];
            if keep(usize::from(place)) {
                self.places[kept] = place;
                kept += 1;
            }
        }
        self.len = kept as u8;
    }
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(change: impl FnOnce(&mut Order), expected: &[usize]) {
        let mut order = Order::of_list(4);
        change(&mut order);
        assert_eq!(order.iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn is_put_in_another_order_and_loses_no_region() {
        check(|_| {}, &[0, 1, 2, 3]);
        check(|order| order.move_to_front(2), &[2, 0, 1, 3]);
        check(|order| order.begin_with(2), &[2, 3, 0, 1]);
        check(|order| order.move_to_front(9), &[0, 1, 2, 3]);
        check(|order| order.begin_with(9), &[0, 1, 2, 3]);
        check(
            |order| order.sort_by_key(|at| [3, 1, 1, 0][at]),
            &[3, 1, 2, 0],
        );
    }

    #[test]
    fn the_router_leaves_regions_out() {
        check(|order| order.retain(|at| at != 1), &[0, 2, 3]);
        check(|order| order.retain(|_| false), &[]);
        check(Order::reverse, &[3, 2, 1, 0]);
        assert_eq!(Order::only(3).iter().collect::<Vec<_>>(), [3]);
        assert_eq!(Order::of_list(MAX_REGIONS).len(), MAX_REGIONS);
    }
}
