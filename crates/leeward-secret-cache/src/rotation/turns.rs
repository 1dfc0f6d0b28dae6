//! Whose turn it is to look for what is new, and to try it: pure functions of the time.

use std::time::Duration;
use tokio::time::Instant;

/// Whose turn it is to look, and to try.
#[derive(Debug, Default)]
pub(super) struct Turns {
    is_out: bool,
    /// What was refused to one of them, the latest last.
    refused: Vec<Refused>,
    current: Option<RefusedCurrent>,
    looks: u32,
    next_look: Option<Instant>,
}

#[derive(Debug)]
struct Refused {
    version_id: String,
    count: u32,
    next_try: Instant,
}

/// A version that was refused to one of them when it was current.
#[derive(Debug)]
struct RefusedCurrent {
    version_id: String,
    /// When it was refused for the first time.
    since: Instant,
    /// When it was last found to log in after all.
    works_since: Option<Instant>,
    /// Until when it is taken to log in for some, as it has: a secret may be good for one of two databases.
    works_until: Instant,
}

/// How many refused versions are remembered: there are hardly more than three stages to be at.
const MAX_REFUSED: usize = 8;

/// After how long another may try what was refused; twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// After how long somebody looks again; twice as long each time.
const FIRST_LOOK: Duration = Duration::from_secs(1);
const LONGEST_LOOK: Duration = Duration::from_secs(8);

impl Turns {
    /// Whether one may try this version at `now`.
    pub(super) fn go(&mut self, version_id: &str, now: Instant) -> bool {
        if self.is_out || now < self.next_try(version_id).unwrap_or(now) {
            return false;
        }
        self.is_out = true;
        true
    }

    /// Whoever tried has ended.
    pub(super) const fn is_back(&mut self) {
        self.is_out = false;
    }

    pub(super) const fn is_out(&self) -> bool {
        self.is_out
    }

    /// From when on somebody may try a version that was refused.
    pub(super) fn next_try(&self, version_id: &str) -> Option<Instant> {
        let refused = self.refused.iter().find(|it| it.version_id == version_id);
        refused.map(|refused| refused.next_try)
    }

    pub(super) fn refused(&mut self, version_id: &str, now: Instant) {
        let known = self
            .refused
            .iter()
            .position(|it| it.version_id == version_id);
        let count = known.map_or(0, |nth| self.refused.remove(nth).count);
        // Nobody but who tries it for all finds out that it logs in again.
        let longest = if self.refused_current_of(version_id).is_some() {
            LONGEST_LOOK
        } else {
            LONGEST_PAUSE
        };
        if self.refused.len() == MAX_REFUSED {
            self.refused.remove(0);
        }
        self.refused.push(Refused {
            version_id: version_id.to_owned(),
            count: count.saturating_add(1),
            next_try: now + doubled(FIRST_PAUSE, count, longest),
        });
    }

    /// A current version is tried for all soon after it was refused, whatever was refused when it was pending.
    pub(super) fn refused_current(&mut self, version_id: &str, now: Instant) {
        if self.refused_current_of(version_id).is_some() {
            return;
        }
        self.current = Some(RefusedCurrent {
            version_id: version_id.to_owned(),
            since: now,
            works_since: None,
            works_until: now,
        });
        self.forget(version_id);
        self.refused(version_id, now);
    }

    /// What is known of this version, if it was refused when it was current.
    fn refused_current_of(&self, version_id: &str) -> Option<&RefusedCurrent> {
        let current = self.current.as_ref();
        current.filter(|known| known.version_id == version_id)
    }

    /// Whether this version, which is current, is for one to try at `now`, and not for everybody.
    pub(super) fn holds_back(&self, version_id: &str, now: Instant) -> bool {
        let current = self.refused_current_of(version_id);
        current.is_some_and(|it| it.works_until <= now)
    }

    /// Whether this version, which is current, was found to log in after all since `then`.
    pub(super) fn works_since(&self, version_id: &str, then: Instant) -> bool {
        let current = self.refused_current_of(version_id);
        let since = current.and_then(|it| it.works_since);
        since.is_some_and(|since| since > then)
    }

