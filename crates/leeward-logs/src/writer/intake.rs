use super::{
    EventRefused, LogWriterStats, Oversize, Undelivered,
    loudness::{Added, Kind, Loudness},
    now,
    oversize::{cut, fitted},
    queue::{Bounds, Closed, Entry, Queue, Turn},
    rejection::Rejection,
    sender::Sender,
};
use futures_util::future::{Either, select};
use leeward_error_taxonomy::{AwsError, Category};
use std::{
    pin::pin,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::{sync::Notify, time::timeout_at};
use tracing::warn;

/// What the writer and its task have between them.
#[derive(Debug)]
pub(super) struct Intake {
    max_message: usize,
    oversize: Oversize,
    state: Mutex<State>,
    /// The task has something to look at.
    work: Notify,
    /// A batch is done with, or the task has ended.
    progress: Notify,
}

#[derive(Debug)]
struct State {
    queue: Queue,
    counts: LogWriterStats,
    last_loss: Option<Loss>,
    loudness: Loudness,
    has_ended: bool,
}

/// What a batch was given up for.
#[derive(Clone, Debug)]
struct Loss {
    reason: String,
    category: Category,
}

/// Where a flush began.
#[derive(Debug)]
pub(super) struct Mark {
    /// The events that it waits for.
    pub(super) taken: u64,
    lost: u64,
    rejected: u64,
}

/// Says when the task is over, in whichever way.
#[derive(Debug)]
pub(super) struct Ended(pub(super) Arc<Intake>);

impl Drop for Ended {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.queue.close();
        state.has_ended = true;
        let unsent = state.queue.events();
        let rest = state.loudness.rest();
        let error = state.reason();
        drop(state);
        rest.for_each(|(kind, events)| kind.tell(events, error.as_deref()));
        if unsent > 0 {
            warn!(target: "leeward::logs", unsent, "log events are not sent: their writer was ended before, or its runtime was");
        }
        self.0.progress.notify_waiters();
    }
}

/// Sends what comes, one batch after another, until all is sent and the queue closed.
pub(super) async fn run(ended: Ended, sender: Sender) {
    let intake = &ended.0;
    loop {
        match intake.turn() {
            Turn::Send(batch) => {
                let events = batch.len() as u64;
                let mut sending = pin!(sender.send(batch));
                let sent = loop {
                    let heard = pin!(intake.heard());
                    match select(sending.as_mut(), heard).await {
                        Either::Left((sent, _)) => break sent,
                        Either::Right(_) => intake.tell(),
                    }
                };
                intake.settle(events, sent);
            }
            Turn::Until(at) => {
                // At that time or before: it looks again.
                let _ = timeout_at(at, intake.work.notified()).await;
            }
            Turn::Idle => intake.work.notified().await,
            Turn::Over => return,
        }
    }
}

impl State {
    /// What events were lost for the last time.
    fn reason(&self) -> Option<String> {
        self.last_loss.as_ref().map(|loss| loss.reason.clone())
    }
}

