//! Regions that do as they are told, and the errors that they answer with.

use std::{
    collections::HashMap,
    future::{Ready, pending, poll_fn, ready},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll},
    time::Duration,
};

use leeward_error_taxonomy::{
    Category, Classify, Facts, OperationName, Region, Rejected, Stage, Verdict,
};
use leeward_region_router::{RegionRouter, RegionRouterBuilder, RegionState};
use leeward_resilience::{CircuitConfig, Plain, Ratio, TokioClock};
use tokio::time::sleep;
use tower::ServiceExt;
use tower_service::Service;

pub(crate) const A: Region = Region::from_static("us-east-1");
pub(crate) const B: Region = Region::from_static("eu-west-1");
pub(crate) const C: Region = Region::from_static("ap-south-1");

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// Longer than a circuit of these tests rests.
pub(crate) const REST: Duration = Duration::from_secs(5);

pub(crate) type Router = RegionRouter<Site, TokioClock>;

pub(crate) fn read() -> Plain<&'static str> {
    write().idempotent()
}

pub(crate) fn write() -> Plain<&'static str> {
    Plain::new("account 42").named(OperationName::new("ledger", "Touch"))
}

/// How a call is answered in a Region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// With the name of the Region.
    Well,
    /// By an error after the call.
    Failing(Fault),
    /// With the name of the Region, after so many milliseconds.
    After(u64),
    /// By an error after so many milliseconds.
    FailingAfter(u64, Fault),
    /// By an error of `poll_ready`.
    Unready(Fault),
    /// Never, once called.
    Silent,
    /// Never, and it takes all the time that the runtime gives the task.
    Busy,
    /// `poll_ready` stays pending.
    NeverReady,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Down,
    Reset,
    Unreachable,
    Throttled,
    Invalid,
    Denied,
    LimiterFull,
    OutOfTime,
    OutOfTimeUnsent,
}

#[derive(Debug)]
pub(crate) enum LedgerError {
    Failed(Region, Fault),
    Refused(Rejected),
}

impl LedgerError {
    fn new(region: &Region, fault: Fault) -> Self {
        match fault {
            Fault::LimiterFull => Self::Refused(Rejected::LimiterFull),
            Fault::OutOfTime => Self::Refused(Rejected::DeadlineExceeded {
                timeout: SECOND,
                stage: Stage::MaybeSent,
            }),
            Fault::OutOfTimeUnsent => Self::Refused(Rejected::DeadlineExceeded {
                timeout: SECOND,
                stage: Stage::NotSent,
            }),
            fault => Self::Failed(region.clone(), fault),
        }
    }
}

impl Classify for LedgerError {
    fn facts(&self) -> Facts<'_> {
        let fault = match self {
            Self::Refused(rejected) => return rejected.facts(),
            Self::Failed(_, fault) => fault,
        };
        let (stage, category, verdict, code) = match fault {
            Fault::Down => (
                Stage::Answered,
                Category::ServiceUnavailable,
                Verdict::Transient,
                Some("Down"),
            ),
            Fault::Reset => (
                Stage::MaybeSent,
                Category::Network,
                Verdict::Transient,
                None,
            ),
            Fault::Unreachable => (Stage::NotSent, Category::Network, Verdict::Transient, None),
            Fault::Throttled => (
                Stage::Answered,
                Category::RateLimit,
                Verdict::Throttled,
                Some("Throttled"),
            ),
            Fault::Invalid => (
                Stage::Answered,
                Category::Validation,
                Verdict::Final,
                Some("Invalid"),
            ),
            Fault::Denied => (
                Stage::Answered,
                Category::Authorization,
                Verdict::Final,
                Some("Denied"),
            ),
            Fault::LimiterFull | Fault::OutOfTime | Fault::OutOfTimeUnsent => {
                unreachable!("carried as a refusal")
            }
        };
        let mut facts = Facts::new(stage, category, verdict);
        facts.code = code;
        facts
    }
}

