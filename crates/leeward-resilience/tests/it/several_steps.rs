//! Services that do several things in one call, between our layers: what lies under them speaks for itself alone.

use std::{
    future::{Future, poll_fn},
    num::NonZeroUsize,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use leeward_error_taxonomy::{Classify, Rejected, Stage};
use leeward_resilience::{
    CircuitBreaker, CircuitBreakerLayer, CircuitBreakers, CircuitBreakersLayer, CircuitConfig,
    ConcurrencyLimitConfig, ConcurrencyLimitLayer, ConcurrencyLimiter, ConcurrencyPermit,
    DeadlineLayer, HedgeLayer, HedgePolicy, KeyedRateLimitLayer, KeyedRateLimiter, LoadShedLayer,
    Plain, Rate, RateLimitConfig, RateLimitLayer, RateLimiter, RetryLayer, RetryPolicy, Switch,
    TokioClock,
};
use tokio::time::{Instant, sleep};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, layer::util::Identity, service_fn};

use crate::{
    fault::{Fault, book, failing, read, silent},
    rate_limit::keys,
};

const SECOND: Duration = Duration::from_secs(1);

type Answer = Pin<Box<dyn Future<Output = Result<usize, Fault>> + Send>>;

/// A limiter whose only place is taken, and in whose line one may wait for a minute.
fn full() -> (
    ConcurrencyLimitLayer<TokioClock>,
    ConcurrencyPermit<TokioClock>,
) {
    let config = ConcurrencyLimitConfig::fixed(1).with_max_wait(60 * SECOND);
    let limiter = ConcurrencyLimiter::with_clock(config, TokioClock::new());
    let held = limiter.try_acquire().expect("its only place");
    (ConcurrencyLimitLayer::new(limiter), held)
}

/// Books, and then notifies: by the service that it holds, which is the whole of it.
#[derive(Clone)]
struct Booking<S> {
    notify: S,
    at_once: bool,
    booked: Arc<AtomicUsize>,
}

fn booking<S>(notify: S, at_once: bool) -> Booking<S> {
    Booking {
        notify,
        at_once,
        booked: Arc::default(),
    }
}

impl<S> Service<Plain<()>> for Booking<S>
where
    S: Service<Plain<()>, Response = usize, Error = Fault, Future: Send> + Clone + Send + 'static,
{
    type Response = usize;
    type Error = Fault;
    type Future = Answer;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        self.notify.poll_ready(cx)
    }

    fn call(&mut self, request: Plain<()>) -> Answer {
        self.booked.fetch_add(1, Relaxed);
        if self.at_once {
            return Box::pin(self.notify.call(request));
        }
        let mut notify = self.notify.clone();
        Box::pin(async move {
            sleep(SECOND / 10).await;
            poll_fn(|cx| notify.poll_ready(cx)).await?;
            notify.call(request).await
        })
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_booked_before_it_waited_in_a_line_is_not_booked_again() {
    for at_once in [true, false] {
        let (limit, _held) = full();
        let notify = limit.layer(failing([]).0);
        let booking = booking(notify, at_once);
        let booked = Arc::clone(&booking.booked);
        let retry = RetryLayer::new(RetryPolicy::new().with_seed(42));
        let service = ServiceBuilder::new()
            .layer(&retry)
            .layer(DeadlineLayer::per_attempt(SECOND))
            .service(booking);
        let fault = service.oneshot(book()).await.unwrap_err();
        assert_eq!(fault.facts().stage, Stage::MaybeSent, "{fault:?}");
        assert_eq!((booked.load(Relaxed), retry.counters().retries()), (1, 0));
    }
}

/// How far a request got that waits in a line until its time is over, under this layer alone and with a stranger between.
macro_rules! check {
    ($($name:ident: $layer:expr;)+) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            for scope in [DeadlineLayer::new(SECOND), DeadlineLayer::per_attempt(SECOND)] {
                let (limit, _held) = full();
                let line = limit.layer(silent().0);
                let layer = $layer;
                let direct = scope.layer(layer.layer(line.clone()));
                let fault = direct.oneshot(read()).await.unwrap_err();
                assert_eq!(fault.facts().stage, Stage::NotSent, "{fault:?}");
                for at_once in [true, false] {
                    let notify = line.clone();
                    let strange = scope.layer(layer.layer(booking(notify, at_once)));
                    let fault = strange.oneshot(read()).await.unwrap_err();
                    assert_eq!(fault.facts().stage, Stage::MaybeSent, "{fault:?}");
                    let notify = layer.layer(line.clone());
                    let strange = scope.layer(booking(notify, at_once));
                    let fault = strange.oneshot(read()).await.unwrap_err();
                    assert_eq!(fault.facts().stage, Stage::MaybeSent, "{fault:?}");
                }
            }
        }
    )+};
}

mod hands_the_claim_on_to_layers_alone {
    use super::*;

    fn breaker() -> CircuitBreaker<TokioClock> {
        CircuitBreaker::with_clock(CircuitConfig::new(), TokioClock::new())
    }

    fn rate() -> RateLimitConfig {
        RateLimitConfig::fixed(Rate::per_second(1_000))
    }

