use std::{
    future::{Ready, poll_fn, ready},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use leeward_error_taxonomy::{Classify, Rejected, Stage};
use leeward_resilience::{LoadShedLayer, Plain, Switch};
use leeward_testkit::contracts::{Scripted, ScriptedError, ScriptedRequest};
use tokio::time::sleep;
use tower::{
    Layer, Service, ServiceExt,
    layer::util::Stack,
    limit::{ConcurrencyLimit, ConcurrencyLimitLayer},
    service_fn,
};

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
async fn room_that_is_gone_when_the_call_is_made_is_no_room() {
    let room = Room::default();
    let mut service = LoadShedLayer::new().layer(room.clone());
    assert!(poll_ready(&mut service).is_ready());
    room.full.store(true, Ordering::Relaxed);
    service.call(read()).await.unwrap_err();
    assert_eq!(room.calls.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_service_that_is_broken_for_good_says_so() {
    let room = Room::default();
    room.broken.store(true, Ordering::Relaxed);
    let mut service = LoadShedLayer::new().layer(room);
    assert!(matches!(poll_ready(&mut service), Poll::Ready(Ok(()))));
    let fault = service.call(read()).await.unwrap_err();
    assert!(fault.rejected.is_none(), "its own: {fault}");
}

/// A ledger with two places, which takes fifty milliseconds for each entry.
fn two_places() -> ConcurrencyLimit<impl Service<Plain<()>, Response = (), Error = Fault> + Clone> {
    let ledger = service_fn(|_: Plain<()>| async {
        sleep(Duration::from_millis(50)).await;
        Ok::<_, Fault>(())
    });
    ConcurrencyLimit::new(ledger, 2)
}

#[tokio::test(start_paused = true)]
async fn who_is_refused_leaves_the_line_of_the_service() {
    let base = LoadShedLayer::new().layer(two_places());
    // One clone for each of four connections, which are kept.
    let mut connections: Vec<_> = (0..4).map(|_| base.clone()).collect();
    for _ in 0..3 {
        let mut calls = Vec::new();
        for connection in &mut connections {
            calls.push(connection.ready().await.unwrap().call(read()));
        }
        let mut answers = Vec::new();
        for call in calls {
            answers.push(call.await.is_ok());
        }
        assert_eq!(answers, [true, true, false, false]);
        for connection in &mut connections {
            let call = connection.ready().await.unwrap().call(read());
            call.await.expect("nothing is in flight");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn clones_that_are_ready_and_idle_hold_no_place() {
    let mut service = LoadShedLayer::new().layer(two_places());
    let mut idle: Vec<_> = (0..10).map(|_| service.clone()).collect();
    for clone in &mut idle {
        assert!(poll_ready(clone).is_ready());
    }
    let call = service.ready().await.unwrap().call(read());
    call.await.expect("nothing is in flight");
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

fn poll_ready<S: Service<Plain<()>>>(service: &mut S) -> Poll<Result<(), S::Error>> {
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

/// Puts a limit whose readiness is scarce between the layer and its service; the suite holds twenty calls at once, and a hundred idle clones.
fn scarce() -> impl Layer<Patient, Service = ConcurrencyLimit<Patient>> + Clone {
    ConcurrencyLimitLayer::new(21)
}

// Over the suite's own service, which is never ready at the first asking, everything would rightly be shed.
leeward_testkit::contract! {
    load_shed: Stack::new(Stack::new(PatientLayer, scarce()), LoadShedLayer::new());
}
