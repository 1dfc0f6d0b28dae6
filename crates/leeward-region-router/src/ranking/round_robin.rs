use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use leeward_error_taxonomy::Region;

use super::{Order, Ranking, Standings};
use crate::RouterError;

/// Asks each Region first in its turn, some more often than others if they weigh more.
///
/// Turns are mixed as evenly as they can be: weights of 3 and 1 make A A B A, never A A A B B. Each turn of a Region has another one
/// standing in, by turns as well and by weight, so the turns of a Region that is out spread over the others. A call whose
/// [placement](leeward_resilience::Placement) settles where it goes first, pinned or by preference, takes nobody's turn.
#[derive(Debug, Default)]
pub struct RoundRobin {
    // None: all weigh the same.
    weights: Option<Arc<[(Region, u8)]>>,
    // Of all the routers of a family, as the weights are.
    rounds: Arc<Rounds>,
    next: AtomicUsize,
}

/// Who has which turns.
#[derive(Debug, Default)]
struct Rounds {
    // Whose turn it is, over and over, and how many of his turns go before in the same round.
    turns: Box<[Turn]>,
    // For each Region, who is asked next in his turns, over and over.
    stand_ins: Box<[Box<[u8]>]>,
    // Regions of no weight come last, whoever is first.
    idle: u16,
}

impl RoundRobin {
    /// All weigh the same.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives each Region so many turns; one that is not named, or named with 0, gets calls only where the others fail.
    ///
    /// Building the router refuses a name that is not in its list or is there twice, and weights that are all zero or none at all.
    #[must_use]
    pub fn weighted(weights: impl IntoIterator<Item = (Region, u8)>) -> Self {
        Self {
            weights: Some(weights.into_iter().collect()),
            ..Self::default()
        }
    }
}

/// Begins a round of its own.
impl Clone for RoundRobin {
    fn clone(&self) -> Self {
        Self {
            weights: self.weights.clone(),
            rounds: Arc::clone(&self.rounds),
            next: AtomicUsize::new(0),
        }
    }
}

/// A turn in a round.
#[derive(Clone, Copy, Debug)]
struct Turn {
    region: u8,
    /// How many turns of the Region go before it in the round.
    before: u8,
    /// How many turns the Region has in a round.
    of_round: u8,
}

impl RoundRobin {
    /// Puts `order` into that of the next turn.
    fn put_in_order(&self, order: &mut Order) {
        let call = self.next.fetch_add(1, Relaxed);
        let rounds = &self.rounds;
        let turns = rounds.turns.len().max(1);
        let Some(turn) = rounds.turns.get(call % turns) else {
            return;
        };
        let nth = (call / turns)
            .wrapping_mul(usize::from(turn.of_round))
            .wrapping_add(usize::from(turn.before));
        rounds.stand_in(usize::from(turn.region), nth, order);
        if rounds.idle != 0 {
            order.sort_by_key(|region| rounds.idle >> region & 1);
        }
    }
}

impl Rounds {
    /// Those of Regions of these weights, in the order of the list.
    fn of(weights: &[u8]) -> Self {
        let idle = weights.iter().enumerate();
        let without = |at| {
            let mut others = weights.to_vec();
            others[at] = 0;
            mix(&others)
        };
        Self {
            turns: turns(weights),
            stand_ins: (0..weights.len()).map(without).collect(),
            idle: idle.fold(0, |idle, (at, weight)| idle | u16::from(*weight == 0) << at),
        }
    }

    /// Puts `first` first, in its turn of that number, and behind it whose turn it is to stand in.
    fn stand_in(&self, first: usize, nth: usize, order: &mut Order) {
        let stand_ins = &self.stand_ins[first];
        if let Some(second) = stand_ins.get(nth % stand_ins.len().max(1)) {
            order.begin_with(usize::from(*second));
            // Should that one be out too, it is not always the same one that has both their turns.
            if nth / stand_ins.len() % 2 == 1 {
                order.reverse();
                order.move_to_front(usize::from(*second));
            }
        }
        order.move_to_front(first);
    }
}

