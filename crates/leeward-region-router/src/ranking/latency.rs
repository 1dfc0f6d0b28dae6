use std::{
    sync::{
        Mutex, TryLockError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use leeward_resilience::{Ratio, Timestamp};

use super::{MAX_REGIONS, Order, Ranking, Standings, penalty::Penalty};

/// How often it looks at what the Regions have shown.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// So many times more seldom than an unmeasured Region is one explored that has been measured.
const REFRESH: u64 = 10;

/// Asks the Region first that is expected to answer soonest.
///
/// What is expected of a Region is its normal latency, as its circuit has learnt it, and a
/// [penalty](Self::with_penalty) in proportion to the calls that fail: one that fails at once is not fast. Once nobody calls it,
/// the penalty fades by half each minute. The first choice changes only
/// when another Region has been better by a [margin](Self::with_margin) for a [while](Self::with_patience), so that two of much
/// the same latency do not take turns. Until something is known the order is that of the list.
///
/// A Region that nobody calls is not measured. One call in a [hundred](Self::with_exploration) goes first to a Region that is not
/// measured yet, and one in a thousand to one of the others, to see whether it has become faster.
#[derive(Debug)]
pub struct Latency {
    margin: Ratio,
    patience: Duration,
    penalty: Duration,
    explore_one_in: u32,
    // Of the calls, the order; four bits for each Region, the first to be asked in the lowest.
    order: AtomicU64,
    look_at: AtomicU64,
    // A bit for each Region that may be explored and, above them, in how many calls one is; nothing if zero.
    explore: AtomicU64,
    calls: AtomicU64,
    choice: Mutex<Choice>,
}

impl Latency {
    /// Starts from the defaults.
    #[must_use]
    pub fn new() -> Self {
        Self {
            margin: Ratio::percent(20),
            patience: Duration::from_secs(5),
            penalty: Duration::from_secs(1),
            explore_one_in: 100,
            order: AtomicU64::new(packed(&Order::of_list(MAX_REGIONS))),
            look_at: AtomicU64::new(0),
            explore: AtomicU64::new(0),
            calls: AtomicU64::new(0),
            choice: Mutex::default(),
        }
    }

    /// By how much less another Region must take to become the first choice; 20 % by default.
    #[must_use]
    pub fn with_margin(self, margin: Ratio) -> Self {
        Self { margin, ..self }
    }

    /// For how long it must be better by that, without a break; 5 s by default.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// What a Region of which every call fails is taken to need in addition; 1 s by default, as an attempt's time-out. One of which
    /// every tenth fails needs a tenth of it.
    #[must_use]
    pub fn with_penalty(self, penalty: Duration) -> Self {
        Self { penalty, ..self }
    }

    /// Sends one call in so many first to a Region that has not been measured, and one in ten times as many to one that has been;
    /// 100 by default, and 0 switches it off.
    #[must_use]
    pub fn with_exploration(self, one_in: u32) -> Self {
        Self {
            explore_one_in: one_in,
            ..self
        }
    }

    #[cold]
    fn look(&self, standings: &Standings<'_>) {
        let mut choice = match self.choice.try_lock() {
            Ok(choice) => choice,
            Err(TryLockError::Poisoned(choice)) => choice.into_inner(),
            // Whoever is second leaves it to the first.
            Err(TryLockError::WouldBlock) => return,
        };
        let regions = standings.len();
        let elapsed = choice.note(standings.now());
        choice.make_room(regions);
        let mut expected = [None; MAX_REGIONS];
        for (at, expected) in expected.iter_mut().enumerate().take(regions) {
            let penalty =
                choice.penalties[at].follow(self.penalty, &standings.circuit(at), elapsed);
            *expected = standings
                .baseline(at)
                .map(|normal| normal.saturating_add(penalty));
        }
        let order = choice.decide(self, standings.now(), &expected[..regions]);
        self.order.store(packed(&order), Relaxed);
        let explore = choice.explore(self.explore_one_in, &expected[..regions]);
        self.explore.store(explore, Relaxed);
        let next = standings.now() + LOOK_INTERVAL;
        self.look_at.store(nanos(next), Relaxed);
    }
}

impl Default for Latency {
    fn default() -> Self {
        Self::new()
    }
}

/// Begins without any choice, with the same settings.
impl Clone for Latency {
    fn clone(&self) -> Self {
        Self {
            margin: self.margin,
            patience: self.patience,
            penalty: self.penalty,
            explore_one_in: self.explore_one_in,
            ..Self::new()
        }
    }
}

impl Ranking for Latency {
    fn name(&self) -> &'static str {
        "latency"
    }

    fn rank(&self, standings: &Standings<'_>, order: &mut Order) {
        if nanos(standings.now()) >= self.look_at.load(Relaxed) {
            self.look(standings);
        }
        let packed = self.order.load(Relaxed);
        order.sort_by_key(|region| place_in(packed, region));
        let explore = self.explore.load(Relaxed);
        if explore != 0
            && standings.may_explore()
            && let Some(region) = explored(explore, self.calls.fetch_add(1, Relaxed))
        {
            order.move_to_front(region);
        }
    }

    fn preview(&self, _: &Standings<'_>, order: &mut Order) -> bool {
        let packed = self.order.load(Relaxed);
        order.sort_by_key(|region| place_in(packed, region));
        true
    }
}

/// The order that stands, and since when it has been beaten.
#[derive(Debug, Default)]
struct Choice {
    first: usize,
    beaten_since: Option<Timestamp>,
    looked_at: Timestamp,
    // As many as there are Regions, from the first look on: thousands of routers are to be small.
    penalties: Vec<Penalty>,
}

impl Choice {
    /// Notes a look at `now`, and says how long ago the one before it was.
    fn note(&mut self, now: Timestamp) -> Duration {
        let elapsed = now.since(self.looked_at);
        self.looked_at = self.looked_at.max(now);
        elapsed
    }

    fn make_room(&mut self, regions: usize) {
        if self.penalties.len() < regions {
            self.penalties.reserve_exact(regions);
            self.penalties.resize(regions, Penalty::default());
        }
    }

    /// Puts the Regions in order by what is expected of them at `now`; what is not known comes last.
    fn decide(&mut self, by: &Latency, now: Timestamp, expected: &[Option<Duration>]) -> Order {
        let mut order = Order::of_list(expected.len());
        order.sort_by_key(|region| expected[region].unwrap_or(Duration::MAX));
        let best = order.iter().next().unwrap_or_default();
        let standing = expected[self.first].unwrap_or(Duration::MAX);
        let kept = u128::from(Ratio::percent(100).millionths() - by.margin.millionths());
        let to_beat = standing.as_nanos() * kept / u128::from(Ratio::percent(100).millionths());
        let is_beaten =
            best != self.first && expected[best].is_some_and(|best| best.as_nanos() < to_beat);
        if is_beaten {
            let since = *self.beaten_since.get_or_insert(now);
            if now.since(since) >= by.patience {
                self.first = best;
                self.beaten_since = None;
            }
        } else {
            self.beaten_since = None;
        }
        order.move_to_front(self.first);
        order
    }

    /// Which Regions may be explored until the next look, and by one in how many calls.
    fn explore(&self, one_in: u32, expected: &[Option<Duration>]) -> u64 {
        let mask = |wanted: &dyn Fn(usize) -> bool| {
            let others = (0..expected.len()).filter(|at| *at != self.first && wanted(*at));
            others.fold(0_u64, |mask, at| mask | 1 << at)
        };
        let unmeasured = mask(&|at| expected[at].is_none());
        let (regions, one_in) = match (unmeasured, u64::from(one_in)) {
            (0, one_in) => (mask(&|_| true), one_in * REFRESH),
            unmeasured => unmeasured,
        };
        if regions == 0 || one_in == 0 {
            0
        } else {
            one_in << MAX_REGIONS | regions
        }
    }
}

/// Which Region a call explores, if any: by turns.
fn explored(explore: u64, call: u64) -> Option<usize> {
    let (one_in, mut regions) = (explore >> MAX_REGIONS, explore & ((1 << MAX_REGIONS) - 1));
    if call % one_in != one_in - 1 {
        return None;
    }
    for _ in 0..(call / one_in) % u64::from(regions.count_ones()) {
        regions &= regions - 1;
    }
    Some(regions.trailing_zeros() as usize)
}

fn nanos(at: Timestamp) -> u64 {
    let since_origin = at.since(Timestamp::default());
    u64::try_from(since_origin.as_nanos()).expect("kept in as many bits")
}

fn packed(order: &Order) -> u64 {
    let places = order.iter().enumerate();
    places.fold(0, |word, (at, region)| word | (at as u64) << (4 * region))
}

/// Where a Region stands in an order that was packed.
const fn place_in(packed: u64, region: usize) -> u64 {
    packed >> (4 * region) & 15
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::new(Duration::from_secs(seconds))
    }

    fn expected(millis: &[u64]) -> Vec<Option<Duration>> {
        let known = |millis: &u64| (*millis > 0).then(|| Duration::from_millis(*millis));
        millis.iter().map(known).collect()
    }

    /// Looks once a second at what is expected of each Region, in ms and 0 for nothing, and notes the order.
    /// What is expected, and the order that comes of it.
    type Look = (&'static [u64], &'static [usize]);

    #[track_caller]
    fn check(looks: &[Look]) {
        let (latency, mut choice) = (Latency::new(), Choice::default());
        for (second, (millis, order)) in looks.iter().enumerate() {
            let decided = choice.decide(&latency, at(second as u64), &expected(millis));
            assert_eq!(&decided.iter().collect::<Vec<_>>(), order, "at {second} s");
        }
    }

    #[test]
    fn the_first_choice_changes_when_another_was_better_by_a_fifth_for_five_seconds() {
        let better: Look = (&[100, 79, 300], &[0, 1, 2]);
        check(&[
            better,
            better,
            better,
            better,
            better,
            (&[100, 79, 300], &[1, 0, 2]),
            (&[78, 79, 300], &[1, 0, 2]),
        ]);
    }

    #[test]
    fn what_is_hardly_better_or_better_for_a_moment_changes_nothing() {
        let hardly: Look = (&[100, 81], &[0, 1]);
        check(&[hardly; 20]);
        let better: Look = (&[100, 79], &[0, 1]);
        let mut looks = [better; 20];
        for at in [4, 8, 12, 16] {
            looks[at] = hardly;
        }
        check(&looks);
    }

    #[test]
    fn below_a_millisecond_a_fifth_is_a_fifth_too() {
        let decided = |micros: [u64; 2]| {
            let (latency, mut choice) = (Latency::new(), Choice::default());
            let expected = micros.map(|micros| Some(Duration::from_micros(micros)));
            let looks = (0..10).map(|second| choice.decide(&latency, at(second), &expected));
            looks.last().and_then(|order| order.iter().next())
        };
        for (micros, first) in [
            ([900, 100], 1),
            ([900, 719], 1),
            ([900, 721], 0),
            ([1_900, 1_200], 1),
            ([1_900, 1_600], 0),
            ([19_000, 12_000], 1),
        ] {
            assert_eq!(decided(micros), Some(first), "{micros:?}");
        }
    }

    #[test]
    fn what_is_not_known_comes_last_and_gives_way() {
        let nothing: Look = (&[0, 0, 0], &[0, 1, 2]);
        check(&[nothing; 9]);
        let unknown: Look = (&[0, 0, 90], &[0, 2, 1]);
        check(&[
            unknown,
            unknown,
            unknown,
            unknown,
            unknown,
            (&[0, 0, 90], &[2, 0, 1]),
        ]);
    }

    #[test]
    fn explores_what_is_not_measured_by_turns_and_seldom_what_is() {
        let choice = Choice::default();
        let explorers = |one_in, millis: &[u64]| {
            let word = choice.explore(one_in, &expected(millis));
            let calls = (0..3_000).filter(|_| word != 0);
            let explorers = calls.filter_map(|call| Some((call, explored(word, call)?)));
            explorers.take(3).collect::<Vec<_>>()
        };
        assert_eq!(explorers(100, &[20, 0, 0]), [(99, 1), (199, 2), (299, 1)]);
        assert_eq!(explorers(100, &[20, 0, 40]), [(99, 1), (199, 1), (299, 1)]);
        assert_eq!(
            explorers(100, &[20, 30, 40]),
            [(999, 1), (1_999, 2), (2_999, 1)]
        );
        assert_eq!(explorers(1, &[20, 0]), [(0, 1), (1, 1), (2, 1)]);
        assert_eq!(explorers(0, &[20, 0, 40]), []);
        assert_eq!(explorers(100, &[20]), []);
    }
}
