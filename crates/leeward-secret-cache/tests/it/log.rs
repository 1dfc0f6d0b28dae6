//! What is logged, and how loudly.

use crate::upstream::{Answer, Upstream, seconds};
use leeward_secret_cache::{Freshness, SecretRef};
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock},
};
use tokio::time::{advance, sleep};
use tracing::{
    Dispatch, Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
    subscriber::DefaultGuard,
};

/// Keeps the lines of the present thread, as `LEVEL message field=value`, and spans by their names.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<(Level, String)>>>);

impl Log {
    pub(crate) fn begin() -> (Self, DefaultGuard) {
        // As long as there is one subscriber alone, what a thread without it meets first is off for all.
        static ANOTHER: OnceLock<Dispatch> = OnceLock::new();
        ANOTHER.get_or_init(|| Dispatch::new(Self::default()));
        let log = Self::default();
        let guard = tracing::subscriber::set_default(log.clone());
        (log, guard)
    }

    /// The lines up to `level`.
    pub(crate) fn take(&self, level: Level) -> Vec<String> {
        let lines = std::mem::take(&mut *self.lines());
        let lines = lines.into_iter().filter(|(of, _)| *of <= level);
        lines.map(|(_, line)| line).collect()
    }

    fn lines(&self) -> MutexGuard<'_, Vec<(Level, String)>> {
        self.0.lock().expect("nothing panics while it keeps a line")
    }

    fn keep(&self, metadata: &Metadata<'_>, record: impl FnOnce(&mut Line)) {
        let mut line = Line::default();
        record(&mut line);
        let level = *metadata.level();
        let text = format!("{level} {}{}", line.message, line.fields);
        self.lines().push((level, text));
    }
}

#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            name => self.fields += &format!(" {name}={value:?}"),
        }
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
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

#[tokio::test(start_paused = true)]
async fn what_outlasts_an_outage_is_told_loudly_and_once() {
    let upstream = Upstream::new();
    let outlasting = Freshness::new().with_stale_on_outage(seconds(600));
    let cache = upstream.builder().with_freshness(outlasting);
    let cache = cache.build().unwrap();
    let (log, _guard) = Log::begin();
    for outage in 1..=2 {
        cache.get("db").await.unwrap();
        upstream.answers(Answer::Throttled);
        advance(seconds(301)).await;
        for _ in 0..60 {
            cache.get("db").await.unwrap();
            sleep(seconds(1)).await;
        }
        let lines = log.take(Level::WARN);
        let told = lines
            .iter()
            .filter(|line| line.contains("is served although"));
        let told: Vec<_> = told.collect();
        let [line] = told[..] else {
            panic!("{outage}: {lines:?}");
        };
        assert!(
            line.starts_with("WARN") && line.contains("secret=db"),
            "{line}"
        );
        upstream.answers(Answer::Version(1));
        sleep(seconds(31)).await;
        cache.get("db").await.unwrap();
        sleep(seconds(1)).await;
    }
    let stats = cache.stats();
    assert!(stats.stale_serves >= 100, "{stats:?}");
}

#[tokio::test(start_paused = true)]
async fn names_that_strangers_make_up_forge_no_line_and_fill_none() {
    let (log, _guard) = Log::begin();
    let upstream = Upstream::new();
    upstream.answers(Answer::Throttled);
    let cache = upstream.cache();
    let forged = format!("db\nERROR all is lost\u{1b}[31m{}", "x".repeat(100_000));
    for secret in [
        SecretRef::new(&forged),
        SecretRef::new("db").at_stage(&forged),
    ] {
        let error = cache.get(secret).await.unwrap_err();
        // Who asked knows it as it was asked for.
        assert_eq!(error.secret(), secret.to_string());
        assert!(is_one_line(&error.to_string()) && is_one_line(&format!("{error:?}")));
        assert!(is_one_line(&format!("{secret:?}")));
    }
    assert!(
        cache
            .statuses()
            .iter()
            .all(|it| is_one_line(&it.to_string()))
    );
    let lines = log.take(Level::WARN);
    assert_eq!(lines.len(), 2);
    for line in lines {
        assert!(line.contains("db") && is_one_line(&line), "{line}");
    }
}

fn is_one_line(text: &str) -> bool {
    !text.contains(char::is_control) && text.len() < 3_000
}
