//! A second attempt beside a slow first one.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use leeward_error_taxonomy::{Classify, Stage};
use leeward_resilience::{
    Budget, BudgetConfig, HedgeLayer, HedgePolicy, Plain, Switch, TokioClock, deadline,
};
use tokio::time::{Instant, advance, sleep};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::fault::{Fault, book, failing, read, silent};

const MILLISECOND: Duration = Duration::from_millis(1);
pub(crate) const DELAY: Duration = Duration::from_millis(100);

pub(crate) fn hedge() -> HedgeLayer<TokioClock> {
    HedgeLayer::with_clock(HedgePolicy::after(DELAY), TokioClock::new())
}

/// What an attempt does, and after how many milliseconds.
pub(crate) type Plan = (u64, fn() -> Result<(), Fault>);

pub(crate) const OK: fn() -> Result<(), Fault> = || Ok(());
pub(crate) const LOST: fn() -> Result<(), Fault> = || Err(Fault::lost());
const INVALID: fn() -> Result<(), Fault> = || Err(Fault::invalid());
const NOT_SENT: fn() -> Result<(), Fault> = || Err(Fault::not_sent());

/// A service whose attempts go as planned and that answers with the number of the attempt; counts those in flight.
pub(crate) fn planned(
    plans: &'static [Plan],
) -> (
    impl Service<Plain<()>, Response = usize, Error = Fault, Future: Send> + Clone,
    Arc<AtomicUsize>,
    Arc<AtomicUsize>,
) {
    struct InFlight(Arc<AtomicUsize>);
    impl Drop for InFlight {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Relaxed);
        }
    }
    let (sent, in_flight) = (Arc::default(), Arc::default());
    let (counted, flying): (Arc<AtomicUsize>, Arc<AtomicUsize>) =
        (Arc::clone(&sent), Arc::clone(&in_flight));
    let service = service_fn(move |_: Plain<()>| {
        let attempt = counted.fetch_add(1, Relaxed);
        flying.fetch_add(1, Relaxed);
        let flight = InFlight(Arc::clone(&flying));
        async move {
            let _flight = flight;
            let (millis, outcome) = plans[attempt];
            sleep(Duration::from_millis(millis)).await;
            outcome().map(|()| attempt + 1)
        }
    });
    (service, sent, in_flight)
}

