use crate::service::time;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use std::{fmt, time::SystemTime};

/// An event as it is in a log stream.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LogEvent {
    /// What the service knows it by.
    pub id: String,
    /// The stream that it is in.
    pub stream: String,
    /// When it happened; written in milliseconds since 1970.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::service::serialize_time")
    )]
    pub at: SystemTime,
    /// When the service got it; written in milliseconds since 1970.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::service::serialize_time")
    )]
    pub ingested: SystemTime,
    /// Its text.
    pub message: String,
}

impl LogEvent {
    pub(crate) fn of(event: FilteredLogEvent) -> Self {
        Self {
            id: event.event_id.unwrap_or_default(),
            stream: event.log_stream_name.unwrap_or_default(),
            at: time(event.timestamp.unwrap_or_default()),
            ingested: time(event.ingestion_time.unwrap_or_default()),
            message: event.message.unwrap_or_default(),
        }
    }
}

/// Without the text, of which only the length is printed.
impl fmt::Debug for LogEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogEvent")
            .field("id", &self.id)
            .field("stream", &self.stream)
            .field("at", &self.at)
            .field("bytes", &self.message.len())
            .finish_non_exhaustive()
    }
}
