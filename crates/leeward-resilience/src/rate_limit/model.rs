//! Every interleaving of two threads on one limiter, as loom plays them: `cargo xtask test --loom`.

use std::{
    sync::{
        Arc as StdArc,
        atomic::{AtomicU64 as StdAtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use loom::{model, sync::Arc, thread};

use super::{Rate, RateLimitConfig, RateLimiter, bucket::Bucket};
use crate::{Clock, Timestamp};

const SECOND: Duration = Duration::from_secs(1);

/// Stands still; moved only while no other thread runs, hence no part of the model.
#[derive(Clone, Debug, Default)]
struct Still(StdArc<StdAtomicU64>);

impl Still {
    fn stand_at(&self, seconds: u64) {
        self.0.store(seconds, SeqCst);
    }
}

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::new(SECOND * u32::try_from(self.0.load(SeqCst)).expect("a short test"))
    }
}

fn one_a_second() -> Rate {
    Rate::per_second(1).with_burst(1)
}

#[test]
fn a_share_goes_to_one() {
    model(|| {
        let bucket = Arc::new(Bucket::new(one_a_second(), Still::default()));
        let theirs = Arc::clone(&bucket);
        let other = thread::spawn(move || u32::from(theirs.take()));
        assert_eq!(u32::from(bucket.take()) + other.join().unwrap(), 1);
        assert_eq!(bucket.wait(0), SECOND);
    });
}

#[test]
fn a_pause_that_begins_as_another_ends_is_kept() {
    model(|| {
        let clock = Still::default();
        let config = RateLimitConfig::fixed(Rate::per_second(100));
        let limiter = RateLimiter::with_clock(config, clock.clone());
        limiter.pause(5 * SECOND);
        clock.stand_at(10);
        let theirs = limiter.clone();
        let other = thread::spawn(move || theirs.pause(5 * SECOND));
        // Finds the old pause over, or the new one.
        let _ = limiter.try_acquire();
        other.join().unwrap();
        assert!(limiter.try_acquire().is_err());
        clock.stand_at(15);
        assert!(limiter.try_acquire().is_ok());
    });
}

#[test]
fn the_longer_of_two_pauses_holds() {
    model(|| {
        let clock = Still::default();
        let config = RateLimitConfig::fixed(Rate::per_second(100));
        let limiter = RateLimiter::with_clock(config, clock.clone());
        let theirs = limiter.clone();
        let other = thread::spawn(move || theirs.pause(5 * SECOND));
        limiter.pause(3 * SECOND);
        other.join().unwrap();
        clock.stand_at(4);
        assert!(limiter.try_acquire().is_err());
    });
}

#[test]
fn the_last_place_among_those_who_wait_goes_to_one() {
    model(|| {
        let config = RateLimitConfig::fixed(one_a_second()).with_max_waiting(1);
        let limiter = RateLimiter::with_clock(config, Still::default());
        limiter.try_acquire().unwrap();
        let theirs = limiter.clone();
        let other = thread::spawn(move || theirs.join());
        let places = [limiter.join(), other.join().unwrap()];
        let waiting = places.iter().flatten().count();
        assert_eq!((waiting, limiter.waiting()), (1, 1));
        drop(places);
        assert_eq!(limiter.waiting(), 0);
    });
}
