use crate::{EventFilter, LogEvent, Logs, service::millis, window::Window};
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use leeward_client_pool::{Page, Pages};
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict};
use leeward_resilience::{Clock, TokioClock, Waiter};
use std::{
    convert::Infallible,
    ops::ControlFlow,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::time::sleep;

/// How events are followed as they come.
///
/// ```
/// use leeward_logs::{EventFilter, Tail};
/// use std::time::Duration;
///
/// # fn tail() -> Result<Tail, leeward_logs::InvalidResourceName> {
/// let tail = Tail::new(EventFilter::new("/app/orders".parse()?)).with_interval(Duration::from_secs(5));
/// # Ok(tail)
/// # }
/// # tail().unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Tail {
    filter: EventFilter,
    interval: Duration,
    overlap: Duration,
    retry_for: Duration,
}

/// Says why a tail cannot be begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTail {
    /// It would ask without a pause.
    #[error("a tail pauses for {interval:?} between two looks: at least 100ms are needed")]
    Interval {
        /// What was asked for.
        interval: Duration,
    },
    /// It would read the same events for hours, or miss what is on its way.
    #[error("a tail looks back by {overlap:?}: a second to an hour is needed")]
    Overlap {
        /// What was asked for.
        overlap: Duration,
    },
    /// No look has time for its call.
    #[error("a tail looks again for no time: each look needs some for its call")]
    NoTime,
    /// Its filter ends at a time, and a tail has no end.
    #[error("the filter of a tail ends at a time: list its events instead")]
    HasEnd,
}

impl Classify for InvalidTail {
    fn facts(&self) -> Facts<'_> {
        Facts::new(Stage::NotSent, Category::Configuration, Verdict::Final)
    }
}

impl From<InvalidTail> for AwsError {
    fn from(invalid: InvalidTail) -> Self {
        Self::new(invalid)
    }
}

/// Events that are remembered as seen: about 10 MB.
const MAX_SEEN: usize = 100_000;

impl Tail {
    /// Follows what a filter lets through: from its time, or from now on.
    #[must_use]
    pub const fn new(filter: EventFilter) -> Self {
        Self {
            filter,
            interval: Duration::from_secs(2),
            overlap: Duration::from_secs(30),
            retry_for: Duration::from_secs(300),
        }
    }

    /// Pauses so long between two looks. Default: 2 s; AWS allows an account 5 to 10 `FilterLogEvents` a second in a Region.
    #[must_use]
    pub fn with_interval(self, interval: Duration) -> Self {
        Self { interval, ..self }
    }

    /// Finds events that come so much later than they happened, by the clock of this machine. Default: 30 s.
    #[must_use]
    pub fn with_overlap(self, overlap: Duration) -> Self {
        Self { overlap, ..self }
    }

    /// Gives each look so much time: where a failure may pass it looks again, beyond the attempts of its call, and a call that is under
    /// way when the time is over is given up. Default: 5 minutes.
    #[must_use]
    pub fn with_retry_for(self, retry_for: Duration) -> Self {
        Self { retry_for, ..self }
    }

    const fn check(&self) -> Result<(), InvalidTail> {
        let Self {
            interval,
            overlap,
            retry_for,
            ..
        } = *self;
        if self.filter.to.is_some() {
            return Err(InvalidTail::HasEnd);
        }
        if interval.as_millis() < 100 {
            return Err(InvalidTail::Interval { interval });
        }
        if overlap.as_secs() < 1 || overlap.as_secs() > 3_600 {
            return Err(InvalidTail::Overlap { overlap });
        }
        if retry_for.is_zero() {
            return Err(InvalidTail::NoTime);
        }
        Ok(())
    }
}

/// Which page is asked for: of which look, and which of its pages. So one that names itself as the next one is seen.
#[derive(Clone, Debug, Default, PartialEq)]
struct Turn {
    look: u64,
    token: Option<String>,
}

impl Turn {
    fn followed_by(self, token: Option<String>) -> Self {
        let look = self.look.wrapping_add(u64::from(token.is_none()));
        Self { look, token }
    }
}

/// Where a tail is.
#[derive(Debug)]
struct Position {
    window: Window,
    /// When the look began.
    looked_at: i64,
    /// From when on it asks: the same for each of its pages, whatever is forgotten between them.
    from: i64,
}

impl Position {
    const fn new(window: Window, now: i64) -> Self {
        Self {
            from: window.from(),
            window,
            looked_at: now,
        }
    }

