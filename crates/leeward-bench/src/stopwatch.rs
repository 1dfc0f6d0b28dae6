//! How long work took.

use std::time::{Duration, Instant};

/// Does the work, and says how long the present thread had a processor for it.
///
/// For work that waits for nothing. A machine that is busy with something else takes the processor away, which is no cost
/// of the work.
#[cfg(target_os = "linux")]
pub(crate) fn processor_time<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    use rustix::time::{ClockId, clock_gettime};

    let now = || {
        let now = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
    };
    let start = now();
    let done = work();
    (done, now().saturating_sub(start))
}

/// Does the work, and says how long it took: this system has no other clock that needs no unsafe code.
#[cfg(not(target_os = "linux"))]
pub(crate) fn processor_time<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    time(work)
}

/// Does the work, and says how long it took, waiting included.
#[expect(
    clippy::disallowed_methods,
    reason = "a bench measures real time, and by a clock that no subject brings along"
)]
pub(crate) fn time<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let done = work();
    (done, start.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    #[cfg(target_os = "linux")]
    fn waiting_takes_no_processor_time() {
        let (kept, nothing_comes) = mpsc::channel::<()>();
        let wait = || nothing_comes.recv_timeout(Duration::from_millis(5));
        let ((waited, on_processor), on_the_wall) = time(|| processor_time(wait));
        drop(kept);
        assert!(waited.is_err());
        assert!(on_processor < on_the_wall, "{on_processor:?}");
    }
}