impl Intake {
    pub(super) fn new(bounds: Bounds, max_message: usize, oversize: Oversize) -> Self {
        let state = State {
            queue: Queue::new(bounds),
            counts: LogWriterStats::default(),
            last_loss: None,
            loudness: Loudness::default(),
            has_ended: false,
        };
        Self {
            max_message,
            oversize,
            state: Mutex::new(state),
            work: Notify::new(),
            progress: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("not poisoned")
    }

    pub(super) fn take(&self, at: Option<i64>, message: String) -> Result<(), EventRefused> {
        let entry = self.entry(at, message);
        let mut state = self.state();
        let (entry, is_cut) = match entry {
            Ok(entry) => entry,
            Err(refused) => {
                state.counts.refused += 1;
                return Err(refused);
            }
        };
        match state.queue.offer(entry, now()) {
            Ok(has_work) => {
                state.counts.taken += 1;
                state.counts.cut += u64::from(is_cut);
                drop(state);
                if has_work {
                    self.work.notify_one();
                }
                Ok(())
            }
            Err(Closed::ForGood) => {
                state.counts.refused += 1;
                Err(EventRefused::Closed)
            }
            Err(Closed::Full) => {
                state.counts.shed += 1;
                let added = state.loudness.add(Kind::Shed, 1, now());
                drop(state);
                match added {
                    Added::Tell(shed) => Kind::Shed.tell(shed, None),
                    // The task sees to it.
                    Added::First => self.work.notify_one(),
                    Added::More => {}
                }
                Err(EventRefused::Full)
            }
        }
    }

    /// The event as AWS takes it, and whether its end is missing.
    fn entry(&self, at: Option<i64>, message: String) -> Result<(Entry, bool), EventRefused> {
        let timestamp = at.ok_or(EventRefused::BeforeEpoch)?;
        let is_long = message.len() > self.max_message;
        let message = match self.oversize {
            _ if message.is_empty() => return Err(EventRefused::Empty),
            Oversize::Refuse if is_long => {
                return Err(EventRefused::TooLong {
                    bytes: message.len(),
                    max_bytes: self.max_message,
                });
            }
            Oversize::Refuse | Oversize::Cut => cut(message, self.max_message),
        };
        let message = fitted(message);
        Ok((Entry { timestamp, message }, is_long))
    }

    /// Tells what is to be told by now.
    fn tell(&self) {
        let mut state = self.state();
        let due = state.loudness.due(now());
        let error = state.reason();
        drop(state);
        due.for_each(|(kind, events)| kind.tell(events, error.as_deref()));
    }

    /// Waits until there may be something to tell.
    async fn heard(&self) {
        let due_at = self.state().loudness.due_at();
        match due_at {
            // At that time or before: it looks again.
            Some(at) => drop(timeout_at(at, self.work.notified()).await),
            None => self.work.notified().await,
        }
    }

    /// What the task is to do now; tells what is to be told by now.
    fn turn(&self) -> Turn {
        self.tell();
        let mut state = self.state();
        let (turn, due_at) = (state.queue.turn(now()), state.loudness.due_at());
        drop(state);
        match (turn, due_at) {
            (Turn::Until(at), Some(due_at)) => Turn::Until(at.min(due_at)),
            (Turn::Idle, Some(due_at)) => Turn::Until(due_at),
            (turn, _) => turn,
        }
    }

    fn settle(&self, events: u64, sent: Result<Rejection, AwsError>) {
        let mut state = self.state();
        state.queue.settle();
        state.counts.batches += 1;
        match sent {
            Ok(rejection) => {
                let rejected = rejection.total();
                state.counts.sent += events - rejected;
                state.counts.too_old += rejection.too_old;
                state.counts.expired += rejection.expired;
                state.counts.too_new += rejection.too_new;
                let added = match rejected {
                    0 => Added::More,
                    rejected => state.loudness.add(Kind::Rejected, rejected, now()),
                };
                drop(state);
                if let Added::Tell(rejected) = added {
                    Kind::Rejected.tell(rejected, None);
                }
            }
            Err(error) => {
                state.counts.lost += events;
                state.last_loss = Some(Loss {
                    reason: error.to_string(),
                    category: error.category(),
                });
                let added = state.loudness.add(Kind::Lost, events, now());
                let error = state.reason();
                drop(state);
                if let Added::Tell(lost) = added {
                    Kind::Lost.tell(lost, error.as_deref());
                }
            }
        }
        self.progress.notify_waiters();
    }

    pub(super) fn flush(&self) -> Mark {
        let mut state = self.state();
        let mark = Mark {
            taken: state.queue.flush(),
            lost: state.counts.lost,
            rejected: state.counts.rejected(),
        };
        drop(state);
        self.work.notify_one();
        mark
    }

    pub(super) fn close(&self) {
        self.state().queue.close();
        self.work.notify_one();
    }

    /// Waits until the queue is done with so many events, or the task has ended.
    pub(super) async fn settled(&self, taken: u64) {
        self.until(|state| state.has_ended || state.queue.settled() >= taken)
            .await;
    }

    pub(super) async fn ended(&self) {
        self.until(|state| state.has_ended).await;
    }

    async fn until(&self, is_so: impl Fn(&State) -> bool) {
        loop {
            let mut progress = pin!(self.progress.notified());
            // From here on none is missed.
            progress.as_mut().enable();
            if is_so(&self.state()) {
                return;
            }
            progress.await;
        }
    }

    /// What became of the events up to the mark.
    pub(super) fn told(&self, mark: &Mark) -> Result<(), AwsError> {
        let state = self.state();
        let waiting = mark.taken.saturating_sub(state.queue.settled());
        let lost = state.counts.lost - mark.lost;
        let rejected = state.counts.rejected() - mark.rejected;
        if waiting + lost + rejected == 0 {
            return Ok(());
        }
        let loss = state.last_loss.clone().filter(|_| lost > 0);
        let category = match &loss {
            Some(loss) => loss.category,
            None if rejected > 0 => Category::Validation,
            None => Category::Timeout,
        };
        Err(AwsError::new(Undelivered {
            waiting,
            lost,
            rejected,
            reason: loss.map(|loss| loss.reason),
            category,
        }))
    }

    pub(super) fn stats(&self) -> LogWriterStats {
        let state = self.state();
        LogWriterStats {
            waiting: state.queue.events() as u64,
            waiting_bytes: state.queue.bytes() as u64,
            ..state.counts
        }
    }
}
