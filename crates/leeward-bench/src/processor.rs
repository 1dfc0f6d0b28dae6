//! Which processor a thread runs on.

/// Keeps the present thread on the `nth` processor of those that the process may use.
///
/// Two threads that take turns on one processor never meet, and what they share looks free. Where there is no `nth`
/// processor, or the system does not let a thread choose, the thread runs wherever it is put.
#[cfg(target_os = "linux")]
pub(crate) fn stay_on(nth: usize) {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    let Ok(allowed) = sched_getaffinity(None) else {
        return;
    };
    let mut allowed = (0..CpuSet::MAX_CPU).filter(|processor| allowed.is_set(*processor));
    if let Some(processor) = allowed.nth(nth) {
        let mut only = CpuSet::new();
        only.set(processor);
        // A sandbox may forbid it; the figure is then what it would be without.
        let _ = sched_setaffinity(None, &only);
    }
}

/// Does nothing: this system has no call for it that needs no unsafe code.
#[cfg(not(target_os = "linux"))]
pub(crate) const fn stay_on(_: usize) {}
