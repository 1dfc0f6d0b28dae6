use std::time::Duration;
use tokio::time::Instant;

/// Decides when the connections to a host are not to be used again: after a silence, they may be dead without knowing.
///
/// A firewall or a load balancer that has lost its state drops what comes over an old connection without a word, long after the
/// service is back. Calls that end in silence are counted as long as none is answered; from the third on, the generation of
/// the host's connections rises, so that calls open fresh ones. What comes of a call that was sent in an earlier generation
/// changes nothing.
#[derive(Debug)]
pub(super) struct Darkness {
    interval: Duration,
    generation: u32,
    silent: u32,
    turned_at: Option<Instant>,
}

/// So many silent calls in a row: two may be two slow answers, and a network that has gone dark has no lack of a third.
const SILENT: u32 = 3;

impl Darkness {
    /// Lets the generation rise no sooner than `interval` after it last did.
    pub(super) const fn new(interval: Duration) -> Self {
        Self {
            interval,
            generation: 0,
            silent: 0,
            turned_at: None,
        }
    }

    pub(super) const fn generation(&self) -> u32 {
        self.generation
    }

    /// Whether a call has ended in silence since the last answer.
    pub(super) const fn has_begun(&self) -> bool {
        self.silent > 0
    }

    /// Learns that a call of `generation` ended at `now` without an answer.
    pub(super) fn silent(&mut self, generation: u32, now: Instant) {
        if generation != self.generation {
            return;
        }
        self.silent = self.silent.saturating_add(1);
        let is_early = |turned_at: Instant| now.duration_since(turned_at) < self.interval;
        if self.silent >= SILENT && !self.turned_at.is_some_and(is_early) {
            self.generation = self.generation.wrapping_add(1);
            self.silent = 0;
            self.turned_at = Some(now);
        }
    }

    /// Learns that a call of `generation` was answered.
    pub(super) const fn answered(&mut self, generation: u32) {
        if generation == self.generation {
            self.silent = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `s` is silent, `a` is answered, `o` and `b` are the same of a call of the generation before, `.` is a second.
    #[track_caller]
    fn check(calls: &str, generation: u32) {
        let mut now = Instant::now();
        let mut darkness = Darkness::new(Duration::from_secs(2));
        for call in calls.chars() {
            let present = darkness.generation();
            let before = present.wrapping_sub(1);
            match call {
                's' => darkness.silent(present, now),
                'a' => darkness.answered(present),
                'o' => darkness.silent(before, now),
                'b' => darkness.answered(before),
                '.' => now += Duration::from_secs(1),
                other => panic!("{other:?} is no call"),
            }
        }
        assert_eq!(darkness.generation(), generation, "{calls}");
    }

    #[test]
    fn the_third_silence_in_a_row_turns_to_fresh_connections() {
        check("", 0);
        check("ss", 0);
        check("sss", 1);
        check("s.s.s", 1);
    }

    #[test]
    fn an_answer_shows_that_the_connections_live() {
        check("ssas", 0);
        check("ssass", 0);
        check("ssasss", 1);
    }

    #[test]
    fn it_turns_again_while_the_silence_lasts_but_not_at_once() {
        check("ssssss", 1);
        check("sss.sss", 1);
        check("sss..sss", 2);
        check("sss.sss.s", 2);
        check("sss..sss..sss", 3);
    }

    #[test]
    fn a_late_answer_and_a_late_silence_change_nothing() {
        check("sss..ooo", 1);
        check("sss..ssbs", 2);
        check("sss..ssos", 2);
        check("oooo", 0);
    }
}
