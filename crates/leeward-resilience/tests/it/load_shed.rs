use std::{
    future::{Ready, poll_fn, ready},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    task::{Context, Poll, Waker},
};

use leeward_error_taxonomy::{Classify, Rejected, Stage};
use leeward_resilience::{LoadShedLayer, Switch};
use leeward_testkit::contracts::{Scripted, ScriptedError, ScriptedRequest};
use tower::{Layer, Service, layer::util::Stack};

use crate::fault::{Fault, read};

/// Says through its readiness whether it has room.
#[derive(Clone, Default)]
struct Room {
    full: Arc<AtomicBool>,
    broken: Arc<AtomicBool>,
    calls: Arc<AtomicU32>,
}

impl<Request> Service<Request> for Room {
    type Response = u32;
    type Error = Fault;
    type Future = Ready<Result<u32, Fault>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        if self.broken.load(Ordering::Relaxed) {
            Poll::Ready(Err(Fault::lost()))
        } else if self.full.load(Ordering::Relaxed) {
            Poll::Pending
        } else {
            Poll::Ready(Ok(()))
        }
    }

    fn call(&mut self, _: Request) -> Self::Future {
        ready(Ok(self.calls.fetch_add(1, Ordering::Relaxed) + 1))
    }
}

#[tokio::test]
async fn a_service_without_room_is_not_waited_for() {
    let room = Room::default();
    let mut service = LoadShedLayer::new().layer(room.clone());
    room.full.store(true, Ordering::Relaxed);
    let ready = poll_ready(&mut service);
    assert!(matches!(ready, Poll::Ready(Ok(()))), "{ready:?}");
    let fault = service.call(read()).await.unwrap_err();
    assert!(matches!(fault.rejected, Some(Rejected::LimiterFull)));
    assert_eq!(fault.facts().stage, Stage::NotSent);
    assert!(fault.rejected.unwrap().is_free_to_fail_over());
    assert_eq!(room.calls.load(Ordering::Relaxed), 0);

    room.full.store(false, Ordering::Relaxed);
    assert!(poll_ready(&mut service).is_ready());
    assert_eq!(service.call(read()).await.unwrap(), 1);
}

#[tokio::test]
async fn room_that_is_gone_when_asked_again_is_no_room() {
    let room = Room::default();
    let mut service = LoadShedLayer::new().layer(room.clone());
    assert!(poll_ready(&mut service).is_ready());
    room.full.store(true, Ordering::Relaxed);
    assert!(poll_ready(&mut service).is_ready());
    service.call(read()).await.unwrap_err();
    assert_eq!(room.calls.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_clone_and_a_second_call_have_no_readiness_to_use_up() {
    let room = Room::default();
    let mut service = LoadShedLayer::new().layer(room.clone());
    assert!(poll_ready(&mut service).is_ready());
    let mut clone = service.clone();
    clone.call(read()).await.unwrap_err();
    service.call(read()).await.unwrap();
    service.call(read()).await.unwrap_err();
    assert_eq!(room.calls.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_service_that_is_broken_for_good_says_so() {
    let room = Room::default();
    room.broken.store(true, Ordering::Relaxed);
    let mut service = LoadShedLayer::new().layer(room);
    assert!(matches!(poll_ready(&mut service), Poll::Ready(Err(_))));
}

#[tokio::test]
async fn switched_off_it_waits_as_the_service_does() {
    let room = Room::default();
    room.full.store(true, Ordering::Relaxed);
    let switch = Switch::off();
    let mut service = LoadShedLayer::new()
        .with_switch(switch.clone())
        .layer(room.clone());
    assert!(poll_ready(&mut service).is_pending());
    room.full.store(false, Ordering::Relaxed);
    assert!(poll_ready(&mut service).is_ready());
    assert_eq!(service.call(read()).await.unwrap(), 1);
    room.full.store(true, Ordering::Relaxed);
    switch.turn_on();
    assert!(poll_ready(&mut service).is_ready());
    service.call(read()).await.unwrap_err();
}

fn poll_ready<S: Service<leeward_resilience::Plain<()>>>(
    service: &mut S,
) -> Poll<Result<(), S::Error>> {
    service.poll_ready(&mut Context::from_waker(Waker::noop()))
}

/// Is always ready and does the waiting for its service in the future, as a router does.
#[derive(Clone)]
struct Patient(Scripted);

#[derive(Clone)]
struct PatientLayer;

impl Layer<Scripted> for PatientLayer {
    type Service = Patient;

    fn layer(&self, inner: Scripted) -> Patient {
        Patient(inner)
    }
}

impl Service<ScriptedRequest> for Patient {
    type Response = u64;
    type Error = ScriptedError;
    type Future = Pin<Box<dyn Future<Output = Result<u64, ScriptedError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ScriptedError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: ScriptedRequest) -> Self::Future {
        let mut service = self.0.clone();
        Box::pin(async move {
            poll_fn(|cx| Service::<ScriptedRequest>::poll_ready(&mut service, cx)).await?;
            service.call(request).await
        })
    }
}

// Over the suite's own service, which is never ready at the first asking, everything would rightly be shed.
leeward_testkit::contract! {
    load_shed: Stack::new(PatientLayer, LoadShedLayer::new());
}
