use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use leeward_error_taxonomy::Region;

use super::{Order, Ranking, Standings};
use crate::RouterError;

/// Asks each Region first in its turn, some more often than others if they weigh more.
///
/// Turns are mixed as evenly as they can be: weights of 3 and 1 make A A B A, never A A A B B. A call that cannot be served in the
/// Region whose turn it is goes on with the next of the list, so the turns of a Region that is out spread over the others.
#[derive(Debug, Default)]
pub struct RoundRobin {
    weights: Vec<(Region, u8)>,
    // Whose turn it is, over and over.
    turns: Box<[u8]>,
    // Regions of no weight come last, whoever is first.
    idle: u16,
    next: AtomicUsize,
}

impl RoundRobin {
    /// All weigh the same.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives each Region so many turns; one that is not named, or named with 0, gets calls only where the others fail.
    ///
    /// Building the router refuses a name that is not in its list, and weights that are all zero.
    #[must_use]
    pub fn weighted(weights: impl IntoIterator<Item = (Region, u8)>) -> Self {
        Self {
            weights: weights.into_iter().collect(),
            ..Self::default()
        }
    }
}

/// Begins a round of its own.
impl Clone for RoundRobin {
    fn clone(&self) -> Self {
        Self {
            weights: self.weights.clone(),
            turns: self.turns.clone(),
            idle: self.idle,
            next: AtomicUsize::new(0),
        }
    }
}

impl Ranking for RoundRobin {
    fn name(&self) -> &'static str {
        "round robin"
    }

    fn rank(&self, _: &Standings<'_>, order: &mut Order) {
        let turn = self.next.fetch_add(1, Relaxed);
        let Some(first) = self.turns.get(turn % self.turns.len().max(1)) else {
            return;
        };
        order.begin_with(usize::from(*first));
        if self.idle != 0 {
            order.sort_by_key(|region| self.idle >> region & 1);
        }
    }

    fn enrol(&mut self, regions: &[Region]) -> Result<(), RouterError> {
        let mut weights = vec![u8::from(self.weights.is_empty()); regions.len()];
        for (region, weight) in &self.weights {
            let place = regions.iter().position(|listed| listed == region);
            let Some(place) = place else {
                return Err(RouterError::UnknownRegion {
                    region: region.clone(),
                });
            };
            weights[place] = *weight;
        }
        if weights.iter().all(|weight| *weight == 0) {
            return Err(RouterError::NoWeight);
        }
        let idle = weights.iter().enumerate();
        self.idle = idle.fold(0, |idle, (at, weight)| idle | u16::from(*weight == 0) << at);
        self.turns = mix(&weights);
        Ok(())
    }
}

/// Whose turn it is, mixed smoothly as nginx does: each gains its weight, the richest has the turn and pays the sum.
fn mix(weights: &[u8]) -> Box<[u8]> {
    let divisor = weights.iter().fold(0, |one, other| gcd(one, *other)).max(1);
    let weights: Vec<i32> = weights.iter().map(|w| i32::from(w / divisor)).collect();
    let sum: i32 = weights.iter().sum();
    let mut credit = vec![0; weights.len()];
    let turn = |_| {
        let mut richest = 0;
        for (at, weight) in weights.iter().enumerate() {
            credit[at] += weight;
            if credit[at] > credit[richest] {
                richest = at;
            }
        }
        credit[richest] -= sum;
        // There are sixteen at most.
        richest as u8
    };
    (0..sum).map(turn).collect()
}

const fn gcd(mut one: u8, mut other: u8) -> u8 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(weights: &[u8], expected: &str) {
        let turns: String = mix(weights).iter().map(|at| (b'a' + at) as char).collect();
        assert_eq!(turns, expected);
    }

    #[test]
    fn mixes_turns_as_evenly_as_they_can_be() {
        check(&[1, 1, 1], "abc");
        check(&[3, 1], "aaba");
        check(&[5, 1, 1], "aabacaa");
        check(&[200, 100], "aba");
        check(&[0, 1], "b");
    }

    #[test]
    fn a_turn_of_each_weight_comes_up_in_every_round() {
        let weights = [255, 254, 253, 3];
        let turns = mix(&weights);
        for (at, weight) in weights.iter().enumerate() {
            let of_it = turns
                .iter()
                .filter(|turn| usize::from(**turn) == at)
                .count();
            assert_eq!(of_it, usize::from(*weight));
        }
    }
}