impl From<Rejected> for LedgerError {
    fn from(rejected: Rejected) -> Self {
        Self::Refused(rejected)
    }
}

/// The Regions, their moods and what reached them; cloning shares it.
#[derive(Clone, Default)]
pub(crate) struct World(Arc<Mutex<HashMap<Region, Told>>>);

#[derive(Default)]
struct Told {
    mood: Option<Mood>,
    calls: u32,
    in_flight: u32,
    made: u32,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn set(&self, region: Region, mood: Mood) {
        self.told().entry(region).or_default().mood = Some(mood);
    }

    pub(crate) fn set_all(&self, mood: Mood) {
        for region in [A, B, C] {
            self.set(region, mood);
        }
    }

    pub(crate) fn is_failing(&self, region: Region) -> bool {
        let mood = self.told().entry(region).or_default().mood;
        matches!(mood, Some(Mood::Failing(_)))
    }

    /// How many calls reached each Region since the last time that this was asked.
    pub(crate) fn take_calls(&self) -> [u32; 3] {
        let mut told = self.told();
        [A, B, C].map(|region| std::mem::take(&mut told.entry(region).or_default().calls))
    }

    pub(crate) fn in_flight(&self) -> u32 {
        self.told().values().map(|told| told.in_flight).sum()
    }

    /// How many services were made for each Region.
    pub(crate) fn made(&self) -> [u32; 3] {
        let mut told = self.told();
        [A, B, C].map(|region| told.entry(region).or_default().made)
    }

    /// A router over all three Regions.
    pub(crate) fn router(&self) -> Router {
        self.build(builder([A, B, C]))
    }

    /// One that sends no call to two Regions at once.
    pub(crate) fn unhedged(&self) -> Router {
        self.build(builder([A, B, C]).without_hedging())
    }

    pub(crate) fn build(&self, builder: RegionRouterBuilder<TokioClock>) -> Router {
        builder.build(self.clone()).expect("Regions that differ")
    }

    fn told(&self) -> MutexGuard<'_, HashMap<Region, Told>> {
        self.0.lock().expect("not poisoned")
    }
}

/// Opens after two failures in a row, for five seconds to the dot.
pub(crate) fn builder(
    regions: impl IntoIterator<Item = Region>,
) -> RegionRouterBuilder<TokioClock> {
    RegionRouter::builder(regions)
        .with_clock(TokioClock::new())
        .with_circuit(circuit())
}

pub(crate) fn circuit() -> CircuitConfig {
    CircuitConfig::new()
        .with_consecutive_failures(2)
        .with_rest(REST)
        .with_rest_jitter(Ratio::percent(0))
        // Tests count calls; how a Region is taken back by and by is the breaker's affair.
        .with_slow_start(Duration::ZERO, Ratio::percent(100))
        .with_seed(42)
}

impl Service<Region> for World {
    type Response = Site;
    type Error = Rejected;
    type Future = Ready<Result<Site, Rejected>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Rejected>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, region: Region) -> Self::Future {
        self.told().entry(region.clone()).or_default().made += 1;
        ready(Ok(Site {
            region,
            world: self.clone(),
            ready: false,
        }))
    }
}

/// One Region's service. An instance is ready once it was asked, and for one call.
pub(crate) struct Site {
    region: Region,
    world: World,
    ready: bool,
}

impl Site {
    fn mood(&self) -> Mood {
        let told = self.world.told();
        told.get(&self.region)
            .and_then(|told| told.mood)
            .unwrap_or(Mood::Well)
    }
}

impl Clone for Site {
    fn clone(&self) -> Self {
        Self {
            region: self.region.clone(),
            world: self.world.clone(),
            ready: false,
        }
    }
}

