//! What waits to be sent: what is taken in, which batch is next, and when.

use super::batch::{BatchLimits, Extent, OVERHEAD};
use std::{collections::VecDeque, fmt, time::Duration};
use tokio::time::Instant;

/// An event that AWS would take.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Milliseconds since 1970.
    pub(super) timestamp: i64,
    pub(super) message: String,
}

impl Entry {
    /// What AWS counts it for.
    pub(super) fn size(&self) -> usize {
        self.message.len() + OVERHEAD
    }
}

/// Without the text, of which only the length is printed.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("timestamp", &self.timestamp)
            .field("bytes", &self.message.len())
            .finish_non_exhaustive()
    }
}

/// What the queue holds at the most, and how long it waits for a batch to fill.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) max_events: usize,
    pub(super) max_bytes: usize,
    pub(super) max_delay: Duration,
    pub(super) batch: BatchLimits,
}

/// Events in the order in which they came, and the batch that is under way.
#[derive(Debug)]
pub(super) struct Queue {
    bounds: Bounds,
    waiting: VecDeque<(Entry, Instant)>,
    waiting_bytes: usize,
    sending: Extent,
    /// Those at the front that go into the next batch.
    next: Extent,
    /// Whether one waits that no longer goes into it.
    is_next_full: bool,
    taken: u64,
    /// Up to which event all go without further delay.
    due: u64,
    is_closed: bool,
}

/// Why the queue takes no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closed {
    Full,
    ForGood,
}

/// What is to be done now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Send these, which are in the order of their time; nothing else is under way.
    Send(Vec<Entry>),
    /// Look again at this time, or when something has happened.
    Until(Instant),
    /// Look again when something has happened.
    Idle,
    /// All is sent, and nothing more will come.
    Over,
}

