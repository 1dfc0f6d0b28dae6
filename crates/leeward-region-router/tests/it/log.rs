//! What is logged, and how loudly.

use std::{
    fmt::{self, Write},
    sync::{Arc, Mutex},
};

use leeward_resilience::{Budget, BudgetConfig, TokioClock};
use tokio::time::sleep;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
    subscriber::DefaultGuard,
};

use crate::world::{
    A, B, Mood, REST, World, builder, circuit, learn, open_circuits, read, send, served,
};

/// Keeps the lines of the present thread, as `LEVEL message field=value`.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(Level, String)>>>);

impl Log {
    fn begin() -> (Self, DefaultGuard) {
        let log = Self::default();
        let guard = tracing::subscriber::set_default(log.clone());
        (log, guard)
    }

    /// The lines of circuits and budgets, up to `level`.
    fn take(&self, level: Level) -> Vec<String> {
        let lines = std::mem::take(&mut *self.0.lock().unwrap());
        let lines = lines.into_iter().filter(|(of, _)| *of <= level);
        lines.map(|(_, line)| line).collect()
    }
}

struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            name => write!(self.fields, " {name}={value:?}").unwrap(),
        }
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "leeward::router"
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line {
            message: String::new(),
            fields: String::new(),
        };
        event.record(&mut line);
        let level = *event.metadata().level();
        let text = format!("{level} {}{}", line.message, line.fields);
        self.0.lock().unwrap().push((level, text));
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[tokio::test(start_paused = true)]
async fn a_long_outage_warns_once_and_says_once_that_it_is_over() {
    let (log, _guard) = Log::begin();
    let world = World::new();
    let router = world.build(builder([A, B]).with_circuit(circuit()));
    open_circuits(&world, &router, &[A]).await;
    for _ in 0..10 {
        sleep(REST).await;
        assert_eq!(served(&router).await, B);
    }
    world.set(A, Mood::Well);
    sleep(REST).await;
    assert_eq!(served(&router).await, A);
    assert_eq!(router.status().regions[0].probes, 11);
    assert_eq!(
        log.take(Level::INFO),
        [
            "WARN circuit opened, calls go elsewhere region=us-east-1 from=Closed",
            "INFO circuit closed, calls come back region=us-east-1 from=HalfOpen",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn each_probe_is_there_for_whoever_looks_closely() {
    let world = World::new();
    let router = world.build(builder([A, B]).with_circuit(circuit()));
    open_circuits(&world, &router, &[A]).await;
    sleep(REST).await;
    let (log, _guard) = Log::begin();
    assert_eq!(served(&router).await, B);
    let lines = log.take(Level::DEBUG);
    assert_eq!(
        lines[..2],
        [
            "DEBUG circuit probed region=us-east-1 from=Open to=HalfOpen",
            "DEBUG circuit probed region=us-east-1 from=HalfOpen to=Open",
        ],
        "{lines:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_nobody_could_pay_for_is_logged_for_hedges_as_for_fail_overs() {
    let budget = Budget::with_clock(BudgetConfig::new().with_floor(0), TokioClock::new());
    let world = World::new();
    let router = world.build(builder([A, B]).with_budget(budget.withdraw_only()));
    learn(&world, &router).await;
    world.set(A, Mood::Silent);
    let (log, _guard) = Log::begin();
    send(&router, read()).await.unwrap_err();
    assert_eq!(
        log.take(Level::DEBUG),
        [
            "DEBUG not answered yet, budget spent operation=ledger.Touch from=us-east-1 elapsed=50ms",
            "DEBUG attempt failed, budget spent operation=ledger.Touch from=us-east-1 elapsed=1s category=timeout",
        ]
    );
}