    /// Says whether it was held back until now.
    pub(super) fn worked(&mut self, version_id: &str, began: Instant, now: Instant) -> bool {
        let was_held_back = self.holds_back(version_id, now);
        let Some(current) = &mut self.current else {
            return false;
        };
        // What began before it was refused says nothing of what came then.
        if current.version_id != version_id || began < current.since {
            return false;
        }
        current.works_until = now + LONGEST_PAUSE;
        if was_held_back {
            current.works_since = Some(now);
        }
        self.forget(version_id);
        was_held_back
    }

    fn forget(&mut self, version_id: &str) {
        self.refused.retain(|it| it.version_id != version_id);
    }

    /// Whether it is the turn of whoever asks at `now` to look; `jitter` from 0 to 1 puts the next turn off.
    pub(super) fn look(&mut self, now: Instant, jitter: f64) -> bool {
        if self.next_look.is_some_and(|next| now < next) {
            return false;
        }
        let pause = doubled(FIRST_LOOK, self.looks, LONGEST_LOOK);
        self.looks = self.looks.saturating_add(1);
        self.next_look = Some(now + pause.mul_f64(1.0 + jitter.clamp(0.0, 1.0) / 2.0));
        true
    }

    /// Takes the last turn to look back.
    pub(super) const fn look_again(&mut self) {
        self.looks = self.looks.saturating_sub(1);
        self.next_look = None;
    }

    /// When somebody looks again.
    pub(super) const fn next_look(&self) -> Option<Instant> {
        self.next_look
    }
}

fn doubled(first: Duration, count: u32, longest: Duration) -> Duration {
    first.saturating_mul(1 << count.min(16)).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn one_tries_a_version_and_the_next_after_longer_and_longer() {
        let start = Instant::now();
        let mut turns = Turns::default();
        let mut now = start;
        for pause in [1, 2, 4, 8, 16, 30, 30] {
            assert!(turns.go("pending", now));
            assert!(!turns.go("pending", now) && !turns.go("current", now));
            turns.refused("pending", now);
            turns.is_back();
            now += seconds(pause);
            assert!(!turns.go("pending", now - Duration::from_millis(1)));
        }
        assert!(turns.go("current", now));
    }

    #[test]
    fn a_current_version_that_was_refused_is_tried_by_one_until_it_logs_in() {
        let start = Instant::now();
        let mut turns = Turns::default();
        for _ in 0..6 {
            turns.refused("a", start);
        }
        assert!(!turns.holds_back("a", start));
        for _ in 0..1_000 {
            turns.refused_current("a", start);
        }
        assert!(turns.holds_back("a", start) && !turns.holds_back("b", start));
        let mut now = start;
        for pause in [1, 2, 4, 8, 8] {
            assert!(!turns.go("a", now));
            now += seconds(pause);
            assert!(turns.go("a", now));
            turns.refused("a", now);
            turns.is_back();
        }
        // A login that began before, one of another version, and one that says so.
        let now = start + seconds(5);
        for (version_id, began, is_news) in [
            ("a", start - seconds(1), false),
            ("b", start, false),
            ("a", start, true),
            ("a", start, false),
        ] {
            assert_eq!(turns.worked(version_id, began, now), is_news);
        }
        assert!(turns.worked("a", start, now + seconds(40)));
        for (version_id, then, works) in [("a", 44, true), ("a", 45, false), ("b", 0, false)] {
            assert_eq!(turns.works_since(version_id, start + seconds(then)), works);
        }
        let now = now + seconds(40);
        for (after, holds_back) in [(0, false), (29, false), (30, true)] {
            assert_eq!(turns.holds_back("a", now + seconds(after)), holds_back);
        }
        turns.refused_current("b", now);
        assert!(!turns.holds_back("a", now + seconds(30)));
    }

    #[test]
    fn only_so_many_versions_are_remembered() {
        let now = Instant::now();
        let mut turns = Turns::default();
        for nth in 0..100 {
            turns.refused(&nth.to_string(), now);
        }
        assert_eq!(turns.refused.len(), MAX_REFUSED);
        assert!(turns.next_try("99").is_some() && turns.next_try("0").is_none());
    }

    #[test]
    fn one_looks_for_all_and_less_and_less_often() {
        let mut now = Instant::now();
        let mut turns = Turns::default();
        for pause in [1, 2, 4, 8, 8] {
            assert!(turns.look(now, 0.0));
            assert!(!turns.look(now, 0.0));
            now += seconds(pause);
        }
        assert!(turns.look(now, 1.0));
        assert_eq!(turns.next_look(), Some(now + seconds(12)));
    }
}
