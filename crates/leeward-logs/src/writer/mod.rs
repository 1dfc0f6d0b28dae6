//! Writes events to one log stream: takes them without waiting, sends them in batches.
//!
//! **What it does.** An event goes into a queue, which is bounded in events and in bytes. A task cuts batches from its front: as many as
//! AWS takes in one `PutLogEvents` (1 MiB counted as bytes and 26 for each event, 10,000 events, less than 24 hours from the first to the
//! last), in the order of their time. One batch is under way at a time, so that they arrive in their order.
//!
//! **When it acts.** A batch goes when no more fits into it, when its first event has waited for `max_delay`, at a flush and at the end.
//! A stream that is not there is made, and the group if that was asked for. What may pass is tried again: by the call, within the budget
//! of its caller, and after that for `retry_for`.
//!
//! **What callers then see.** An event is taken or refused at once. When the queue is full, the new event is shed. Whatever does not
//! arrive is counted in the stats and told by `tracing` at WARN (target `leeward::logs`), at most every 30 s for each kind, with the
//! number and never with the text; what waits still when the task is ended is told then.

mod batch;
mod builder;
mod error;
mod intake;
mod loudness;
mod oversize;
mod queue;
mod rejection;
mod sender;
mod stats;

pub use builder::{Delivery, LogWriterBuilder};
pub use error::{EventRefused, InvalidLogWriter, Undelivered};
pub use oversize::Oversize;
pub use stats::LogWriterStats;

use crate::{LogGroupName, LogStreamName, Logs, service::millis};
use intake::Intake;
use leeward_error_taxonomy::AwsError;
use leeward_resilience::{Clock, TokioClock};
use queue::Bounds;
use sender::Sender;
use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::{
    runtime::Handle,
    task::AbortHandle,
    time::{Instant, timeout},
};

/// Writes events to one log stream: takes them without waiting, and sends them in batches within the limits of AWS.
///
/// Made by [`Logs::writer`]; a clone writes to the same queue. When the last clone is dropped, what waits is still sent, as long as the
/// runtime goes on; [`shutdown`](Self::shutdown) waits for that, and says what became of it.
///
/// ```no_run
/// use leeward_logs::{GroupSettings, Logs, Retention};
/// use std::time::Duration;
///
/// # async fn run(logs: Logs) -> Result<(), leeward_error_taxonomy::AwsError> {
/// let writer = logs
///     .writer("/app/orders".parse()?, "host-1".parse()?)
///     .creating_group(GroupSettings::new().with_retention(Retention::MONTH))
///     .build()?;
/// if writer.write(r#"{"level":"info","order":17}"#).is_err() {
///     // It is counted, and told by tracing.
/// }
/// writer.shutdown(Duration::from_secs(10)).await?;
/// assert_eq!(writer.stats().sent, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct LogWriter {
    owner: Arc<Owner>,
}

/// The last one to go closes the queue; the task then empties it.
struct Owner {
    intake: Arc<Intake>,
    task: AbortHandle,
    clock: TokioClock,
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.intake.close();
    }
}

impl Logs {
    /// Begins a [`LogWriter`] to a stream.
    ///
    /// It calls `PutLogEvents`, and `CreateLogStream` and `CreateLogGroup` if the service says that something is not there.
    ///
    /// ```no_run
    /// use leeward_logs::{Delivery, Oversize};
    /// use std::time::Duration;
    ///
    /// # async fn run(logs: leeward_logs::Logs) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let writer = logs
    ///     .writer("/app/orders".parse()?, "host-1".parse()?)
    ///     .with_max_delay(Duration::from_secs(5))
    ///     .with_oversize(Oversize::Refuse)
    ///     .with_delivery(Delivery::AtMostOnce)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn writer(&self, group: LogGroupName, stream: LogStreamName) -> LogWriterBuilder {
        LogWriterBuilder::new(self.clone(), group, stream)
    }
}