/// Who answers, after how many milliseconds and how many attempts; a zero is a failure.
#[track_caller]
fn check(plans: &'static [Plan], winner: usize, millis: u64, sent: usize) -> impl Future {
    let caller = std::panic::Location::caller();
    async move {
        let (service, attempts, in_flight) = planned(plans);
        let start = Instant::now();
        let answer = hedge().layer(service).oneshot(read()).await;
        assert_eq!(
            (
                answer.unwrap_or(0),
                start.elapsed(),
                attempts.load(Relaxed),
                in_flight.load(Relaxed)
            ),
            (winner, Duration::from_millis(millis), sent, 0),
            "{caller}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_success_wins_and_the_loser_is_cancelled() {
    check(&[(99, OK)], 1, 99, 1).await;
    check(&[(1_000, OK), (10, OK)], 2, 110, 2).await;
    check(&[(150, OK), (1_000, OK)], 1, 150, 2).await;
}

/// P10 and pitfall 11 of the facts: in tower, a hedge that fails kills the slow primary.
#[tokio::test(start_paused = true)]
async fn p10_a_failing_hedge_never_kills_a_healthy_primary() {
    check(&[(1_000, OK), (10, LOST)], 1, 1_000, 2).await;
    check(&[(1_000, OK), (10, INVALID)], 1, 1_000, 2).await;
}

#[tokio::test(start_paused = true)]
async fn p10_a_failing_primary_waits_for_the_hedge() {
    check(&[(150, LOST), (500, OK)], 2, 600, 2).await;
    check(&[(150, INVALID), (500, OK)], 2, 600, 2).await;
}

#[tokio::test(start_paused = true)]
async fn a_primary_that_fails_before_its_hedge_is_left_to_the_layers_above() {
    check(&[(50, LOST)], 0, 50, 1).await;
}

#[tokio::test(start_paused = true)]
async fn if_all_fail_the_one_that_got_furthest_passes() {
    let cases: [(&'static [Plan], Stage); 4] = [
        (&[(150, LOST), (10, NOT_SENT)], Stage::MaybeSent),
        (&[(150, LOST), (60, NOT_SENT)], Stage::MaybeSent),
        (&[(150, LOST), (60, INVALID)], Stage::Answered),
        (&[(150, LOST), (10, INVALID)], Stage::Answered),
    ];
    for (plans, stage) in cases {
        let (service, attempts, in_flight) = planned(plans);
        let fault = hedge().layer(service).oneshot(read()).await.unwrap_err();
        assert_eq!(fault.facts().stage, stage);
        assert_eq!((attempts.load(Relaxed), in_flight.load(Relaxed)), (2, 0));
    }
}

/// F4 of the facts, the hedge's half of it.
#[tokio::test(start_paused = true)]
async fn f4_what_must_be_applied_once_is_never_hedged() {
    let (service, attempts, _) = planned(&[(1_000, OK), (10, OK)]);
    assert_eq!(hedge().layer(service).oneshot(book()).await.unwrap(), 1);
    assert_eq!(attempts.load(Relaxed), 1);
}

/// Pitfall 11 of the facts: failsafe-go#141.
#[tokio::test(start_paused = true)]
async fn pitfall_11_a_spent_budget_never_fails_the_call() {
    let budget = Budget::new(BudgetConfig::new().with_floor(0));
    let layer = hedge().with_budget(budget);
    let (service, attempts, _) = planned(&[(1_000, OK), (10, OK)]);
    assert_eq!(layer.layer(service).oneshot(read()).await.unwrap(), 1);
    let counters = layer.counters();
    assert_eq!((attempts.load(Relaxed), counters.out_of_budget()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn more_than_one_hedge_by_option() {
    let policy = HedgePolicy::after(DELAY).with_max_hedges(3);
    let layer = HedgeLayer::with_clock(policy, TokioClock::new());
    let plans: &[Plan] = &[(9_000, OK), (9_000, OK), (9_000, OK), (10, OK), (1, OK)];
    let (service, attempts, in_flight) = planned(plans);
    let start = Instant::now();
    assert_eq!(layer.layer(service).oneshot(read()).await.unwrap(), 4);
    assert_eq!(start.elapsed(), 3 * DELAY + 10 * MILLISECOND);
    assert_eq!((attempts.load(Relaxed), in_flight.load(Relaxed)), (4, 0));
    assert_eq!((layer.counters().hedges(), layer.counters().won()), (3, 1));
    // The one in the middle fails, and takes nobody with it.
    let (service, _, _) = planned(&[(9_000, OK), (300, LOST), (110, LOST), (500, OK)]);
    assert_eq!(layer.layer(service).oneshot(read()).await.unwrap(), 4);
}

#[tokio::test(start_paused = true)]
async fn learns_after_how_long_to_hedge() {
    let layer = HedgeLayer::with_clock(HedgePolicy::default(), TokioClock::new());
    assert_eq!(layer.delay(), None);
    // Nothing is known: silence is not hedged.
    let (service, attempts) = silent();
    let mut call = pin!(layer.layer(service).oneshot(read()));
    assert!(poll_once(call.as_mut()).is_pending());
    advance(3_600_000 * MILLISECOND).await;
    assert!(poll_once(call.as_mut()).is_pending());
    assert_eq!(attempts.count(), 1);
    // A hundred answers later it is, a little after what they took.
    let usual = service_fn(|_: Plain<()>| async {
        sleep(20 * MILLISECOND).await;
        Ok::<_, Fault>(0)
    });
    for _ in 0..100 {
        layer.layer(usual).oneshot(read()).await.unwrap();
    }
    let delay = layer.delay().unwrap();
    assert!(
        delay >= 20 * MILLISECOND && delay <= 25 * MILLISECOND,
        "{delay:?}"
    );
    let (service, sent, _) = planned(&[(9_000, OK), (1, OK)]);
    let start = Instant::now();
    assert_eq!(layer.layer(service).oneshot(read()).await.unwrap(), 2);
    assert!(start.elapsed() <= 30 * MILLISECOND);
    assert_eq!(sent.load(Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn p11_failures_however_fast_teach_nothing() {
    let layer = HedgeLayer::with_clock(HedgePolicy::default(), TokioClock::new());
    for _ in 0..100 {
        let (service, _) = failing([Fault::lost()]);
        layer.layer(service).oneshot(read()).await.unwrap_err();
    }
    assert_eq!(layer.delay(), None);
}

/// F5 of the facts: no attempt starts with less than the median left.
#[tokio::test(start_paused = true)]
async fn f5_no_hedge_starts_that_cannot_finish() {
    let policy = HedgePolicy::after_multiple(3);
    for (left, sent) in [(85, 2), (60, 1)] {
        let layer = HedgeLayer::with_clock(policy, TokioClock::new());
        let usual = service_fn(|_: Plain<()>| async {
            sleep(16 * MILLISECOND).await;
            Ok::<_, Fault>(0)
        });
        for _ in 0..100 {
            layer.layer(usual).oneshot(read()).await.unwrap();
        }
        // A median of some 16 to 20 ms, hence a hedge after 49 to 61 ms, that takes as long.
        assert!(layer.delay().unwrap() < 62 * MILLISECOND);
        let (service, attempts) = silent();
        let end = Instant::now() + left * MILLISECOND;
        let call = deadline::until(end, layer.layer(service).oneshot(read()));
        tokio::time::timeout_at(end, call).await.unwrap_err();
        assert_eq!(attempts.count(), sent, "{left} ms");
    }
}

/// Ready at the second asking and for one call only; a clone is a new instance. It never answers.
#[derive(Default)]
struct Cold {
    asked: u8,
}

impl Clone for Cold {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Service<Plain<()>> for Cold {
    type Response = usize;
    type Error = Fault;
    type Future = std::future::Pending<Result<usize, Fault>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        self.asked += 1;
        if self.asked < 2 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Plain<()>) -> Self::Future {
        assert!(self.asked >= 2, "called an instance that was not ready");
        self.asked = 0;
        std::future::pending()
    }
}

/// Pitfall 1 of the facts: tower#548, tower-resilience#286.
#[tokio::test(start_paused = true)]
async fn pitfall_1_every_hedge_calls_an_instance_that_was_made_ready_for_it() {
    let policy = HedgePolicy::after(DELAY).with_max_hedges(3);
    let layer = HedgeLayer::with_clock(policy, TokioClock::new());
    let service = layer.layer(Cold::default());
    let call = tokio::time::timeout(10 * DELAY, service.oneshot(read()));
    call.await.unwrap_err();
    assert_eq!(layer.counters().hedges(), 3);
}

/// Ready once, never again.
#[derive(Clone, Default)]
struct ReadyOnce {
    called: bool,
    dies: bool,
}

impl Service<Plain<()>> for ReadyOnce {
    type Response = usize;
    type Error = Fault;
    type Future = Pin<Box<dyn Future<Output = Result<usize, Fault>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        match (self.called, self.dies) {
            (false, _) => Poll::Ready(Ok(())),
            (true, true) => Poll::Ready(Err(Fault::no_credentials())),
            (true, false) => Poll::Pending,
        }
    }

    fn call(&mut self, _: Plain<()>) -> Self::Future {
        self.called = true;
        Box::pin(async {
            sleep(10 * DELAY).await;
            Ok(1)
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_without_room_for_a_hedge_leaves_the_primary_alone() {
    for dies in [false, true] {
        let budget = Budget::new(BudgetConfig::new());
        let layer = hedge().with_budget(budget.clone());
        let service = layer.layer(ReadyOnce {
            called: false,
            dies,
        });
        assert_eq!(service.oneshot(read()).await.unwrap(), 1);
        assert_eq!((layer.counters().hedges(), budget.tokens()), (0, 50));
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_while_the_hedge_is_made_ready_it_gives_the_token_back() {
    let budget = Budget::new(BudgetConfig::new());
    let layer = hedge().with_budget(budget.clone());
    let service = layer.layer(ReadyOnce::default());
    let call = tokio::time::timeout(2 * DELAY, service.oneshot(read()));
    call.await.unwrap_err();
    assert_eq!(budget.tokens(), 50);
}

#[tokio::test(start_paused = true)]
async fn switched_off_it_sends_once_and_learns_nothing() {
    let switch = Switch::off();
    let layer = hedge().with_switch(switch.clone());
    let (service, attempts, _) = planned(&[(1_000, OK), (10, OK), (1_000, OK), (10, OK)]);
    let mut service = layer.layer(service);
    let answer = service.ready().await.unwrap().call(read()).await;
    assert_eq!((answer.unwrap(), attempts.load(Relaxed)), (1, 1));
    switch.turn_on();
    attempts.store(2, Relaxed);
    let answer = service.ready().await.unwrap().call(read()).await;
    assert_eq!((answer.unwrap(), attempts.load(Relaxed)), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn switched_off_it_learns_no_latency() {
    for policy in [HedgePolicy::default(), HedgePolicy::after_multiple(3)] {
        let switch = Switch::off();
        let layer = HedgeLayer::with_clock(policy, TokioClock::new()).with_switch(switch.clone());
        let usual = service_fn(|_: Plain<()>| async {
            sleep(20 * MILLISECOND).await;
            Ok::<_, Fault>(())
        });
        for _ in 0..100 {
            layer.layer(usual).oneshot(read()).await.unwrap();
        }
        assert_eq!(layer.delay(), None);
        switch.turn_on();
        for _ in 0..100 {
            layer.layer(usual).oneshot(read()).await.unwrap();
        }
        assert!(layer.delay().is_some());
    }
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}
