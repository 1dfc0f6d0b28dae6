//! What is told by `tracing`, kept as text.

use std::{
    fmt::{self, Write},
    sync::{Arc, Mutex, MutexGuard, OnceLock},
};
use tracing::{
    Dispatch, Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
    subscriber::{DefaultGuard, set_default},
};

/// Keeps what the present thread tells by `tracing`, as lines `LEVEL message field=value`; spans are lines with their names.
///
/// It listens until its guard is dropped.
///
/// ```
/// use leeward_testkit::Log;
/// use tracing::{Level, debug, warn};
///
/// let (log, _guard) = Log::of("orders");
/// warn!(target: "orders", number = 7, "lost");
/// debug!(target: "orders", "looking");
/// warn!(target: "others", "lost as well");
/// assert_eq!(log.lines(), ["WARN lost number=7", "DEBUG looking"]);
/// assert_eq!(log.take(Level::INFO), ["WARN lost number=7"]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// All targets without one.
    target: Option<&'static str>,
    lines: Arc<Mutex<Vec<(Level, String)>>>,
}

impl Log {
    /// Listens to all targets.
    #[must_use]
    pub fn begin() -> (Self, DefaultGuard) {
        Self::default().listen()
    }

    /// Listens to one target.
    #[must_use]
    pub fn of(target: &'static str) -> (Self, DefaultGuard) {
        let log = Self {
            target: Some(target),
            ..Self::default()
        };
        log.listen()
    }

    /// All lines so far.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.kept().iter().map(|(_, line)| line.clone()).collect()
    }

    /// The lines so far that are as loud as `level` or louder; forgets all lines.
    #[must_use]
    pub fn take(&self, level: Level) -> Vec<String> {
        let lines = std::mem::take(&mut *self.kept());
        let lines = lines.into_iter().filter(|(of, _)| *of <= level);
        lines.map(|(_, line)| line).collect()
    }

    fn listen(self) -> (Self, DefaultGuard) {
        // As long as there is one subscriber alone, what a thread without it meets first is off for all.
        static ANOTHER: OnceLock<Dispatch> = OnceLock::new();
        ANOTHER.get_or_init(|| Dispatch::new(Self::default()));
        let guard = set_default(self.clone());
        (self, guard)
    }

    fn kept(&self) -> MutexGuard<'_, Vec<(Level, String)>> {
        self.lines.lock().expect("not poisoned")
    }

    fn keep(&self, metadata: &Metadata<'_>, record: impl FnOnce(&mut Line)) {
        let mut line = Line::default();
        record(&mut line);
        let level = *metadata.level();
        let text = format!("{level} {}{}", line.message, line.fields);
        self.kept().push((level, text));
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.target.is_none_or(|target| metadata.target() == target)
    }

    fn event(&self, event: &Event<'_>) {
        self.keep(event.metadata(), |line| event.record(line));
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        self.keep(span.metadata(), |line| {
            span.metadata().name().clone_into(&mut line.message);
            span.record(line);
        });
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let written = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
        written.expect("a string takes everything");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::{debug_span, error, info};

    #[test]
    fn spans_are_lines_with_their_names() {
        let (log, _guard) = Log::begin();
        let _span = debug_span!("fetch", secret = "db").entered();
        info!("done");
        assert_eq!(log.lines(), ["DEBUG fetch secret=\"db\"", "INFO done"]);
        assert_eq!(log.take(Level::INFO), ["INFO done"]);
        assert!(log.lines().is_empty());
    }

    #[test]
    fn other_targets_and_other_threads_are_not_heard() {
        let (log, guard) = Log::of("orders");
        info!("of no target");
        std::thread::scope(|scope| {
            scope.spawn(|| error!(target: "orders", "of another thread"));
        });
        drop(guard);
        error!(target: "orders", "too late");
        assert!(log.lines().is_empty());
    }

    #[test]
    fn what_another_thread_met_first_is_heard_nevertheless() {
        let tell = || info!(target: "orders", "said");
        std::thread::scope(|scope| {
            scope.spawn(tell);
        });
        let (log, _guard) = Log::of("orders");
        tell();
        assert_eq!(log.lines(), ["INFO said"]);
    }
}
