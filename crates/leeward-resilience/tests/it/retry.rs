use std::{
    collections::HashSet,
    io,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use leeward_error_taxonomy::{Classify, OperationName, Region, Rejected, Stage, Verdict};
use leeward_resilience::{
    Backoff, Budget, BudgetConfig, HedgeLayer, HedgePolicy, Idempotency, Ratio, Request,
    RetryLayer, RetryPolicy,
};
use tokio::time::{Instant, timeout};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use crate::fault::{Fault, always_failing, book, failing, read, silent};

const SECOND: Duration = Duration::from_secs(1);

fn retry() -> RetryLayer {
    RetryLayer::new(RetryPolicy::new().with_seed(42)).with_budget(Budget::new(BudgetConfig::new()))
}

#[tokio::test(start_paused = true)]
async fn sends_again_what_may_pass() {
    let (service, attempts) = failing([Fault::lost(), Fault::lost()]);
    let layer = retry();
    assert_eq!(layer.layer(service).oneshot(read()).await.unwrap(), 3);
    let pauses = attempts.pauses();
    // Tokio's timer counts whole milliseconds.
    assert!(pauses[0] <= Duration::from_millis(51), "{pauses:?}");
    assert!(pauses[1] <= Duration::from_millis(101), "{pauses:?}");
    let counters = layer.counters();
    assert_eq!(
        (counters.calls(), counters.retries(), counters.recovered()),
        (1, 2, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn gives_up_with_the_last_error() {
    let second = Fault::lost().retry_after(Duration::from_millis(2));
    let (service, attempts) = failing([Fault::lost(), second, Fault::throttled()]);
    let layer = retry();
    let fault = layer.layer(service).oneshot(read()).await.unwrap_err();
    assert_eq!(attempts.count(), 3);
    assert_eq!(fault.facts().stage, Stage::Answered, "the third one's");
    assert_eq!(layer.counters().out_of_attempts(), 1);
}

/// A layer above may send again what was not sent, a router without a budget even.
#[tokio::test(start_paused = true)]
async fn a_call_of_which_one_attempt_may_have_been_sent_is_never_told_as_not_sent() {
    let refused = || Fault::from(Rejected::NotSentInTime { timeout: SECOND });
    for (attempts, told) in [
        (vec![Fault::lost(), refused(), refused()], Stage::MaybeSent),
        (vec![refused(), Fault::lost(), refused()], Stage::MaybeSent),
        (
            vec![Fault::throttled(), refused(), refused()],
            Stage::Answered,
        ),
        // An answer to the second tells nothing of the first.
        (
            vec![Fault::lost(), Fault::throttled(), refused()],
            Stage::MaybeSent,
        ),
        (
            vec![Fault::throttled(), Fault::lost(), refused()],
            Stage::MaybeSent,
        ),
        (vec![refused(), refused(), Fault::lost()], Stage::MaybeSent),
        (vec![refused(), refused(), refused()], Stage::NotSent),
    ] {
        let (service, sent) = failing(attempts);
        let fault = retry().layer(service).oneshot(read()).await.unwrap_err();
        assert_eq!((fault.facts().stage, sent.count()), (told, 3));
    }
}

/// F4 of the facts, the retry's half of it.
#[tokio::test(start_paused = true)]
async fn f4_what_must_be_applied_once_is_never_applied_twice() {
    for (fault, sent) in [
        (Fault::lost(), 1),
        (Fault::not_sent(), 2),
        (Fault::throttled(), 2),
        (Fault::invalid(), 1),
        (Rejected::AttemptTimedOut { timeout: SECOND }.into(), 1),
        (Rejected::CircuitOpen { retry_in: SECOND }.into(), 1),
    ] {
        let name = format!("{fault:?}");
        let (service, attempts) = failing([fault]);
        let _ = retry().layer(service).oneshot(book()).await;
        assert_eq!(attempts.count(), sent, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn honours_the_wish_of_the_service_within_five_seconds() {
    for seed in 0..100 {
        let asked = Duration::from_secs(4);
        let (service, attempts) = failing([Fault::throttled().retry_after(asked)]);
        let policy = RetryPolicy::new().with_seed(seed);
        RetryLayer::new(policy)
            .layer(service)
            .oneshot(read())
            .await
            .unwrap();
        let pause = attempts.pauses()[0];
        assert!(pause >= asked && pause <= 5 * SECOND, "{pause:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_header_that_asks_for_an_hour_gets_five_seconds() {
    let (service, attempts) = failing([Fault::lost().retry_after(3_600 * SECOND)]);
    retry().layer(service).oneshot(read()).await.unwrap();
    let pause = attempts.pauses()[0];
    // Fifty milliseconds of jitter and the timer's millisecond on top.
    assert!(pause >= 5 * SECOND && pause <= 5 * SECOND + Duration::from_millis(51));
}

/// P4 and pitfall 10 of the facts: tower's maker clones its generator, and every first pause is the same.
#[tokio::test(start_paused = true)]
async fn p4_every_call_pauses_for_a_time_of_its_own() {
    let long = Backoff::new()
        .with_base(1_000 * SECOND)
        .with_cap(1_000 * SECOND);
    let layer = RetryLayer::new(RetryPolicy::new().with_backoff(long).with_seed(42))
        .with_budget(Budget::new(BudgetConfig::new().with_floor(200)));
    let mut first_pauses = HashSet::new();
    for _ in 0..100 {
        let (service, attempts) = failing([Fault::lost()]);
        // Clones of one service, too: the layer makes the difference, not the instance.
        layer.layer(service).oneshot(read()).await.unwrap();
        first_pauses.insert(attempts.pauses()[0]);
    }
    assert!(first_pauses.len() > 95, "{}", first_pauses.len());
}

#[tokio::test(start_paused = true)]
async fn an_outage_costs_a_tenth_more_and_no_more() {
    let (service, attempts) = always_failing(Fault::lost);
    let config = BudgetConfig::new().with_floor_interval(SECOND * 1_000_000);
    let layer = retry().with_budget(Budget::new(config));
    let mut service = layer.layer(service);
    for _ in 0..1_000 {
        let call = service.ready().await.unwrap().call(read());
        call.await.unwrap_err();
    }
    // The share of a thousand calls, and the ten tokens of the floor.
    assert_eq!(attempts.count(), 1_000 + 100 + 10);
    assert_eq!(layer.counters().retries(), 110);
    assert!(layer.counters().out_of_budget() > 900);
}

/// Pitfall 11 of the facts: in failsafe-go, a spent budget fails the call with an error of its own.
#[tokio::test(start_paused = true)]
async fn pitfall_11_a_spent_budget_leaves_the_services_own_error() {
    let layer = retry().with_budget(Budget::new(BudgetConfig::new().with_floor(0)));
    let (service, attempts) = always_failing(Fault::throttled);
    let fault = layer.layer(service).oneshot(read()).await.unwrap_err();
    assert_eq!((attempts.count(), layer.counters().out_of_budget()), (1, 1));
    assert_eq!(fault.facts().verdict, Verdict::Throttled);
    assert!(fault.rejected.is_none());
}

/// Pitfall 10 of the facts: tower-resilience's exponential preset has no jitter unless one asks for it.
#[tokio::test(start_paused = true)]
async fn pitfall_10_pauses_are_drawn_by_lot_unless_told_otherwise() {
    let layer = RetryLayer::new(RetryPolicy::new().with_seed(42));
    let mut pauses = HashSet::new();
    for _ in 0..10 {
        let (service, attempts) = failing([Fault::throttled()]);
        layer.layer(service).oneshot(read()).await.unwrap();
        pauses.insert(attempts.pauses()[0]);
    }
    assert!(pauses.len() > 7, "of a thousand milliseconds: {pauses:?}");
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_in_its_pause_gives_its_token_back() {
    let budget = Budget::new(BudgetConfig::new().with_floor(1));
    let layer = retry().with_budget(budget.clone());
    let wish = Fault::throttled().retry_after(10 * SECOND);
    let (service, attempts) = failing([wish]);
    let call = layer.layer(service).oneshot(read());
    assert!(timeout(Duration::from_millis(5), call).await.is_err());
    assert_eq!((attempts.count(), budget.tokens()), (1, 1));
    let call = layer.layer(failing([Fault::lost()]).0).oneshot(read());
    assert_eq!(call.await.unwrap(), 2);
    assert_eq!(budget.tokens(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_is_not_sent_costs_no_token() {
    let refused = || Fault::from(Rejected::NotSentInTime { timeout: SECOND });
    let open = || Fault::from(Rejected::CircuitOpen { retry_in: SECOND });
    for (attempts, tokens) in [
        (vec![Fault::lost(), open()], 10),
        (vec![Fault::lost(), refused(), refused()], 10),
        (vec![Fault::lost(), Fault::not_sent()], 9),
        (vec![Fault::lost(), refused(), Fault::lost()], 9),
        (vec![refused()], 9),
        (vec![Fault::lost(), Fault::lost(), Fault::lost()], 8),
        (vec![Fault::lost(), Fault::invalid()], 9),
    ] {
        let never = 1_000_000 * SECOND;
        let config = BudgetConfig::new().with_floor_interval(never);
        let budget = Budget::new(config.with_ratio(Ratio::percent(0)));
        let layer = RetryLayer::new(RetryPolicy::new()).with_budget(budget.clone());
        let name = format!("{attempts:?}");
        let _ = layer.layer(failing(attempts).0).oneshot(read()).await;
        assert_eq!(budget.tokens(), tokens, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_is_dropped_may_have_been_sent_and_costs_its_token() {
    let budget = Budget::new(BudgetConfig::new().with_floor_interval(1_000_000 * SECOND));
    let layer = retry().with_budget(budget.clone());
    let (lost, _) = failing([Fault::lost()]);
    // The second attempt answers late.
    let service = ServiceBuilder::new()
        .service(lost)
        .and_then(|answer| async move {
            tokio::time::sleep(60 * SECOND).await;
            Ok::<_, Fault>(answer)
        });
    let call = layer.layer(service).oneshot(read());
    timeout(SECOND, call).await.unwrap_err();
    assert_eq!((layer.counters().retries(), budget.tokens()), (1, 9));
}

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

/// Sent once and consumed by it, as a streaming body is.
struct Stream;

impl Request for Stream {
    fn operation(&self) -> OperationName {
        OperationName::new("ledger", "Upload")
    }

    fn idempotency(&self) -> Idempotency {
        Idempotency::Idempotent
    }

    fn replay(&self) -> Option<Self> {
        None
    }

    fn for_region(&self, _: &Region) -> Result<Self, Rejected> {
        Err(Rejected::unavailable("a stream stays where it is"))
    }
}

/// Pitfall 16 of the facts: the retry of a streaming body.
#[tokio::test(start_paused = true)]
async fn pitfall_16_what_cannot_be_copied_is_sent_once_and_costs_no_token() {
    let budget = Budget::new(BudgetConfig::new());
    let service = service_fn(|_: Stream| async { Err::<(), _>(Fault::not_sent()) });
    let service = retry().with_budget(budget.clone()).layer(service);
    service.oneshot(Stream).await.unwrap_err();
    assert_eq!(budget.tokens(), 10);
}

#[tokio::test(start_paused = true)]
async fn pitfall_16_what_cannot_be_copied_is_not_hedged() {
    let layer = HedgeLayer::new(HedgePolicy::after(SECOND));
    let service = service_fn(|_: Stream| async {
        tokio::time::sleep(10 * SECOND).await;
        Ok::<_, Fault>(())
    });
    layer.layer(service).oneshot(Stream).await.unwrap();
    assert_eq!(layer.counters().hedges(), 0);
}

#[derive(Clone)]
struct DiesAfterOneCall {
    calls: u32,
}

impl<R> Service<R> for DiesAfterOneCall {
    type Response = ();
    type Error = Fault;
    type Future = std::future::Ready<Result<(), Fault>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(match self.calls {
            0 => Ok(()),
            _ => Err(Fault::no_credentials()),
        })
    }

    fn call(&mut self, _: R) -> Self::Future {
        self.calls += 1;
        std::future::ready(Err(Fault::lost()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_will_never_be_ready_again_ends_the_call() {
    let budget = Budget::new(BudgetConfig::new());
    let layer = retry().with_budget(budget.clone());
    let service = layer.layer(DiesAfterOneCall { calls: 0 });
    let fault = service.oneshot(read()).await.unwrap_err();
    assert_eq!(fault.facts().stage, Stage::NotSent);
    assert_eq!((budget.tokens(), layer.counters().retries()), (10, 0));
}

#[tokio::test(start_paused = true)]
async fn one_attempt_at_most_means_one() {
    for max_attempts in [0, 1] {
        let (service, attempts) = always_failing(Fault::lost);
        let layer = RetryLayer::new(
            RetryPolicy::new()
                .with_seed(42)
                .with_max_attempts(max_attempts),
        );
        layer.layer(service).oneshot(read()).await.unwrap_err();
        assert_eq!(attempts.count(), 1);
    }
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

#[tokio::test(start_paused = true)]
async fn tells_of_each_attempt_and_why_it_gave_up() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter("leeward::retry=debug")
        .with_ansi(false)
        .without_time()
        .with_writer(move || writer.clone())
        .finish();
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

#[tokio::test(start_paused = true)]
async fn a_retry_after_throttling_costs_what_the_policy_says() {
    let config = BudgetConfig::new()
        .with_floor(1)
        .with_ratio(Ratio::percent(0))
        .with_floor_interval(1_000_000 * SECOND);
    for (policy, sent) in [(RetryPolicy::new(), 2), (RetryPolicy::aws(), 3)] {
        let (service, attempts) = always_failing(Fault::throttled);
        let layer = RetryLayer::new(policy.with_seed(42)).with_budget(Budget::new(config));
        layer.layer(service).oneshot(read()).await.unwrap_err();
        assert_eq!(attempts.count(), sent);
    }
}

/// Ready at once for the first call, and a second later for each of the others.
struct SlowlyReady<S> {
    inner: S,
    rest: Option<std::pin::Pin<Box<tokio::time::Sleep>>>,
}

impl<S: Clone> Clone for SlowlyReady<S> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            rest: None,
        }
    }
}

impl<S: Service<R>, R> Service<R> for SlowlyReady<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        if let Some(rest) = &mut self.rest {
            std::task::ready!(std::future::Future::poll(rest.as_mut(), cx));
        }
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> S::Future {
        self.rest = Some(Box::pin(tokio::time::sleep(SECOND)));
        self.inner.call(request)
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_is_ready_too_late_is_not_begun() {
    let budget = Budget::new(BudgetConfig::new());
    let layer = retry().with_budget(budget.clone());
    let (service, attempts) = always_failing(Fault::lost);
    let service = layer.layer(SlowlyReady {
        inner: service,
        rest: None,
    });
    // Told of the time and not ended by it, so that the layer's own care shows.
    let end = Instant::now() + SECOND / 2;
    let fault = leeward_resilience::deadline::until(end, service.oneshot(read())).await;
    assert_eq!(fault.unwrap_err().facts().stage, Stage::MaybeSent);
    assert_eq!((attempts.count(), layer.counters().out_of_time()), (1, 1));
    assert_eq!(budget.tokens(), 10, "the token went back");
}
