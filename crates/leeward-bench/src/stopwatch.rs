use std::time::{Duration, Instant};

/// Does the work, and says how long it took by the clock on the wall.
#[expect(
    clippy::disallowed_methods,
    reason = "a bench measures real time, and by a clock that no subject brings along"
)]
pub(crate) fn time<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let done = work();
    (done, start.elapsed())
}
