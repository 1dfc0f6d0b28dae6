//! The variables that switch layers off.
//!
//! The environment belongs to all tests of a process and must not be changed under them, so each set of variables gets a
//! process of its own: this test again, which then reports which layers act.

use std::{
    future::{Ready, ready},
    num::NonZeroUsize,
    process::Command,
    task::{Context, Poll},
    time::Duration,
};

use leeward_resilience::{
    CircuitBreaker, CircuitBreakerLayer, CircuitBreakers, CircuitBreakersLayer, CircuitConfig,
    ConcurrencyLimitConfig, ConcurrencyLimitLayer, ConcurrencyLimiter, DeadlineLayer, HedgeLayer,
    HedgePolicy, KeyedRateLimitLayer, KeyedRateLimiter, LoadShedLayer, Plain, Rate,
    RateLimitConfig, RateLimitLayer, RateLimiter, RetryLayer, RetryPolicy, Switch, TokioClock,
    stack::Preset,
};
use tokio::time::timeout;
use tower::{Layer, Service, ServiceExt};

use crate::{
    fault::{Fault, failing, read, silent},
    instantly::Instantly,
};

const SECOND: Duration = Duration::from_secs(1);

/// In a child, says that it is one.
const CHILD: &str = "LEEWARD_TEST_ENVIRONMENT_CHILD";

/// The modules of the layers, in the order in which a child reports them.
const LAYERS: [&str; 7] = [
    "deadline",
    "retry",
    "hedge",
    "circuit_breaker",
    "rate_limit",
    "concurrency_limit",
    "load_shed",
];

#[test]
fn each_variable_switches_its_layer_off_and_no_other() {
    if std::env::var_os(CHILD).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_time().start_paused(true).build();
        println!("\n{}", runtime.unwrap().block_on(report()));
        return;
    }
    let others = |off: &[&str]| {
        let on = LAYERS.into_iter().filter(|layer| !off.contains(layer));
        on.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(acting(&[], "off"), others(&[]));
    for layer in LAYERS {
        assert_eq!(acting(&[layer], "off"), others(&[layer]));
    }
    assert_eq!(acting(&LAYERS, "OFF"), "");
    // What is no such word leaves them on.
    assert_eq!(acting(&LAYERS, "false"), others(&[]));
}

/// The layers that act in a process in which the variables of these layers are set to `value`.
fn acting(layers: &[&str], value: &str) -> String {
    let variable = |layer: &str| format!("LEEWARD_{}", layer.to_uppercase());
    let mut child = Command::new(std::env::current_exe().expect("a test has a file"));
    child.args(["--exact", "--nocapture"]);
    child.arg("environment::each_variable_switches_its_layer_off_and_no_other");
    for layer in LAYERS {
        child.env_remove(variable(layer));
    }
    child.envs(layers.iter().map(|layer| (variable(layer), value)));
    let output = child.env(CHILD, "1").output().expect("it runs");
    let output = String::from_utf8_lossy(&output.stdout);
    let reported = output.lines().find_map(|line| line.strip_prefix("acting:"));
    reported.expect(&output).trim().to_owned()
}

/// One line: the layers that act. All ways to make a layer must agree, and a handle must outdo the environment.
async fn report() -> String {
    let acting: [Vec<bool>; LAYERS.len()] = [
        vec![
            refuses(&DeadlineLayer::new(Duration::ZERO)).await,
            refuses(&DeadlineLayer::per_attempt(Duration::ZERO)).await,
        ],
        retry().await,
        hedge().await,
        circuit_breaker().await,
        rate_limit().await,
        concurrency_limit().await,
        load_shed().await,
    ];
    let by_hand = DeadlineLayer::new(Duration::ZERO).with_switch(Switch::new());
    assert!(refuses(&by_hand).await);
    let mut line = "acting:".to_owned();
    for (layer, acting) in LAYERS.into_iter().zip(acting) {
        assert!(acting.iter().all(|acts| *acts == acting[0]), "{layer}");
        if acting[0] {
            line = line + " " + layer;
        }
    }
    line
}

