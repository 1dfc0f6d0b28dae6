//! What a cache pays at least that shares its values, counts its hits and knows how old they are.

use super::SECRETS;
use crate::Subject;
use std::{
    convert::Infallible,
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

pub(super) fn subject() -> Subject {
    let hits = AtomicU64::new(0);
    let values = [(); SECRETS].map(|()| Arc::new([0_u8; 61]));
    let mut turns = (0..SECRETS).cycle();
    Subject::repeat(move || {
        black_box(coarse());
        hits.fetch_add(1, Ordering::Relaxed);
        let turn = turns.next().unwrap_or_default();
        Ok::<_, Infallible>(values.get(turn).cloned())
    })
}

/// The two clocks that a cache reads, as of their last tick.
#[cfg(target_os = "linux")]
#[inline]
fn coarse() -> (i64, i64) {
    use rustix::time::{ClockId, clock_gettime};

    let nanos = |clock| {
        let time = clock_gettime(clock);
        time.tv_sec * 1_000_000_000 + time.tv_nsec
    };
    (
        nanos(ClockId::MonotonicCoarse),
        nanos(ClockId::RealtimeCoarse),
    )
}

/// The two clocks that a cache reads: this system has none that is quicker and needs no unsafe code.
#[cfg(not(target_os = "linux"))]
#[expect(
    clippy::disallowed_methods,
    reason = "std's clocks are what the floor is made of"
)]
fn coarse() -> impl Sized {
    (std::time::Instant::now(), std::time::SystemTime::now())
}