impl<R> Service<R> for Site {
    type Response = Region;
    type Error = LedgerError;
    type Future = Pin<Box<dyn Future<Output = Result<Region, LedgerError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), LedgerError>> {
        match self.mood() {
            Mood::NeverReady => Poll::Pending,
            Mood::Unready(fault) => Poll::Ready(Err(LedgerError::new(&self.region, fault))),
            _ => {
                self.ready = true;
                Poll::Ready(Ok(()))
            }
        }
    }

    fn call(&mut self, _: R) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called without readiness");
        let (mood, region) = (self.mood(), self.region.clone());
        let mut told = self.world.told();
        let told = told.entry(region.clone()).or_default();
        (told.calls, told.in_flight) = (told.calls + 1, told.in_flight + 1);
        let under_way = UnderWay(self.world.clone(), region.clone());
        Box::pin(async move {
            let _under_way = under_way;
            // As over a wire, no answer is there at once.
            tokio::task::yield_now().await;
            match mood {
                Mood::Well => Ok(region),
                Mood::Failing(fault) => Err(LedgerError::new(&region, fault)),
                Mood::After(millis) => {
                    sleep(Duration::from_millis(millis)).await;
                    Ok(region)
                }
                Mood::FailingAfter(millis, fault) => {
                    sleep(Duration::from_millis(millis)).await;
                    Err(LedgerError::new(&region, fault))
                }
                Mood::Silent => pending().await,
                Mood::Busy => loop {
                    tokio::task::consume_budget().await;
                },
                Mood::Unready(_) | Mood::NeverReady => unreachable!("is not called"),
            }
        })
    }
}

struct UnderWay(World, Region);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.told().entry(self.1.clone()).or_default().in_flight -= 1;
    }
}

pub(crate) async fn send(
    router: &Router,
    request: Plain<&'static str>,
) -> Result<Region, LedgerError> {
    router.clone().oneshot(request).await
}

/// Sends a read that must be answered, and gives who answered.
#[track_caller]
pub(crate) fn served(router: &Router) -> impl Future<Output = Region> {
    let caller = std::panic::Location::caller();
    async move {
        match send(router, read()).await {
            Ok(region) => region,
            Err(error) => panic!("{caller}: {error:?}"),
        }
    }
}

/// The refusal that a call ended in.
#[track_caller]
pub(crate) fn refusal(answer: Result<Region, LedgerError>) -> Rejected {
    match answer {
        Err(LedgerError::Refused(rejected)) => rejected,
        other => panic!("not refused: {other:?}"),
    }
}

/// Checks that a call ended in the very error of the service of `region`.
#[track_caller]
pub(crate) fn assert_unchanged(answer: Result<Region, LedgerError>, region: Region, fault: Fault) {
    match answer {
        Err(LedgerError::Failed(from, met)) => assert_eq!((from, met), (region, fault)),
        other => panic!("expected {fault:?} of {region}: {other:?}"),
    }
}

/// The circuits of a router, as initials: `c`losed, `o`pen, `h`alf-open.
pub(crate) fn circuits(router: &Router) -> String {
    let status = router.status();
    let initials = status.regions.iter().map(|region| match region.state {
        RegionState::Closed => 'c',
        RegionState::Open => 'o',
        RegionState::HalfOpen => 'h',
        other => panic!("{other:?}"),
    });
    initials.collect()
}

/// Opens the circuits of `regions`, by two failed reads in each.
pub(crate) async fn open_circuits(world: &World, router: &Router, regions: &[Region]) {
    for region in regions {
        world.set(region.clone(), Mood::Failing(Fault::Down));
    }
    for _ in 0..2 {
        let _ = send(router, read()).await;
    }
    world.take_calls();
}

/// Sends as many reads as the first Region's circuit needs to learn what is normal.
pub(crate) async fn learn(world: &World, router: &Router) {
    for _ in 0..15 {
        assert_eq!(served(router).await, A);
    }
    world.take_calls();
}

/// Polls once, with the task's own waker.
pub(crate) async fn poll_once<F: Future + ?Sized>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}