impl Queue {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            sending: Extent::default(),
            next: Extent::default(),
            is_next_full: false,
            taken: 0,
            due: 0,
            is_closed: false,
        }
    }

    /// Takes an event at `now`; says whether it is time to look what is to be done.
    pub(super) fn offer(&mut self, entry: Entry, now: Instant) -> Result<bool, Closed> {
        let size = entry.size();
        if self.is_closed {
            return Err(Closed::ForGood);
        }
        let has_room = self.events() < self.bounds.max_events
            && self.bytes().saturating_add(size) <= self.bounds.max_bytes;
        if !has_room {
            return Err(Closed::Full);
        }
        let was_full = self.is_full();
        self.count(entry.timestamp, size);
        self.waiting.push_back((entry, now));
        self.waiting_bytes += size;
        self.taken += 1;
        Ok(self.waiting.len() == 1 || self.is_full() != was_full)
    }

    /// What is to be done at `now`, when no batch is under way.
    pub(super) fn turn(&mut self, now: Instant) -> Turn {
        let Some((_, came)) = self.waiting.front() else {
            return match self.is_closed {
                true => Turn::Over,
                false => Turn::Idle,
            };
        };
        let due_at = *came + self.bounds.max_delay;
        let is_due = self.is_full() || self.is_closed || self.settled() < self.due || due_at <= now;
        match is_due {
            true => Turn::Send(self.cut()),
            false => Turn::Until(due_at),
        }
    }

    /// The batch that was under way is done with, however it came out.
    pub(super) fn settle(&mut self) {
        self.sending = Extent::default();
    }

    /// Has all that is here go without further delay; says up to which event that is.
    pub(super) fn flush(&mut self) -> u64 {
        self.due = self.taken;
        self.taken
    }

    /// Takes nothing more, and has the rest go without further delay.
    pub(super) fn close(&mut self) {
        self.is_closed = true;
    }

    /// How many of the events that it took it is done with.
    pub(super) fn settled(&self) -> u64 {
        self.taken - self.events() as u64
    }

    /// How many events it holds, those under way among them.
    pub(super) fn events(&self) -> usize {
        self.waiting.len() + self.sending.events
    }

    /// What they count for.
    pub(super) fn bytes(&self) -> usize {
        self.waiting_bytes + self.sending.bytes
    }

    /// Whether nothing more goes into the next batch.
    fn is_full(&self) -> bool {
        self.is_next_full || self.next.events == self.bounds.batch.max_events
    }

    fn cut(&mut self) -> Vec<Entry> {
        self.sending = self.next;
        self.waiting_bytes -= self.sending.bytes;
        let batch = self.waiting.drain(..self.sending.events);
        let mut batch: Vec<Entry> = batch.map(|(entry, _)| entry).collect();
        // Stable: events of one millisecond stay as they came.
        batch.sort_by_key(|entry| entry.timestamp);
        self.next = Extent::default();
        self.is_next_full = false;
        // Each event is looked at here in one batch, and once more if it begins the next.
        for at in 0..self.waiting.len() {
            let (entry, _) = &self.waiting[at];
            let (timestamp, size) = (entry.timestamp, entry.size());
            self.count(timestamp, size);
            if self.is_next_full {
                break;
            }
        }
        batch
    }

    /// Counts an event to the next batch, unless that is full.
    fn count(&mut self, timestamp: i64, size: usize) {
        if self.is_next_full {
            return;
        }
        match self.next.with(timestamp, size, &self.bounds.batch) {
            Some(next) => self.next = next,
            None => self.is_next_full = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SMALL: Bounds = Bounds {
        max_events: 12,
        max_bytes: 600,
        max_delay: Duration::from_secs(1),
        batch: BatchLimits {
            max_events: 4,
            max_bytes: 160,
            span: 20,
        },
    };

    fn entry(timestamp: i64, length: usize) -> Entry {
        Entry {
            timestamp,
            message: "x".repeat(length),
        }
    }

    fn timestamps(turn: Turn) -> Vec<i64> {
        match turn {
            Turn::Send(batch) => batch.iter().map(|entry| entry.timestamp).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_goes_when_it_is_full_or_old() {
        let now = Instant::now();
        let mut queue = Queue::new(SMALL);
        assert_eq!(queue.turn(now), Turn::Idle);
        assert_eq!(queue.offer(entry(1, 1), now), Ok(true));
        assert_eq!(queue.offer(entry(2, 1), now), Ok(false));
        let due = now + SMALL.max_delay;
        assert_eq!(queue.turn(now), Turn::Until(due));
        assert_eq!(timestamps(queue.turn(due)), [1, 2]);
        queue.settle();
        assert_eq!(queue.turn(due), Turn::Idle);
        for timestamp in [9, 7, 8, 6, 5] {
            queue.offer(entry(timestamp, 1), now).unwrap();
        }
        assert_eq!(timestamps(queue.turn(now)), [6, 7, 8, 9]);
        queue.settle();
        assert_eq!(queue.turn(now), Turn::Until(due));
    }

    #[tokio::test(start_paused = true)]
    async fn the_event_that_fills_a_batch_has_it_looked_at() {
        let now = Instant::now();
        let mut queue = Queue::new(SMALL);
        let has_work: Vec<_> = (1..=4)
            .map(|timestamp| queue.offer(entry(timestamp, 1), now))
            .collect();
        assert_eq!(has_work, [Ok(true), Ok(false), Ok(false), Ok(true)]);
        assert_eq!(timestamps(queue.turn(now)), [1, 2, 3, 4]);
    }

    #[test]
    fn an_event_is_printed_without_its_text() {
        assert_eq!(
            format!("{:?}", entry(7, 3)),
            "Entry { timestamp: 7, bytes: 3, .. }"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_flush_hurries_what_is_there_and_not_what_comes() {
        let now = Instant::now();
        let mut queue = Queue::new(SMALL);
        queue.offer(entry(1, 1), now).unwrap();
        assert_eq!(queue.flush(), 1);
        assert_eq!(timestamps(queue.turn(now)), [1]);
        assert_eq!(queue.settled(), 0);
        queue.offer(entry(2, 1), now).unwrap();
        queue.settle();
        assert_eq!(queue.settled(), 1);
        assert_eq!(queue.turn(now), Turn::Until(now + SMALL.max_delay));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_under_way_takes_room_until_it_is_settled() {
        let now = Instant::now();
        let mut queue = Queue::new(SMALL);
        for _ in 0..12 {
            queue.offer(entry(1, 0), now).unwrap();
        }
        assert_eq!(queue.offer(entry(1, 0), now), Err(Closed::Full));
        assert_eq!(timestamps(queue.turn(now)).len(), 4);
        assert_eq!(queue.offer(entry(1, 0), now), Err(Closed::Full));
        queue.settle();
        assert!(queue.offer(entry(1, 400), now).is_err());
        assert!(queue.offer(entry(1, 0), now).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_one_empties_itself() {
        let now = Instant::now();
        let mut queue = Queue::new(SMALL);
        queue.offer(entry(1, 0), now).unwrap();
        queue.close();
        assert_eq!(queue.offer(entry(2, 0), now), Err(Closed::ForGood));
        assert_eq!(timestamps(queue.turn(now)), [1]);
        queue.settle();
        assert_eq!(queue.turn(now), Turn::Over);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Offer(i64, usize),
        Turn,
        Settle,
        Flush,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            6 => (0..60_i64, 0..130_usize).prop_map(|(at, length)| Step::Offer(at, length)),
            2 => Just(Step::Turn),
            2 => Just(Step::Settle),
            1 => Just(Step::Flush),
        ]
    }

    /// Every batch is within the limits of AWS, and the bounds hold; nothing is lost, doubled or overtaken by a later batch.
    fn plays_within_limits(steps: Vec<Step>) -> Result<(), TestCaseError> {
        let limits = SMALL.batch;
        let now = Instant::now();
        let mut queue = Queue::new(SMALL);
        let (mut taken, mut sent): (Vec<Entry>, Vec<Entry>) = (Vec::new(), Vec::new());
        let mut is_sending = false;
        let closing = [Step::Settle, Step::Flush, Step::Turn]
            .into_iter()
            .cycle()
            .take(3 * 13);
        for step in steps.into_iter().chain(closing) {
            match step {
                Step::Offer(timestamp, length) => {
                    let event = entry(timestamp, length);
                    if queue.offer(event.clone(), now).is_ok() {
                        taken.push(event);
                    }
                }
                Step::Settle => {
                    queue.settle();
                    is_sending = false;
                }
                Step::Flush => {
                    queue.flush();
                }
                Step::Turn if is_sending => {}
                Step::Turn => {
                    let Turn::Send(batch) = queue.turn(now) else {
                        continue;
                    };
                    is_sending = true;
                    let (first, last) = (&batch[0], &batch[batch.len() - 1]);
                    let size: usize = batch.iter().map(|entry| entry.message.len() + 26).sum();
                    prop_assert!(batch.is_sorted_by_key(|entry| entry.timestamp));
                    prop_assert!(batch.len() <= limits.max_events);
                    prop_assert!(size <= limits.max_bytes);
                    prop_assert!(last.timestamp - first.timestamp < limits.span);
                    // In the batch by time, over all batches as they came.
                    let mut came = taken[sent.len()..sent.len() + batch.len()].to_vec();
                    came.sort_by_key(|entry| entry.timestamp);
                    prop_assert_eq!(&came, &batch);
                    sent.extend(batch);
                }
            }
            prop_assert!(queue.events() <= SMALL.max_events);
            prop_assert!(queue.bytes() <= SMALL.max_bytes);
        }
        prop_assert_eq!(sent.len(), taken.len());
        prop_assert_eq!((queue.events(), queue.bytes()), (0, 0));
        Ok(())
    }

    proptest! {
        #[test]
        fn every_batch_is_within_the_limits(steps in proptest::collection::vec(step(), 0..120)) {
            plays_within_limits(steps)?;
        }
    }
}
