use std::time::Duration;
use tokio::time::Instant;
use tracing::warn;

/// What becomes of events that do not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Shed,
    Rejected,
    Lost,
}

const KINDS: [Kind; 3] = [Kind::Shed, Kind::Rejected, Kind::Lost];

impl Kind {
    /// Tells of so many; of lost ones with what the last of them were given up for.
    pub(super) fn tell(self, events: u64, error: Option<&str>) {
        match self {
            Self::Shed => {
                warn!(target: "leeward::logs", shed = events, "log events are shed: the queue is full");
            }
            Self::Rejected => {
                warn!(target: "leeward::logs", rejected = events, "log events were rejected: they are too old or too far ahead");
            }
            Self::Lost => {
                warn!(target: "leeward::logs", lost = events, error, "log events are lost: their batch was given up");
            }
        }
    }
}

/// Has what happens often be told of once in a while, each kind for itself, with how often it happened since.
#[derive(Debug, Default)]
pub(super) struct Loudness([Told; KINDS.len()]);

#[derive(Debug, Default)]
struct Told {
    at: Option<Instant>,
    untold: u64,
}

/// Between two tellings.
const PAUSE: Duration = Duration::from_secs(30);

/// What is to be done when something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// Tell of so many now.
    Tell(u64),
    /// Tell when the pause is over; nothing else is to be told then so far.
    First,
    /// It is told with what was added before.
    More,
}

impl Loudness {
    /// It happened to so many more.
    pub(super) fn add(&mut self, kind: Kind, more: u64, now: Instant) -> Added {
        let told = &mut self.0[kind as usize];
        let was_told = told.untold == 0;
        told.untold += more;
        match told.take(now) {
            Some(events) => Added::Tell(events),
            None if was_told => Added::First,
            None => Added::More,
        }
    }

    /// What is to be told at `now`.
    pub(super) fn due(&mut self, now: Instant) -> impl Iterator<Item = (Kind, u64)> + use<> {
        KINDS
            .map(|kind| (kind, self.0[kind as usize].take(now)))
            .into_iter()
            .filter_map(|(kind, events)| Some((kind, events?)))
    }

    /// All that was not told, since nobody will tell it later.
    pub(super) fn rest(&mut self) -> impl Iterator<Item = (Kind, u64)> + use<> {
        KINDS
            .map(|kind| (kind, std::mem::take(&mut self.0[kind as usize].untold)))
            .into_iter()
            .filter(|(_, events)| *events > 0)
    }

    /// When there will be something to tell.
    pub(super) fn due_at(&self) -> Option<Instant> {
        let untold = self.0.iter().filter(|told| told.untold > 0);
        untold.filter_map(|told| Some(told.at? + PAUSE)).min()
    }
}

impl Told {
    /// The number to tell of, if it is time to.
    fn take(&mut self, now: Instant) -> Option<u64> {
        let is_quiet = self.at.is_some_and(|at| now.duration_since(at) < PAUSE);
        if is_quiet || self.untold == 0 {
            return None;
        }
        self.at = Some(now);
        Some(std::mem::take(&mut self.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_is_told_at_once_and_the_rest_together() {
        let now = Instant::now();
        let mut loudness = Loudness::default();
        let mut shed = |events, now| loudness.add(Kind::Shed, events, now);
        assert_eq!(shed(1, now), Added::Tell(1));
        assert_eq!(shed(2, now), Added::First);
        assert_eq!(shed(3, now + PAUSE / 2), Added::More);
        assert_eq!(shed(1, now + PAUSE), Added::Tell(6));
        assert_eq!(shed(1, now + PAUSE), Added::First);
        assert_eq!(
            loudness.add(Kind::Lost, 7, now + PAUSE),
            Added::Tell(7),
            "each kind for itself"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_not_told_is_told_though_nothing_else_happens() {
        let now = Instant::now();
        let mut loudness = Loudness::default();
        assert_eq!(loudness.due_at(), None);
        loudness.add(Kind::Shed, 1, now);
        assert_eq!(loudness.due_at(), None);
        loudness.add(Kind::Shed, 9_999, now);
        loudness.add(Kind::Lost, 1, now + PAUSE / 3);
        loudness.add(Kind::Lost, 2, now + PAUSE / 2);
        assert_eq!(loudness.due_at(), Some(now + PAUSE));
        assert_eq!(loudness.due(now + PAUSE / 2).count(), 0);
        let due: Vec<_> = loudness.due(now + PAUSE).collect();
        assert_eq!(due, [(Kind::Shed, 9_999)]);
        assert_eq!(loudness.due_at(), Some(now + PAUSE + PAUSE / 3));
        let rest: Vec<_> = loudness.rest().collect();
        assert_eq!(rest, [(Kind::Lost, 2)]);
        assert_eq!(loudness.rest().count(), 0);
    }
}
