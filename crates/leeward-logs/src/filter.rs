use crate::{LogEvent, LogGroupName, LogStreamName, Logs, service::millis};
use aws_sdk_cloudwatchlogs::operation::filter_log_events::{
    FilterLogEventsInput, FilterLogEventsOutput, builders::FilterLogEventsInputBuilder,
};
use leeward_client_pool::{Op, Page, Pages};
use leeward_error_taxonomy::AwsError;
use std::{fmt, time::SystemTime};

/// Which events of a log group are meant.
///
/// ```
/// use leeward_logs::EventFilter;
///
/// # fn filter() -> Result<EventFilter, leeward_logs::InvalidResourceName> {
/// let errors = EventFilter::new("/app/orders".parse()?)
///     .with_pattern("{ $.level = \"error\" }")
///     .with_stream("host-1".parse()?);
/// # Ok(errors)
/// # }
/// # filter().unwrap();
/// ```
#[derive(Clone)]
pub struct EventFilter {
    group: LogGroupName,
    pattern: Option<String>,
    streams: Vec<LogStreamName>,
    prefix: Option<LogStreamName>,
    pub(crate) from: Option<SystemTime>,
    pub(crate) to: Option<SystemTime>,
}

impl EventFilter {
    /// All events of a group.
    #[must_use]
    pub const fn new(group: LogGroupName) -> Self {
        Self {
            group,
            pattern: None,
            streams: Vec::new(),
            prefix: None,
            from: None,
            to: None,
        }
    }

    /// Only those that match a pattern (CloudWatch Logs User Guide, "Filter pattern syntax"). Default: all.
    #[must_use]
    pub fn with_pattern(self, pattern: impl Into<String>) -> Self {
        Self {
            pattern: Some(pattern.into()),
            ..self
        }
    }

    /// Only those of this stream; may be called several times, AWS takes up to 100. Default: those of all streams.
    #[must_use]
    pub fn with_stream(mut self, stream: LogStreamName) -> Self {
        self.streams.push(stream);
        self
    }

    /// Only those of streams whose names begin so. AWS takes either streams or this.
    #[must_use]
    pub fn with_stream_prefix(self, prefix: LogStreamName) -> Self {
        Self {
            prefix: Some(prefix),
            ..self
        }
    }

    /// None from before this time. Default: from the first, or, for a tail, from now on.
    #[must_use]
    pub fn from(self, from: SystemTime) -> Self {
        Self {
            from: Some(from),
            ..self
        }
    }

    /// None from after this time. Default: to the last.
    #[must_use]
    pub fn to(self, to: SystemTime) -> Self {
        Self {
            to: Some(to),
            ..self
        }
    }

    pub(crate) fn request(&self) -> FilterLogEventsInputBuilder {
        let streams = self.streams.iter().map(|stream| stream.as_str().to_owned());
        let streams: Vec<String> = streams.collect();
        FilterLogEventsInput::builder()
            .log_group_name(self.group.as_str())
            .set_filter_pattern(self.pattern.clone())
            .set_log_stream_names((!streams.is_empty()).then_some(streams))
            .set_log_stream_name_prefix(self.prefix.as_ref().map(|name| name.as_str().to_owned()))
            // Nothing is older than 1970.
            .set_start_time(self.from.map(|from| millis(from).unwrap_or(0)))
            .set_end_time(self.to.map(|to| millis(to).unwrap_or(0)))
    }
}

/// Without the pattern, which may name what it looks for.
impl fmt::Debug for EventFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventFilter")
            .field("group", &self.group)
            .field("streams", &self.streams)
            .field("prefix", &self.prefix)
            .field("from", &self.from)
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}

impl Logs {
    /// Lists the events that a filter lets through, in the order of their time.
    ///
    /// One page of up to 1 MB or 10,000 events is asked for at a time, by `FilterLogEvents`, when the one before is used up. The service
    /// may give empty pages before it comes upon an event: those are passed over.
    ///
    /// ```no_run
    /// use leeward_logs::EventFilter;
    ///
    /// # async fn run(logs: leeward_logs::Logs) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let filter = EventFilter::new("/app/orders".parse()?).with_pattern("ERROR");
    /// let mut events = logs.filter_events(&filter);
    /// while let Some(event) = events.next().await {
    ///     let event = event?;
    ///     println!("{}: {}", event.stream, event.message);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn filter_events(&self, filter: &EventFilter) -> Pages<LogEvent> {
        self.caller().pages(
            filter.request(),
            FilterLogEventsInputBuilder::set_next_token,
            FilterLogEventsInputBuilder::send_with,
            |page| {
                let events = page.events.unwrap_or_default();
                let events = events.into_iter().map(LogEvent::of).collect();
                Ok(Page::new(events, page.next_token))
            },
        )
    }

    pub(crate) async fn filter_page(
        &self,
        request: FilterLogEventsInputBuilder,
    ) -> Result<FilterLogEventsOutput, AwsError> {
        let filter = Op::new(request, FilterLogEventsInputBuilder::send_with);
        self.caller().call(filter).await
    }
}