impl LogWriter {
    fn start(
        runtime: &Handle,
        bounds: Bounds,
        max_message: usize,
        oversize: Oversize,
        sender: Sender,
    ) -> Self {
        let intake = Arc::new(Intake::new(bounds, max_message, oversize));
        let ended = intake::Ended(Arc::clone(&intake));
        let task = runtime.spawn(intake::run(ended, sender)).abort_handle();
        let clock = TokioClock::new();
        Self {
            owner: Arc::new(Owner {
                intake,
                task,
                clock,
            }),
        }
    }

    /// Takes an event of this moment; it is sent later.
    ///
    /// ```no_run
    /// # fn run(writer: leeward_logs::LogWriter) {
    /// if let Err(refused) = writer.write("order 17 is paid") {
    ///     eprintln!("{refused}");
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`EventRefused`]: the queue is full, the event is one that AWS would not take, or the writer was shut down.
    pub fn write(&self, message: impl Into<String>) -> Result<(), EventRefused> {
        self.write_at(self.owner.clock.date(), message)
    }

    /// Takes an event of some time; it is sent later.
    ///
    /// AWS rejects what is older than 14 days or than the group keeps events, and what is more than two hours ahead: the stats count
    /// it, and [`flush`](Self::flush) tells it. Events come into a batch as they are taken, so that times that jump to and fro by more than
    /// a day make batches of one event.
    ///
    /// ```no_run
    /// use std::time::{Duration, UNIX_EPOCH};
    ///
    /// # fn run(writer: leeward_logs::LogWriter) -> Result<(), leeward_logs::EventRefused> {
    /// let at = UNIX_EPOCH + Duration::from_millis(1_795_000_000_000);
    /// writer.write_at(at, "order 17 was paid")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    pub fn write_at(&self, at: SystemTime, message: impl Into<String>) -> Result<(), EventRefused> {
        self.owner.intake.take(millis(at), message.into())
    }

    /// Sends all that was taken so far without further delay, and waits until that is done.
    ///
    /// Dropping the future leaves the sending as it is.
    ///
    /// ```no_run
    /// # async fn run(writer: leeward_logs::LogWriter) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// writer.flush(std::time::Duration::from_secs(5)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Undelivered`]: the time was over before, or events were lost or rejected meanwhile. What was lost before it began is in the
    /// stats alone.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime whose time is enabled.
    pub async fn flush(&self, max_wait: Duration) -> Result<(), AwsError> {
        let intake = &self.owner.intake;
        let mark = intake.flush();
        // Too late or not: what became of them is looked up.
        let _ = timeout(max_wait, intake.settled(mark.taken)).await;
        intake.told(&mark)
    }

    /// Takes no more events, sends those that wait, and ends the sending, after `max_wait` at the latest.
    ///
    /// Dropping the future leaves the writer closed and its task sending. It may be called again, by any clone.
    ///
    /// ```no_run
    /// # async fn run(writer: leeward_logs::LogWriter) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// writer.shutdown(std::time::Duration::from_secs(10)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Undelivered`]: events that waited when the time was over are not sent, except that the batch under way may have arrived; or
    /// events were lost or rejected meanwhile.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime whose time is enabled.
    pub async fn shutdown(&self, max_wait: Duration) -> Result<(), AwsError> {
        let intake = &self.owner.intake;
        let mark = intake.flush();
        intake.close();
        if timeout(max_wait, intake.ended()).await.is_err() {
            self.owner.task.abort();
        }
        intake.told(&mark)
    }

    /// What became of the events since it was built.
    ///
    /// ```no_run
    /// # fn run(writer: leeward_logs::LogWriter) {
    /// let stats = writer.stats();
    /// println!("{} sent, {} shed, {} lost, {} wait", stats.sent, stats.shed, stats.lost, stats.waiting);
    /// # }
    /// ```
    #[must_use]
    pub fn stats(&self) -> LogWriterStats {
        self.owner.intake.stats()
    }
}

/// Its counts, and nothing of what waits.
impl fmt::Debug for LogWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogWriter")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

/// The time by which the queue goes.
fn now() -> Instant {
    Instant::now()
}