/// Whether the second of two calls is refused that the service would have answered.
async fn refuses<L>(layer: &L) -> bool
where
    L: Layer<Instantly, Service: Service<Plain<()>, Response = (), Error = Fault>>,
{
    let mut service = layer.layer(Instantly);
    let _ = service.ready().await.expect("ready").call(read()).await;
    service
        .ready()
        .await
        .expect("ready")
        .call(read())
        .await
        .is_err()
}

async fn retry() -> Vec<bool> {
    let (service, alone) = failing([Fault::lost()]);
    let layer = RetryLayer::new(RetryPolicy::new());
    let _ = layer.layer(service).oneshot(read()).await;
    let (service, in_a_stack) = failing([Fault::lost()]);
    let stack = Preset::batch().layer_with_clock(TokioClock::new());
    let _ = stack.layer(service).oneshot(read()).await;
    vec![alone.count() == 2, in_a_stack.count() == 2]
}

async fn hedge() -> Vec<bool> {
    let (service, alone) = silent();
    let policy = HedgePolicy::after(SECOND);
    let call = HedgeLayer::new(policy).layer(service).oneshot(read());
    assert!(timeout(2 * SECOND, call).await.is_err());
    let (service, in_a_stack) = silent();
    let preset = Preset::interactive().with_attempt_timeout(60 * SECOND);
    let stack = preset
        .with_hedge(policy)
        .layer_with_clock(TokioClock::new());
    let call = stack.layer(service).oneshot(read());
    assert!(timeout(2 * SECOND, call).await.is_err());
    vec![alone.count() == 2, in_a_stack.count() == 2]
}

async fn circuit_breaker() -> Vec<bool> {
    let breaker = CircuitBreaker::with_clock(CircuitConfig::new(), TokioClock::new());
    breaker.force_open();
    let keys =
        CircuitBreakers::with_clock(CircuitConfig::new(), NonZeroUsize::MIN, TokioClock::new());
    keys.of(&()).force_open();
    let stack = Preset::batch().layer_with_clock(TokioClock::new());
    stack.breaker().force_open();
    vec![
        refuses(&CircuitBreakerLayer::new(breaker)).await,
        refuses(&CircuitBreakersLayer::new(keys, |_: &Plain<()>| ())).await,
        refuses(&stack).await,
    ]
}

async fn rate_limit() -> Vec<bool> {
    let config = RateLimitConfig::fixed(Rate::per_second(1)).with_max_waiting(0);
    let limiter = RateLimiter::with_clock(config, TokioClock::new());
    let keys = KeyedRateLimiter::with_clock(config, NonZeroUsize::MIN, TokioClock::new());
    vec![
        refuses(&RateLimitLayer::new(limiter)).await,
        refuses(&KeyedRateLimitLayer::new(keys, |_: &Plain<()>| ())).await,
    ]
}

async fn concurrency_limit() -> Vec<bool> {
    let config = ConcurrencyLimitConfig::fixed(1).with_max_waiting(0);
    let limiter = ConcurrencyLimiter::with_clock(config, TokioClock::new());
    let _all_there_is = limiter.try_acquire().expect("free");
    let preset = Preset::batch().with_concurrency(config);
    let stack = preset.layer_with_clock(TokioClock::new());
    let _all_there_is = stack.limiter().try_acquire().expect("free");
    vec![
        refuses(&ConcurrencyLimitLayer::new(limiter)).await,
        refuses(&stack).await,
    ]
}

/// Never ready.
#[derive(Clone)]
struct Full;

impl Service<Plain<()>> for Full {
    type Response = ();
    type Error = Fault;
    type Future = Ready<Result<(), Fault>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Pending
    }

    fn call(&mut self, _: Plain<()>) -> Self::Future {
        ready(Ok(()))
    }
}

async fn load_shed() -> Vec<bool> {
    let call = LoadShedLayer::new().layer(Full).oneshot(read());
    vec![timeout(SECOND, call).await.is_ok()]
}
