use std::{
    convert::Infallible,
    future::{Ready, ready},
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use leeward_error_taxonomy::{OperationName, Region, Rejected};
use leeward_region_router::RegionRouter;
use leeward_resilience::{Idempotency, Plain, Request};
use tokio::time::sleep;
use tower::{Service, ServiceExt};

use crate::world::{
    A, B, C, Fault, LedgerError, Mood, REST, Router, World, builder, circuits, open_circuits,
    refusal,
};

/// A key that lives in some Regions only, or a body that can be sent only once.
#[derive(Clone, Debug)]
struct Picky {
    takes: Vec<Region>,
    once: bool,
}

impl Request for Picky {
    fn operation(&self) -> OperationName {
        OperationName::new("kms", "Encrypt")
    }

    fn idempotency(&self) -> Idempotency {
        Idempotency::Idempotent
    }

    fn replay(&self) -> Option<Self> {
        (!self.once).then(|| self.clone())
    }

    fn for_region(&self, region: &Region) -> Result<Self, Rejected> {
        if self.takes.contains(region) {
            Ok(self.clone())
        } else {
            Err(Rejected::unavailable(format!("no key in {region}")))
        }
    }
}

async fn send(router: &Router, takes: &[Region]) -> Result<Region, LedgerError> {
    let takes = takes.to_vec();
    let request = Picky { takes, once: false };
    router.clone().oneshot(request).await
}

async fn send_once(router: &Router) -> Result<Region, LedgerError> {
    let request = Picky {
        takes: vec![A, B, C],
        once: true,
    };
    router.clone().oneshot(request).await
}

#[tokio::test(start_paused = true)]
async fn a_region_that_the_request_refuses_is_passed_over() {
    let world = World::new();
    let router = world.router();
    assert_eq!(send(&router, &[B]).await.unwrap(), B);
    assert_eq!(send(&router, &[C, B]).await.unwrap(), B);
    assert_eq!(send(&router, &[A, C]).await.unwrap(), A);
    assert_eq!(world.take_calls(), [1, 2, 0]);
    assert_eq!(circuits(&router), "ccc");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_refuses_every_region_says_why() {
    let world = World::new();
    let rejected = refusal(send(&world.router(), &[]).await);
    assert_eq!(
        rejected.to_string(),
        "no Region answered; tried us-east-1: no key in us-east-1; eu-west-1: no key in eu-west-1; \
         ap-south-1: no key in ap-south-1"
    );
    let rejected = refusal(send(&world.build(builder([A])), &[B]).await);
    let Rejected::Unavailable { source, .. } = rejected else {
        panic!("{rejected:?}");
    };
    assert_eq!(source.to_string(), "no key in us-east-1");
    assert_eq!(world.take_calls(), [0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_has_one_region_is_sent_there_though_its_circuit_is_open() {
    let world = World::new();
    let router = world.router();
    open_circuits(&world, &router, &[A]).await;
    world.set(A, Mood::Well);
    assert_eq!(send(&router, &[A]).await.unwrap(), A);
    // It was no probe, hence no evidence.
    assert_eq!(circuits(&router), "occ");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_refuses_the_region_takes_no_probes_place() {
    let world = World::new();
    let router = world.router();
    open_circuits(&world, &router, &[A]).await;
    sleep(REST).await;
    world.set(A, Mood::Well);
    assert_eq!(send(&router, &[B]).await.unwrap(), B);
    assert_eq!(send(&router, &[A, B]).await.unwrap(), A);
    assert_eq!(circuits(&router), "ccc");
}

#[tokio::test(start_paused = true)]
async fn what_can_be_sent_only_once_is() {
    for fault in [Fault::Down, Fault::Unreachable, Fault::LimiterFull] {
        let world = World::new();
        let router = world.router();
        world.set(A, Mood::Failing(fault));
        send_once(&router).await.unwrap_err();
        assert_eq!(world.take_calls(), [1, 0, 0], "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_can_be_sent_only_once_goes_elsewhere_as_long_as_no_service_has_it() {
    let world = World::new();
    let router = world.router();
    for mood in [Mood::NeverReady, Mood::Unready(Fault::Unreachable)] {
        world.set(A, mood);
        assert_eq!(send_once(&router).await.unwrap(), B, "{mood:?}");
    }
    // By now the circuit is open, which has not cost the request either.
    assert_eq!(circuits(&router), "occ");
    assert_eq!(send_once(&router).await.unwrap(), B);
}

/// What a Region got to see of a request that names the Region in its key.
#[derive(Clone, Debug, PartialEq)]
struct Keyed(String);

impl Request for Keyed {
    fn operation(&self) -> OperationName {
        OperationName::UNKNOWN
    }

    fn idempotency(&self) -> Idempotency {
        Idempotency::Idempotent
    }

    fn replay(&self) -> Option<Self> {
        Some(Self(format!("{}, again", self.0)))
    }

    fn for_region(&self, region: &Region) -> Result<Self, Rejected> {
        Ok(Self(self.0.replace(A.as_str(), region.as_str())))
    }
}

/// Answers numbers with their double and words with their length; notes keys and fails where it is told to.
#[derive(Clone)]
struct Polyglot {
    fails: bool,
    seen: Arc<Mutex<Vec<Keyed>>>,
}

impl Service<Plain<u64>> for Polyglot {
    type Response = u64;
    type Error = LedgerError;
    type Future = Ready<Result<u64, LedgerError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), LedgerError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Plain<u64>) -> Self::Future {
        ready(Ok(2 * request.into_inner()))
    }
}

impl Service<Plain<&'static str>> for Polyglot {
    type Response = usize;
    type Error = Rejected;
    type Future = Ready<Result<usize, Rejected>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Rejected>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Plain<&'static str>) -> Self::Future {
        ready(Ok(request.into_inner().len()))
    }
}

impl Service<Keyed> for Polyglot {
    type Response = ();
    type Error = LedgerError;
    type Future = Ready<Result<(), LedgerError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), LedgerError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Keyed) -> Self::Future {
        self.seen.lock().expect("not poisoned").push(request);
        ready(if self.fails {
            Err(LedgerError::Refused(Rejected::LimiterFull))
        } else {
            Ok(())
        })
    }
}

/// A router of [`Polyglot`]s, of which the first fails, and what they see.
fn polyglots() -> (
    RegionRouter<Polyglot, leeward_resilience::TokioClock>,
    Arc<Mutex<Vec<Keyed>>>,
) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let maker = {
        let seen = Arc::clone(&seen);
        tower::service_fn(move |region: Region| {
            let fails = region == A;
            let seen = Arc::clone(&seen);
            ready(Ok::<_, NeverFails>(Polyglot { fails, seen }))
        })
    };
    (builder([A, B]).build(maker).expect("two Regions"), seen)
}

/// The error of a maker that has none, which is a refusal as good as any.
#[derive(Debug)]
struct NeverFails(Infallible);

impl From<NeverFails> for Rejected {
    fn from(never: NeverFails) -> Self {
        match never.0 {}
    }
}

#[tokio::test(start_paused = true)]
async fn one_router_serves_whatever_its_services_serve() {
    let (mut router, _) = polyglots();
    assert_eq!(router.call(Plain::new(21)).await.unwrap(), 42);
    assert_eq!(router.call(Plain::new("four")).await.unwrap(), 4);
}

#[tokio::test(start_paused = true)]
async fn each_region_sees_the_request_as_it_must() {
    let (mut router, seen) = polyglots();
    let key = Keyed("arn:aws:kms:us-east-1:111122223333:key/mrk-1".into());
    router.call(key.clone()).await.unwrap();
    let elsewhere = Keyed("arn:aws:kms:eu-west-1:111122223333:key/mrk-1, again".into());
    assert_eq!(*seen.lock().unwrap(), [key, elsewhere]);
}
