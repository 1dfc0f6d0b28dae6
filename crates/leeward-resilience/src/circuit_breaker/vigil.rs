use std::time::Duration;

use crate::Timestamp;

/// Notices that time went by unseen: the process or its machine stood still, or nobody called.
///
/// What a call's age says then is not the service's doing. Of the calls that were on their way, those that come back late
/// are not slow for it, and those that our own timers give up count as one failure together: a stopped process drops them
/// all in the moment in which it wakes, a silent service that is seldom called loses them one by one. One that was given up on
/// time is evidence of its own: between a burst of calls and the end of their time nobody need call, and nothing stood still.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vigil {
    max_gap: Duration,
    seen_at: Timestamp,
    woke_at: Timestamp,
    blamed: bool,
}

impl Vigil {
    /// Takes more than `max_gap` without a call for time that nobody saw.
    ///
    /// Half a window is short enough that no such gap makes healthy calls outweigh the successes in the window: to be slow
    /// after it at a factor of five, calls take a tenth of the window, and as few of them are in flight.
    pub(super) const fn new(max_gap: Duration, now: Timestamp) -> Self {
        Self {
            max_gap,
            seen_at: now,
            woke_at: Timestamp::new(Duration::ZERO),
            blamed: false,
        }
    }

    /// Notes that somebody looked at `now`.
    pub(super) fn note(&mut self, now: Timestamp) {
        if now.since(self.seen_at) > self.max_gap {
            self.woke_at = now;
            self.blamed = false;
        }
        self.seen_at = self.seen_at.max(now);
    }

    /// Whether the age of a call that began at `begun` is all its own.
    pub(super) fn vouches_for(&self, begun: Timestamp) -> bool {
        begun >= self.woke_at
    }

    /// Whether a call that was given up is evidence: each one that was so on time is, and all others from before a gap are, together,
    /// once.
    pub(super) fn blames(&mut self, begun: Timestamp, is_on_time: bool) -> bool {
        self.vouches_for(begun) || is_on_time || !std::mem::replace(&mut self.blamed, true)
    }

    /// When time was last seen to go on after a gap.
    pub(super) const fn woke_at(&self) -> Timestamp {
        self.woke_at
    }
}

#[cfg(all(test, not(leeward_loom)))]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::new(Duration::from_secs(seconds))
    }

    #[test]
    fn the_calls_from_before_a_gap_are_evidence_once() {
        let mut vigil = Vigil::new(Duration::from_secs(5), at(100));
        for second in [100, 105, 110] {
            vigil.note(at(second));
        }
        assert!(vigil.vouches_for(at(100)));
        assert!(vigil.blames(at(100), false) && vigil.blames(at(100), false));
        vigil.note(at(116));
        assert!(!vigil.vouches_for(at(110)));
        assert!(vigil.blames(at(110), false));
        assert!(!vigil.blames(at(110), false) && !vigil.blames(at(100), false));
        // Those that came after it are evidence each, and so is the first one of the next gap.
        assert!(vigil.blames(at(116), false) && vigil.blames(at(117), false));
        vigil.note(at(130));
        assert!(vigil.blames(at(117), false) && !vigil.blames(at(117), false));
        // A timer that fired when it was due saw nothing stand still.
        assert!(vigil.blames(at(117), true) && vigil.blames(at(117), true));
    }

    #[test]
    fn a_clock_that_runs_backwards_is_no_gap() {
        let mut vigil = Vigil::new(Duration::from_secs(5), at(100));
        vigil.note(at(100));
        vigil.note(at(90));
        vigil.note(at(101));
        assert!(vigil.vouches_for(at(100)));
    }
}