    fn late_hedge() -> HedgeLayer<TokioClock> {
        HedgeLayer::with_clock(HedgePolicy::after(60 * SECOND), TokioClock::new())
    }

    fn places() -> ConcurrencyLimitLayer<TokioClock> {
        let config = ConcurrencyLimitConfig::fixed(100);
        ConcurrencyLimitLayer::new(ConcurrencyLimiter::with_clock(config, TokioClock::new()))
    }

    check! {
        no_layer: Identity::new();
        a_longer_deadline: DeadlineLayer::new(60 * SECOND);
        a_longer_attempt: DeadlineLayer::per_attempt(60 * SECOND);
        a_deadline_that_never_comes: DeadlineLayer::new(Duration::MAX);
        retry: RetryLayer::new(RetryPolicy::new());
        hedge: late_hedge();
        circuit_breaker: CircuitBreakerLayer::new(breaker());
        circuit_breakers: CircuitBreakersLayer::new(
            CircuitBreakers::with_clock(CircuitConfig::new(), NonZeroUsize::MIN, TokioClock::new()),
            |_: &Plain<()>| (),
        );
        rate_limit: RateLimitLayer::new(RateLimiter::with_clock(rate(), TokioClock::new()));
        keyed_rate_limit: KeyedRateLimitLayer::new(
            KeyedRateLimiter::with_clock(rate(), keys(10), TokioClock::new()),
            |_: &Plain<()>| (),
        );
        concurrency_limit: places();
        load_shed: LoadShedLayer::new();
        no_deadline: DeadlineLayer::new(SECOND / 2).with_switch(Switch::off());
        no_retry: RetryLayer::new(RetryPolicy::new()).with_switch(Switch::off());
        no_hedge: late_hedge().with_switch(Switch::off());
        no_circuit_breaker: CircuitBreakerLayer::new(breaker()).with_switch(Switch::off());
        no_concurrency_limit: places().with_switch(Switch::off());
    }
}

/// A limiter that has waited itself says no more than it was told.
#[tokio::test(start_paused = true)]
async fn a_claim_outlasts_a_wait_and_only_that() {
    let rate = RateLimitConfig::fixed(Rate::per_second(2)).with_max_wait(60 * SECOND);
    for (is_strange, stage) in [(false, Stage::NotSent), (true, Stage::MaybeSent)] {
        let (limit, _held) = full();
        let limiter = RateLimiter::with_clock(rate, TokioClock::new());
        limiter.try_acquire().unwrap();
        let waits = RateLimitLayer::new(limiter).layer(limit.layer(silent().0));
        let fault = if is_strange {
            let service = booking(waits, true);
            DeadlineLayer::new(SECOND)
                .layer(service)
                .oneshot(read())
                .await
        } else {
            DeadlineLayer::new(SECOND)
                .layer(waits)
                .oneshot(read())
                .await
        };
        assert_eq!(fault.unwrap_err().facts().stage, stage);
    }
}

/// The refusal is the operation's, and the operation has sent an attempt.
#[tokio::test(start_paused = true)]
async fn the_deadline_in_a_line_after_an_attempt_stays_a_deadline_and_says_maybe() {
    let config = ConcurrencyLimitConfig::fixed(1).with_max_wait(60 * SECOND);
    let limiter = ConcurrencyLimiter::with_clock(config, TokioClock::new());
    let (service, attempts) = silent();
    let service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(3 * SECOND))
        .layer(RetryLayer::new(RetryPolicy::new().with_seed(42)))
        .layer(ConcurrencyLimitLayer::new(limiter.clone()))
        .layer(DeadlineLayer::per_attempt(SECOND))
        .service(service);
    let others = async {
        sleep(SECOND / 2).await;
        let held = limiter.acquire().await;
        sleep(60 * SECOND).await;
        drop(held);
    };
    let start = Instant::now();
    let call = async {
        let fault = service.oneshot(read()).await.unwrap_err();
        assert_eq!((start.elapsed(), attempts.count()), (3 * SECOND, 1));
        assert_eq!(fault.facts().stage, Stage::MaybeSent);
        let refused = fault.rejected.unwrap();
        assert!(
            matches!(refused, Rejected::DeadlineExceeded { .. }),
            "{refused}"
        );
    };
    tokio::join!(others, call);
}

#[tokio::test(start_paused = true)]
async fn a_limiter_that_is_asked_by_hand_leaves_attempts_alone_in_doubt() {
    for (layer, stage) in [
        (DeadlineLayer::new(SECOND), Stage::NotSent),
        (DeadlineLayer::per_attempt(SECOND), Stage::MaybeSent),
    ] {
        let config = ConcurrencyLimitConfig::fixed(1).with_max_wait(60 * SECOND);
        let limiter = ConcurrencyLimiter::with_clock(config, TokioClock::new());
        let _held = limiter.try_acquire().unwrap();
        let service = service_fn(move |_: Plain<()>| {
            let turn = limiter.acquire();
            async move { turn.await.map(|_| ()).map_err(Fault::from) }
        });
        let fault = layer.layer(service).oneshot(read()).await.unwrap_err();
        assert_eq!(fault.facts().stage, stage);
    }
}
