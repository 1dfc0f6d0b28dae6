use std::time::Duration;

use fastrand::Rng;

use super::Traffic;

/// When the next operation of a process begins, after `now`: Poisson's process, at the rate of the moment.
///
/// Such a process has no memory, so where the rate changes before the time that was drawn, a new one is drawn from there.
pub(super) fn next_arrival(traffic: &Traffic, now: Duration, random: &mut Rng) -> Option<Duration> {
    let mut now = now;
    loop {
        let rate = traffic.rate(now);
        let change = traffic.next_change(now);
        if rate > 0.0 {
            let gap = -(1.0 - random.f64()).ln() / rate;
            let arrival = now + Duration::from_secs_f64(gap);
            if change.is_none_or(|change| arrival < change) {
                return Some(arrival);
            }
        }
        now = change?;
    }
}

/// A sequence of draws that belongs to these numbers and to nothing else, so that whatever a policy does, the same attempt has
/// the same luck.
pub(super) fn luck(numbers: &[u64]) -> Rng {
    let mixed = numbers.iter().fold(0_u64, |mixed, number| {
        // SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
        let state = (mixed ^ number).wrapping_add(0x9e37_79b9_7f4a_7c15);
        let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^ (state >> 31)
    });
    Rng::with_seed(mixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrivals(rates: Vec<(Duration, f64)>, until: u64) -> Vec<Duration> {
        let traffic = Traffic {
            rates,
            ..Traffic::steady(1, 0.0)
        };
        let mut random = Rng::with_seed(42);
        let next = |now: &Duration| next_arrival(&traffic, *now, &mut random);
        std::iter::successors(Some(Duration::ZERO), next)
            .skip(1)
            .take_while(|at| *at < Duration::from_secs(until))
            .collect()
    }

    #[test]
    fn as_many_come_as_the_rate_says_and_at_random() {
        let arrivals = arrivals(vec![(Duration::ZERO, 100.0)], 1_000);
        assert!(
            arrivals.len().abs_diff(100_000) < 1_000,
            "{}",
            arrivals.len()
        );
        // The gaps of Poisson's process vary as much as they are long.
        let gaps = arrivals
            .windows(2)
            .map(|two| (two[1] - two[0]).as_secs_f64());
        let mean = 0.01;
        let variance = gaps.map(|gap| (gap - mean).powi(2)).sum::<f64>() / arrivals.len() as f64;
        assert!((variance.sqrt() / mean - 1.0).abs() < 0.05, "{variance}");
    }

    #[test]
    fn a_step_of_the_rate_comes_when_it_should() {
        let step = Duration::from_secs(100);
        let arrivals = arrivals(vec![(Duration::ZERO, 1.0), (step, 100.0)], 200);
        let before = arrivals.iter().filter(|at| **at < step).count();
        assert!(before.abs_diff(100) < 40, "{before}");
        assert!(
            (arrivals.len() - before).abs_diff(10_000) < 400,
            "{}",
            arrivals.len()
        );
    }

    #[test]
    fn nobody_comes_at_no_rate() {
        assert!(arrivals(vec![(Duration::ZERO, 0.0)], 10).is_empty());
        let silence = Duration::from_secs(5);
        let arrivals = arrivals(vec![(Duration::ZERO, 10.0), (silence, 0.0)], 10);
        assert!(arrivals.iter().all(|at| *at < silence));
    }

    #[test]
    fn luck_depends_on_every_number() {
        let draw = |numbers: &[u64]| luck(numbers).u64(..);
        assert_eq!(draw(&[1, 2, 3]), draw(&[1, 2, 3]));
        for other in [[2, 2, 3], [1, 3, 3], [1, 2, 4], [2, 1, 3]] {
            assert_ne!(draw(&[1, 2, 3]), draw(&other));
        }
    }
}
