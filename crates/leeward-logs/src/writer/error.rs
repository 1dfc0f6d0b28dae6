use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Obstacle, Stage, Verdict};
use std::time::Duration;

/// Says why a [`LogWriter`](crate::LogWriter) did not take an event; it is in the [stats](crate::LogWriter::stats) too.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventRefused {
    /// As much waits as may; a later event may be taken.
    #[error("the queue of log events is full")]
    Full,
    /// It is longer than AWS or the writer takes.
    #[error("a log event of {bytes} bytes is too long: {max_bytes} are the most")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The most that is taken.
        max_bytes: usize,
    },
    /// It has no text: AWS would refuse its whole batch.
    #[error("a log event has no text")]
    Empty,
    /// Its time is before 1970: AWS would refuse its whole batch.
    #[error("the time of a log event is before 1970")]
    BeforeEpoch,
    /// The writer was shut down, or its runtime was.
    #[error("the writer of log events is closed")]
    Closed,
}

impl Classify for EventRefused {
    fn facts(&self) -> Facts<'_> {
        let (category, verdict) = match self {
            Self::Full => (Category::Rejected, Verdict::Transient),
            Self::Closed => (Category::Configuration, Verdict::Final),
            _ => (Category::Validation, Verdict::Final),
        };
        Facts::new(Stage::NotSent, category, verdict)
    }
}

impl From<EventRefused> for AwsError {
    fn from(refused: EventRefused) -> Self {
        Self::new(refused)
    }
}

/// Says that events were not all with CloudWatch Logs when a flush or a shutdown was over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{waiting} log events were still to be sent, and {lost} lost")]
#[non_exhaustive]
pub struct Undelivered {
    /// Those that waited or were under way still. After a flush they are sent later; after a shutdown, which ends the sending, the batch
    /// that was under way may have arrived.
    pub waiting: u64,
    /// Those whose batch was given up since it began.
    pub lost: u64,
    /// Why the last one was, if it was since it began.
    pub reason: Option<String>,
}

impl Classify for Undelivered {
    fn facts(&self) -> Facts<'_> {
        let (category, verdict) = match self.lost {
            0 => (Category::Timeout, Verdict::Transient),
            _ => (Category::Rejected, Verdict::Final),
        };
        let mut facts = Facts::new(Stage::MaybeSent, category, verdict);
        facts.message = self.reason.as_deref();
        facts
    }
}

impl From<Undelivered> for AwsError {
    fn from(undelivered: Undelivered) -> Self {
        Self::new(undelivered)
    }
}

/// Says why a [`LogWriter`](crate::LogWriter) cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidLogWriter {
    /// There is no runtime to send in.
    #[error("a writer of log events sends on a tokio runtime: build it within one, or give it one")]
    NoRuntime,
    /// Nothing could ever be sent.
    #[error("{what} of a writer of log events is zero")]
    Zero {
        /// The setting.
        what: &'static str,
    },
    /// Events would be longer than AWS takes, or too short to say that they were cut.
    #[error("events of {bytes} bytes cannot be the longest: {min} to {max} can")]
    MaxMessage {
        /// What was asked for.
        bytes: usize,
        /// The least.
        min: usize,
        /// The most.
        max: usize,
    },
    /// Not even one event of the greatest length would go into the queue.
    #[error("a queue of {max_bytes} bytes has no room for an event of {needed}")]
    QueueTooSmall {
        /// What was asked for.
        max_bytes: usize,
        /// What one event counts.
        needed: usize,
    },
    /// A delay of a day or more.
    #[error("log events would wait {delay:?} for their batch to fill: less than a day is meant")]
    Delay {
        /// What was asked for.
        delay: Duration,
    },
}

impl Classify for InvalidLogWriter {
    fn facts(&self) -> Facts<'_> {
        let mut facts = Facts::new(Stage::NotSent, Category::Configuration, Verdict::Final);
        facts.obstacle = Some(match self {
            Self::NoRuntime => Obstacle::Runtime,
            _ => Obstacle::Other,
        });
        facts
    }
}

impl From<InvalidLogWriter> for AwsError {
    fn from(invalid: InvalidLogWriter) -> Self {
        Self::new(invalid)
    }
}
