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
    /// When it happened.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "leeward_client_pool::rfc3339::serialize")
    )]
    pub at: SystemTime,
    /// When the service got it.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "leeward_client_pool::rfc3339::serialize")
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

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_event_is_written_as_a_record() {
        let event = FilteredLogEvent::builder()
            .event_id("1")
            .log_stream_name("host-1")
            .timestamp(1_795_336_200_123)
            .ingestion_time(1_795_336_201_000)
            .message("taken");
        let expected = json!({
            "id": "1",
            "stream": "host-1",
            "at": "2026-11-22T08:30:00.123Z",
            "ingested": "2026-11-22T08:30:01Z",
            "message": "taken",
        });
        let event = LogEvent::of(event.build());
        assert_eq!(serde_json::to_value(event).unwrap(), expected);
    }
}
