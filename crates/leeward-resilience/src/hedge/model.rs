//! Every interleaving of two threads over the histogram, as loom plays them: `cargo xtask test --loom`.

use std::time::Duration;

use loom::{model, sync::Arc, thread};

use super::histogram::Histogram;
use crate::Ratio;

const SHORT: Duration = Duration::ZERO;
const LONG: Duration = Duration::from_secs(1);

#[test]
fn no_call_is_lost_or_counted_twice() {
    model(|| {
        let histogram = Arc::new(Histogram::new());
        let theirs = Arc::clone(&histogram);
        let other = thread::spawn(move || theirs.record(LONG));
        let recorded = [histogram.record(LONG), other.join().unwrap()];
        assert!(recorded == [1, 2] || recorded == [2, 1]);
        // Whoever was second has halved both.
        assert!(histogram.quantile(Ratio::percent(50), 1).is_some());
        assert!(histogram.quantile(Ratio::percent(50), 2).is_none());
    });
}

/// A thread that rests in the middle of a halving for as long as the next one takes.
#[test]
fn two_halvings_at_once_take_no_more_than_there_is() {
    model(|| {
        let histogram = Arc::new(Histogram::new());
        let theirs = Arc::clone(&histogram);
        let other = thread::spawn(move || {
            theirs.record(SHORT);
            theirs.record(LONG);
        });
        histogram.record(LONG);
        histogram.record(LONG);
        other.join().unwrap();
        // More than were ever recorded, if a count has gone below nothing.
        assert!(histogram.quantile(Ratio::percent(50), 5).is_none());
    });
}
