//! Threads that share a router, and each lane's clone of a service.

use std::{
    future::{Ready, ready},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker},
    thread,
};

use leeward_error_taxonomy::{Region, Rejected};
use leeward_region_router::RegionRouter;
use leeward_resilience::{Plain, TokioClock, lane};
use tokio::runtime::{Builder, Runtime};
use tower::{Service, ServiceExt, service_fn};

use crate::world::{A, LedgerError, builder, read};

/// The services that were made of the one Region, by their numbers from one on; cloning shares it.
#[derive(Clone, Default)]
struct Makings(Arc<Told>);

#[derive(Default)]
struct Told {
    made: Mutex<Vec<Weak<()>>>,
    // The last one that never gets ready again.
    over: AtomicU32,
    // The one that panics when it is cloned.
    brittle: AtomicU32,
}

/// Answers with its number.
struct Numbered {
    number: u32,
    told: Arc<Told>,
    alive: Arc<()>,
}

impl Clone for Numbered {
    fn clone(&self) -> Self {
        let is_brittle = self.told.brittle.load(Relaxed) == self.number;
        assert!(!is_brittle, "a service's own mistake");
        Self {
            number: self.number,
            told: Arc::clone(&self.told),
            alive: Arc::clone(&self.alive),
        }
    }
}

impl Service<Plain<&'static str>> for Numbered {
    type Response = u32;
    type Error = LedgerError;
    type Future = Ready<Result<u32, LedgerError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), LedgerError>> {
        let is_over = self.told.over.load(Relaxed) >= self.number;
        // No evidence, so that the circuit stays out of it.
        let over = LedgerError::Refused(Rejected::LimiterFull);
        Poll::Ready(if is_over { Err(over) } else { Ok(()) })
    }

    fn call(&mut self, _: Plain<&'static str>) -> Self::Future {
        ready(Ok(self.number))
    }
}

impl Makings {
    fn router(&self) -> RegionRouter<Numbered, TokioClock> {
        let told = Arc::clone(&self.0);
        let maker = service_fn(move |_: Region| {
            let (mut made, alive) = (told.made.lock().unwrap(), Arc::new(()));
            made.push(Arc::downgrade(&alive));
            ready(Ok::<_, Rejected>(Numbered {
                number: made.len() as u32,
                told: Arc::clone(&told),
                alive,
            }))
        });
        builder([A]).build(maker).unwrap()
    }

    fn made(&self) -> u32 {
        self.0.made.lock().unwrap().len() as u32
    }

    /// How many clones there are of that one.
    fn clones(&self, number: u32) -> usize {
        self.0.made.lock().unwrap()[number as usize - 1].strong_count()
    }

    /// Whatever was made so far never gets ready again.
    fn end(&self) {
        self.0.over.fetch_max(self.made(), Relaxed);
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap()
}

fn send(router: &RegionRouter<Numbered, TokioClock>) -> Result<u32, LedgerError> {
    runtime().block_on(router.clone().oneshot(read()))
}

/// Does the work on threads until those of every lane have done it.
fn on_every_lane(work: impl Fn() + Sync) {
    let mut lanes = vec![false; lane::count()];
    while lanes.contains(&false) {
        let side = || {
            work();
            lane::of_thread(lane::count())
        };
        lanes[thread::scope(|scope| scope.spawn(side).join().unwrap())] = true;
    }
}

#[test]
fn every_lane_keeps_one_clone_however_many_threads_there_are() {
    let makings = Makings::default();
    let router = makings.router();
    for _ in 0..3 {
        on_every_lane(|| assert_eq!(send(&router).unwrap(), 1));
    }
    assert_eq!((makings.made(), makings.clones(1)), (1, 1 + lane::count()));
    drop(router);
    assert_eq!(makings.clones(1), 0);
}

#[test]
fn a_service_that_never_gets_ready_again_is_put_away_on_every_lane_whichever_finds_out() {
    let makings = Makings::default();
    let router = makings.router();
    on_every_lane(|| {
        on_every_lane(|| assert_eq!(send(&router).unwrap(), makings.made().max(1)));
        let number = makings.made();
        assert_eq!(makings.clones(number), 1 + lane::count());
        makings.end();
        assert!(send(&router).is_err());
        assert_eq!(makings.clones(number), 0);
        on_every_lane(|| assert_eq!(send(&router).unwrap(), number + 1));
        assert_eq!(makings.made(), number + 1);
    });
}

#[test]
fn threads_that_put_services_away_at_the_same_time_leave_nothing_behind() {
    const CALLS: u32 = 3_000;
    let makings = Makings::default();
    let router = makings.router();
    let side = |nth: u32| {
        let (runtime, mut newest) = (runtime(), 0);
        for call in 0..CALLS {
            if (call + nth * 7).is_multiple_of(31) {
                makings.end();
            }
            if let Ok(number) = runtime.block_on(router.clone().oneshot(read())) {
                assert!(number >= newest, "{number} after {newest}");
                newest = number;
            }
        }
    };
    thread::scope(|scope| {
        (0..4).for_each(|nth| _ = scope.spawn(move || side(nth)));
    });
    // The last one may be over as well.
    while send(&router).is_err() {}
    let last = makings.made();
    assert!(last > CALLS / 31, "{last}");
    for number in 1..last {
        assert_eq!(makings.clones(number), 0, "{number} of {last}");
    }
    assert!((1..=1 + lane::count()).contains(&makings.clones(last)));
}

#[test]
fn a_clone_that_panics_takes_down_its_call_alone() {
    let makings = Makings::default();
    let router = makings.router();
    on_every_lane(|| assert_eq!(send(&router).unwrap(), 1));
    makings.0.brittle.store(1, Relaxed);
    on_every_lane(|| {
        let answer = catch_unwind(AssertUnwindSafe(|| send(&router)));
        assert!(answer.is_err());
    });
    makings.0.brittle.store(0, Relaxed);
    on_every_lane(|| assert_eq!(send(&router).unwrap(), 1));
    assert_eq!(makings.clones(1), 1 + lane::count());
    // Before any lane has a clone, too.
    makings.end();
    assert!(send(&router).is_err());
    makings.0.brittle.store(2, Relaxed);
    let answer = catch_unwind(AssertUnwindSafe(|| send(&router)));
    assert!(answer.is_err());
    makings.0.brittle.store(0, Relaxed);
    on_every_lane(|| assert!(send(&router).unwrap() > 1));
}

#[test]
fn a_call_allocates_nothing_once_its_lane_has_a_clone() {
    let makings = Makings::default();
    let router = makings.router();
    on_every_lane(|| {
        let mut router = router.clone();
        let mut call = || {
            let mut answer = std::pin::pin!(router.call(read()));
            let mut context = Context::from_waker(Waker::noop());
            assert!(answer.as_mut().poll(&mut context).is_ready());
        };
        call();
        let measured = allocation_counter::measure(|| (0..100).for_each(|_| call()));
        assert_eq!(measured.count_total, 0);
    });
}
