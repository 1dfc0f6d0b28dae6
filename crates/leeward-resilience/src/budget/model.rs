//! Every interleaving of two threads over the lock-free core; run with `--cfg leeward_loom`.

use std::time::Duration;

use loom::{model, sync::Arc, thread};

use super::{
    earned::Earned,
    floor::Floor,
    lanes::{BATCH, Lanes},
    rate::Rate,
};
use crate::{Ratio, Timestamp};

const TOKEN: Ratio = Ratio::percent(100);
const UNBOUNDED: u64 = u64::MAX;

fn at(seconds: u64) -> Timestamp {
    Timestamp::new(Duration::from_secs(seconds))
}

#[test]
fn what_was_paid_in_is_taken_once() {
    model(|| {
        let earned = Arc::new(Earned::new(Ratio::percent(50)));
        let theirs = Arc::clone(&earned);
        let other = thread::spawn(move || {
            theirs.deposit(1, UNBOUNDED);
            u64::from(theirs.withdraw(TOKEN, UNBOUNDED))
        });
        earned.deposit(1, UNBOUNDED);
        let taken = u64::from(earned.withdraw(TOKEN, UNBOUNDED)) + other.join().unwrap();
        // Two halves make one token, whoever finds it; nobody is made to lose it.
        assert_eq!(taken + earned.tokens(UNBOUNDED), 1);
    });
}

#[test]
fn a_token_given_back_meets_a_deposit_and_the_cap_holds() {
    model(|| {
        let earned = Arc::new(Earned::new(TOKEN));
        let cap = 2 * Ratio::WHOLE;
        earned.deposit(1, cap);
        assert!(earned.withdraw(TOKEN, cap));
        let theirs = Arc::clone(&earned);
        let other = thread::spawn(move || {
            theirs.deposit(1, cap);
            theirs.deposit(1, cap);
        });
        earned.put_back(TOKEN, cap);
        assert!(earned.tokens(UNBOUNDED) <= 2);
        other.join().unwrap();
        assert_eq!(earned.tokens(UNBOUNDED), 2);
    });
}

#[test]
fn the_last_token_of_the_floor_goes_to_one() {
    model(|| {
        let floor = Arc::new(Floor::new(1, Duration::from_secs(1)));
        let theirs = Arc::clone(&floor);
        let other = thread::spawn(move || u32::from(theirs.withdraw(TOKEN, at(5))));
        let taken = u32::from(floor.withdraw(TOKEN, at(5))) + other.join().unwrap();
        assert_eq!((taken, floor.tokens(at(5))), (1, 0));
    });
}

#[test]
fn a_token_of_the_floor_given_back_is_there_once() {
    model(|| {
        let floor = Arc::new(Floor::new(1, Duration::from_secs(1)));
        assert!(floor.withdraw(TOKEN, at(5)));
        let theirs = Arc::clone(&floor);
        let other = thread::spawn(move || u64::from(theirs.withdraw(TOKEN, at(5))));
        floor.put_back(TOKEN, at(5));
        let taken = other.join().unwrap();
        assert_eq!(taken + floor.tokens(at(5)), 1);
    });
}

#[test]
fn a_token_of_the_floor_given_back_late_meets_one_that_is_spent() {
    model(|| {
        let floor = Arc::new(Floor::new(2, Duration::from_secs(1)));
        assert!(floor.withdraw(TOKEN, at(5)));
        let theirs = Arc::clone(&floor);
        let other = thread::spawn(move || {
            let taken = theirs.withdraw(TOKEN, at(9));
            if taken {
                theirs.spend(TOKEN, at(9));
            }
            u64::from(taken)
        });
        floor.put_back(TOKEN, at(9));
        let spent = other.join().unwrap();
        assert_eq!(spent + floor.tokens(at(9)), 2);
    });
}

#[test]
fn of_two_that_observe_the_rate_one_works_it_out() {
    model(|| {
        let rate = Arc::new(Rate::new(Duration::from_secs(2), at(0)));
        rate.count(4);
        let theirs = Arc::clone(&rate);
        let other = thread::spawn(move || theirs.observe(at(1)));
        rate.observe(at(1));
        other.join().unwrap();
        // Were it worked out twice, the second sample would be of no calls and lower the cap.
        assert_eq!(rate.cap(), 8 * Ratio::WHOLE);
    });
}

#[test]
fn every_call_of_a_lane_is_booked_once_whoever_collects() {
    model(|| {
        let lanes = Arc::new(Lanes::new(1));
        let theirs = Arc::clone(&lanes);
        let other = thread::spawn(move || {
            let counted = (0..BATCH).filter_map(|_| theirs.count(0));
            counted.sum::<u64>()
        });
        let booked = lanes.count(0).unwrap_or_default() + lanes.collect();
        let booked = booked + other.join().unwrap() + lanes.collect();
        assert_eq!(booked, BATCH + 1);
    });
}
