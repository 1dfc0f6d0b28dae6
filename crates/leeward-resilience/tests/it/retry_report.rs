//! What a retry layer counts and tells.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use leeward_error_taxonomy::Rejected;
use leeward_resilience::{Budget, BudgetConfig, Ratio};
use tokio::time::{Instant, timeout};
use tower::{Layer, ServiceExt, service_fn};
use tracing_subscriber::{filter::Targets, layer::SubscriberExt};

use crate::{
    fault::{Fault, always_failing, book, failing, read, silent},
    retry::retry,
    retry_readiness::{DiesAfterOneCall, Stream},
};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn every_cause_of_giving_up_has_a_count_of_its_own() {
    let layer = retry().with_budget(Budget::new(
        BudgetConfig::new()
            .with_ratio(Ratio::percent(0))
            .with_floor(5)
            .with_floor_interval(1_000_000 * SECOND),
    ));
    let counts = || {
        let counters = layer.counters();
        [
            counters.gave_up(),
            counters.not_retryable(),
            counters.maybe_applied(),
            counters.not_replayable(),
            counters.not_ready(),
            counters.out_of_time(),
            counters.out_of_attempts(),
            counters.out_of_budget(),
        ]
    };
    let fail = |fault| layer.layer(always_failing(fault).0);
    fail(Fault::invalid).oneshot(read()).await.unwrap_err();
    assert_eq!(counts(), [1, 1, 0, 0, 0, 0, 0, 0]);
    fail(|| Rejected::LimiterFull.into())
        .oneshot(read())
        .await
        .unwrap_err();
    assert_eq!(counts(), [2, 2, 0, 0, 0, 0, 0, 0]);
    fail(Fault::lost).oneshot(book()).await.unwrap_err();
    assert_eq!(counts(), [3, 2, 1, 0, 0, 0, 0, 0]);
    let lost = service_fn(|_: Stream| async { Err::<(), _>(Fault::lost()) });
    layer.layer(lost).oneshot(Stream).await.unwrap_err();
    assert_eq!(counts(), [4, 2, 1, 1, 0, 0, 0, 0]);
    let dying = layer.layer(DiesAfterOneCall { calls: 0 });
    dying.oneshot(read()).await.unwrap_err();
    assert_eq!(counts(), [5, 2, 1, 1, 1, 0, 0, 0]);
    let late = fail(|| Fault::lost().retry_after(4 * SECOND)).oneshot(read());
    let late = leeward_resilience::deadline::until(Instant::now() + SECOND, late);
    late.await.unwrap_err();
    assert_eq!(counts(), [6, 2, 1, 1, 1, 1, 0, 0]);
    // Two tokens each, and then the fifth and last.
    for out_of_attempts in [1, 2] {
        fail(Fault::lost).oneshot(read()).await.unwrap_err();
        let gave_up = 6 + out_of_attempts;
        assert_eq!(counts(), [gave_up, 2, 1, 1, 1, 1, out_of_attempts, 0]);
    }
    fail(Fault::lost).oneshot(read()).await.unwrap_err();
    assert_eq!(counts(), [9, 2, 1, 1, 1, 1, 2, 1]);
    // Neither a success nor a call that is dropped.
    layer.layer(failing([]).0).oneshot(read()).await.unwrap();
    let dropped = layer.layer(silent().0).oneshot(read());
    assert!(timeout(SECOND, dropped).await.is_err());
    let counters = layer.counters();
    assert_eq!((counters.calls(), counters.gave_up()), (11, 9));
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs the test of this name in a process of its own, unless this is that process, and says whether it did.
///
/// A place in the code that another test passes first is noted as one that nobody listens to, and another test's end of
/// listening can come between: a subscriber of one thread hears all only where there is no other test.
fn ran_alone(test: &str) -> bool {
    const CHILD: &str = "LEEWARD_TEST_REPORT_CHILD";
    if std::env::var_os(CHILD).is_some() {
        return false;
    }
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{out}");
    assert!(out.contains("1 passed"), "no such test as {test}: {out}");
    true
}

#[tokio::test(start_paused = true)]
async fn tells_of_each_attempt_and_why_it_gave_up() {
    if ran_alone("retry_report::tells_of_each_attempt_and_why_it_gave_up") {
        return;
    }
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_ansi(false)
        .without_time()
        .with_writer(move || writer.clone())
        .finish()
        .with(Targets::new().with_target("leeward::retry", tracing::Level::DEBUG));
    let _guard = tracing::subscriber::set_default(subscriber);
    let (service, _) = failing([Fault::lost(), Fault::invalid()]);
    let start = Instant::now();
    retry().layer(service).oneshot(read()).await.unwrap_err();
    assert!(start.elapsed() > Duration::ZERO);
    let log = String::from_utf8(log.0.lock().expect("not poisoned").clone()).unwrap();
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines.len(), 2, "{log}");
    for (line, expected) in [
        (lines[0], "attempt failed, sending again"),
        (lines[0], "operation=ledger.Read attempt=1 category=network"),
        (lines[1], "attempt failed, giving up"),
        (lines[1], "attempt=2 category=validation cause=Final"),
    ] {
        assert!(line.contains(expected), "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn counts_how_long_it_waited_and_says_it() {
    let (service, attempts) = failing([Fault::lost(), Fault::lost()]);
    let layer = retry();
    layer.layer(service).oneshot(read()).await.unwrap();
    let waited = layer.counters().waited();
    let pauses: Duration = attempts.pauses().iter().sum();
    // Tokio's timer rounds each of the two pauses up.
    assert!(waited <= pauses && pauses <= waited + Duration::from_millis(2));
}