impl Ranking for RoundRobin {
    fn name(&self) -> &'static str {
        "round robin"
    }

    fn rank(&self, _: &Standings<'_>, order: &mut Order) {
        self.put_in_order(order);
    }

    fn enrol(&mut self, regions: &[Region]) -> Result<(), RouterError> {
        let mut weights = vec![u8::from(self.weights.is_none()); regions.len()];
        let mut named = HashSet::new();
        for (region, weight) in self.weights.iter().flat_map(|weights| weights.iter()) {
            let place = regions.iter().position(|listed| listed == region);
            let region = region.clone();
            let Some(place) = place else {
                return Err(RouterError::UnknownRegion { region });
            };
            if !named.insert(place) {
                return Err(RouterError::RepeatedWeight { region });
            }
            weights[place] = *weight;
        }
        if weights.iter().all(|weight| *weight == 0) {
            return Err(RouterError::NoWeight);
        }
        self.rounds = Arc::new(Rounds::of(&weights));
        Ok(())
    }
}

/// The turns of a round, each with its number among those of its Region.
fn turns(weights: &[u8]) -> Box<[Turn]> {
    let mixed = mix(weights);
    let mut had = vec![0_u8; weights.len()];
    let numbered: Vec<(u8, u8)> = mixed
        .iter()
        .map(|region| {
            let had = &mut had[usize::from(*region)];
            *had += 1;
            (*region, *had - 1)
        })
        .collect();
    let turn = |(region, before)| Turn {
        region,
        before,
        of_round: had[usize::from(region)],
    };
    numbered.into_iter().map(turn).collect()
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

    /// How many of so many turns each Region serves while some are out, a bit for each.
    fn served(weights: &[u8], out: u16, calls: usize) -> Vec<usize> {
        let names = ["us-east-1", "eu-west-1", "ap-south-1", "sa-east-1"];
        let regions: Vec<Region> = names[..weights.len()]
            .iter()
            .map(|n| Region::from_static(n))
            .collect();
        let pairs = regions.iter().cloned().zip(weights.iter().copied());
        let mut robin = RoundRobin::weighted(pairs);
        robin.enrol(&regions).expect("known Regions");
        let mut served = vec![0; weights.len()];
        for _ in 0..calls {
            let mut order = Order::of_list(weights.len());
            robin.put_in_order(&mut order);
            assert_eq!(order.len(), weights.len());
            let by = order
                .iter()
                .find(|at| out >> at & 1 == 0)
                .expect("one is there");
            served[by] += 1;
        }
        served
    }

    #[test]
    fn the_turns_of_those_that_are_out_go_to_the_others_by_weight() {
        assert_eq!(served(&[1, 1, 1], 0, 12), [4, 4, 4]);
        assert_eq!(served(&[1, 1, 1], 0b001, 12), [0, 6, 6]);
        assert_eq!(served(&[1, 1, 1, 1], 0b0001, 36), [0, 12, 12, 12]);
        assert_eq!(served(&[1, 1, 1, 1], 0b0011, 48), [0, 0, 24, 24]);
        assert_eq!(served(&[1, 1, 1, 1], 0b0101, 48), [0, 24, 0, 24]);
        assert_eq!(served(&[3, 1, 2], 0b001, 36), [0, 12, 24]);
        assert_eq!(served(&[3, 1, 2], 0b100, 48), [36, 12, 0]);
        // Without weight only where nobody else is left.
        assert_eq!(served(&[3, 1, 0], 0b001, 8), [0, 8, 0]);
        assert_eq!(served(&[3, 1, 0], 0b011, 8), [0, 0, 8]);
        assert_eq!(served(&[1, 0, 0], 0b001, 8), [0, 8, 0]);
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