    fn begin_look(&mut self, now: i64) {
        self.looked_at = now;
        self.from = self.window.from();
    }

    /// What is new of a page, which may be the last of its look.
    fn take(&mut self, events: Vec<FilteredLogEvent>, is_last: bool) -> Vec<FilteredLogEvent> {
        let is_new = |event: &FilteredLogEvent| {
            let id = event.event_id().unwrap_or_default();
            self.window.admit(event.timestamp().unwrap_or(0), id)
        };
        let new = events.into_iter().filter(is_new).collect();
        if is_last {
            self.window.advance(self.looked_at);
        }
        new
    }
}

fn lock(position: &Mutex<Position>) -> MutexGuard<'_, Position> {
    position.lock().expect("not poisoned")
}

impl Logs {
    /// Follows the events that a filter lets through: a list without an end, until an error or until it is dropped.
    ///
    /// It polls by `FilterLogEvents`, looking back a little each time, and knows by their ids which events are new; so it needs no
    /// permission for Live Tail, costs nothing by the minute, and each event is told once. Events come in the order of their time in each
    /// look. One that comes later than the overlap is missed, as are late ones in a flood of more than 100,000 within it. Nothing is asked for
    /// while nobody polls; it goes on from where it was.
    ///
    /// ```no_run
    /// use leeward_logs::{EventFilter, Tail};
    ///
    /// # async fn run(logs: leeward_logs::Logs) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let errors = EventFilter::new("/app/orders".parse()?).with_pattern("ERROR");
    /// let mut tail = logs.tail(&Tail::new(errors))?;
    /// while let Some(event) = tail.next().await {
    ///     println!("{}", event?.message);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidTail`] for a setting that cannot be meant; it turns into an `AwsError` by `?`. The list ends with the error of a look
    /// that is final, or that has not passed in time.
    pub fn tail(&self, tail: &Tail) -> Result<Pages<LogEvent>, InvalidTail> {
        tail.check()?;
        let clock = TokioClock::new();
        let now = move || millis(clock.date()).unwrap_or(0);
        let from = tail.filter.from;
        let from = from.map_or_else(&now, |from| millis(from).unwrap_or(0));
        // Less than an hour, as was checked.
        let overlap = i64::try_from(tail.overlap.as_millis()).unwrap_or(0);
        let window = Window::new(from, overlap, MAX_SEEN);
        let position = Arc::new(Mutex::new(Position::new(window, now())));
        let (logs, request, interval) = (self.clone(), tail.filter.request(), tail.interval);
        let waiter = Waiter::new(tail.retry_for)
            .with_interval(tail.interval)
            .with_max_interval(tail.interval.max(Duration::from_secs(30)));
        Ok(Pages::new(move |turn: Option<Turn>| {
            let (logs, request, now) = (logs.clone(), request.clone(), now.clone());
            let position = Arc::clone(&position);
            Box::pin(async move {
                let is_first = turn.is_none();
                let turn = turn.unwrap_or_default();
                if turn.token.is_none() {
                    if !is_first {
                        sleep(interval).await;
                    }
                    lock(&position).begin_look(now());
                }
                let request = request.start_time(lock(&position).from);
                let request = request.set_next_token(turn.token.clone());
                let page = waiter
                    .wait(
                        || async {
                            let page = logs.filter_page(request.clone()).await?;
                            Ok::<_, AwsError>(ControlFlow::<_, Infallible>::Break(page))
                        },
                        |never, _| match *never {},
                    )
                    .await?;
                let events = page.events.unwrap_or_default();
                let new = lock(&position).take(events, page.next_token.is_none());
                let new = new.into_iter().map(LogEvent::of).collect();
                Ok(Page::new(new, Some(turn.followed_by(page.next_token))))
            })
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(at: i64, id: &str) -> FilteredLogEvent {
        FilteredLogEvent::builder()
            .timestamp(at)
            .event_id(id)
            .build()
    }

    #[test]
    fn a_look_asks_from_one_time_on_though_a_flood_is_forgotten() {
        let mut position = Position::new(Window::new(0, 10, 2), 100);
        position.begin_look(100);
        let flood = (1..=4).map(|at| event(at, "a")).collect();
        let new = position.take(flood, false);
        assert_eq!((new.len(), position.from), (4, 0));
        let new = position.take(vec![event(4, "a"), event(99, "b")], true);
        assert_eq!(new.len(), 1);
        position.begin_look(200);
        assert_eq!(position.from, 90);
    }
}
