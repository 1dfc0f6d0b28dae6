use super::{
    InvalidLogWriter, LogWriter, Oversize,
    batch::{BatchLimits, MAX_MESSAGE, OVERHEAD},
    queue::Bounds,
    sender::Sender,
};
use crate::{GroupSettings, LogGroupName, LogStreamName, Logs};
use leeward_resilience::Waiter;
use std::time::Duration;
use tokio::runtime::Handle;

/// How often an event may come to be in the stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// A batch whose answer was lost is sent again: its events may be there twice.
    #[default]
    AtLeastOnce,
    /// A batch is sent again only if it was surely not taken, because it was not sent or turned away for the rate of calls: the events of
    /// one whose answer was lost may be lost.
    AtMostOnce,
}

/// Sets the numbers of a [`LogWriter`]; made by [`Logs::writer`].
#[derive(Clone, Debug)]
#[must_use = "nothing is written before it is built"]
pub struct LogWriterBuilder {
    logs: Logs,
    group: LogGroupName,
    stream: LogStreamName,
    settings: Option<GroupSettings>,
    bounds: Bounds,
    max_message: usize,
    oversize: Oversize,
    delivery: Delivery,
    retry_for: Duration,
    runtime: Option<Handle>,
}

/// Room to say how much was cut.
const MIN_MESSAGE: usize = 64;

impl LogWriterBuilder {
    pub(super) const fn new(logs: Logs, group: LogGroupName, stream: LogStreamName) -> Self {
        Self {
            logs,
            group,
            stream,
            settings: None,
            bounds: Bounds {
                max_events: 50_000,
                max_bytes: 32 * 1_024 * 1_024,
                max_delay: Duration::from_secs(1),
                batch: BatchLimits::AWS,
            },
            max_message: MAX_MESSAGE,
            oversize: Oversize::Cut,
            delivery: Delivery::AtLeastOnce,
            retry_for: Duration::from_secs(300),
            runtime: None,
        }
    }

    /// Makes the group too, if it is not there. Default: only the stream is made, and events to a group that is not there are lost.
    pub fn creating_group(self, settings: GroupSettings) -> Self {
        Self {
            settings: Some(settings),
            ..self
        }
    }

    /// Holds so many events at the most, those under way among them. Default: 50,000.
    pub const fn with_max_events(mut self, max_events: usize) -> Self {
        self.bounds.max_events = max_events;
        self
    }

    /// Holds so many bytes at the most: of the messages, and 26 for each event. Default: 32 MiB. A batch under way is there up to three
    /// times, and the buffer of a message may be twice as long as it.
    pub const fn with_max_bytes(mut self, max_bytes: usize) -> Self {
        self.bounds.max_bytes = max_bytes;
        self
    }

    /// Has an event wait so long at the most for its batch to fill. Default: 1 s. Zero sends as soon as nothing is under way.
    pub const fn with_max_delay(mut self, max_delay: Duration) -> Self {
        self.bounds.max_delay = max_delay;
        self
    }

    /// Takes messages of so many bytes at the most. Default: 1,048,550, the most that AWS takes since April 2025; it was 262,118 before,
    /// and may be where a Region is behind.
    pub const fn with_max_message(mut self, bytes: usize) -> Self {
        self.max_message = bytes;
        self
    }

    /// What becomes of a longer one. Default: [`Oversize::Cut`].
    pub const fn with_oversize(mut self, oversize: Oversize) -> Self {
        self.oversize = oversize;
        self
    }

    /// How often an event may come to be in the stream. Default: [`Delivery::AtLeastOnce`].
    pub const fn with_delivery(mut self, delivery: Delivery) -> Self {
        self.delivery = delivery;
        self
    }

    /// Gives each batch so much time: where the failure may pass it is sent again, beyond the attempts of its call; then it is lost, with a
    /// call that is under way. Default: 5 minutes. Events that come meanwhile wait, up to the bounds.
    pub const fn with_retry_for(mut self, retry_for: Duration) -> Self {
        self.retry_for = retry_for;
        self
    }

    /// Sends on this runtime, whose timer has to be enabled. Default: the one that it is built in.
    pub fn with_runtime(self, runtime: Handle) -> Self {
        Self {
            runtime: Some(runtime),
            ..self
        }
    }

    /// Builds it; nothing is sent before there is an event.
    ///
    /// # Errors
    ///
    /// [`InvalidLogWriter`]: there is no runtime, or a number cannot be meant. It turns into an `AwsError` by `?`.
    pub fn build(self) -> Result<LogWriter, InvalidLogWriter> {
        let runtime = match self.runtime.clone() {
            Some(runtime) => runtime,
            None => Handle::try_current().map_err(|_| InvalidLogWriter::NoRuntime)?,
        };
        self.check()?;
        let sender = Sender {
            logs: self.logs,
            group: self.group,
            stream: self.stream,
            settings: self.settings,
            delivery: self.delivery,
            retry: Waiter::new(self.retry_for)
                .with_interval(Duration::from_millis(500))
                .with_max_interval(Duration::from_secs(30)),
        };
        Ok(LogWriter::start(
            &runtime,
            self.bounds,
            self.max_message,
            self.oversize,
            sender,
        ))
    }

    fn check(&self) -> Result<(), InvalidLogWriter> {
        let Bounds {
            max_events,
            max_bytes,
            max_delay,
            ..
        } = self.bounds;
        if max_events == 0 {
            return Err(InvalidLogWriter::Zero {
                what: "the number of events",
            });
        }
        if self.retry_for.is_zero() {
            return Err(InvalidLogWriter::Zero {
                what: "the time for a batch",
            });
        }
        if max_delay >= Duration::from_secs(86_400) {
            return Err(InvalidLogWriter::Delay { delay: max_delay });
        }
        if !(MIN_MESSAGE..=MAX_MESSAGE).contains(&self.max_message) {
            return Err(InvalidLogWriter::MaxMessage {
                bytes: self.max_message,
                min: MIN_MESSAGE,
                max: MAX_MESSAGE,
            });
        }
        let needed = self.max_message + OVERHEAD;
        if max_bytes < needed {
            return Err(InvalidLogWriter::QueueTooSmall { max_bytes, needed });
        }
        Ok(())
    }
}
