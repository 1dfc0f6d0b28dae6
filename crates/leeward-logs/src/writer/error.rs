use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Obstacle, Stage, Verdict};
use std::{fmt, time::Duration};

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
///
/// As an `AwsError` it has the category of what the last batch was given up for; of events that were rejected `Validation`, and
/// where all of them wait still `Timeout`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Undelivered {
    /// Those that waited or were under way still. After a flush they are sent later; after a shutdown, which ends the sending, the batch
    /// that was under way may have arrived.
    pub waiting: u64,
    /// Those whose batch was given up since it began.
    pub lost: u64,
    /// Those that CloudWatch Logs has rejected for their time since it began.
    pub rejected: u64,
    /// Why the last one was lost, if one was since it began.
    pub reason: Option<String>,
    pub(super) category: Category,
}

/// `log events were not delivered: 2 not sent yet, 1 lost, 3 rejected for their time; the last loss: cloudwatchlogs.PutLogEvents: …`
impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            waiting,
            lost,
            rejected,
            ref reason,
            ..
        } = *self;
        f.write_str("log events were not delivered")?;
        let mut separator = ": ";
        if waiting > 0 {
            write!(f, "{separator}{waiting} not sent yet")?;
            separator = ", ";
        }
        if lost > 0 {
            write!(f, "{separator}{lost} lost")?;
            separator = ", ";
        }
        if rejected > 0 {
            write!(f, "{separator}{rejected} rejected for their time")?;
        }
        match reason {
            Some(reason) => write!(f, "; the last loss: {reason}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Undelivered {}

impl Classify for Undelivered {
    fn facts(&self) -> Facts<'_> {
        let verdict = match self.lost + self.rejected {
            0 => Verdict::Transient,
            _ => Verdict::Final,
        };
        Facts::new(Stage::MaybeSent, self.category, verdict)
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
