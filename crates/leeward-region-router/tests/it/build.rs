use std::{
    future::{Ready, ready},
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use leeward_error_taxonomy::{Region, Rejected};
use leeward_region_router::{RegionRouter, RegionStatus, ResponseFuture, RouterError};
use leeward_resilience::{Plain, TscClock};
use tower::{Service, service_fn};

use crate::world::{A, B, Router, Site, World, builder, read};

#[track_caller]
fn check(built: Result<Router, RouterError>, expected: RouterError, message: &str) {
    let error = built.expect_err("cannot be built");
    assert_eq!(error, expected);
    assert_eq!(error.to_string(), message);
}

#[test]
fn says_what_is_wrong_with_a_list_of_regions_and_what_to_do() {
    let world = World::new();
    // The clock of these tests is tokio's, which needs a runtime's time.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let _guard = runtime.enter();
    check(
        builder([]).build(world.clone()),
        RouterError::NoRegion,
        "no Region to route to: name at least one, the preferred one first",
    );
    check(
        builder([A, B, A]).build(world.clone()),
        RouterError::RepeatedRegion { region: A },
        "Region us-east-1 is named twice: name each Region once, the preferred one first",
    );
    let china = leeward_error_taxonomy::Region::from_static("cn-north-1");
    check(
        builder([A, china.clone()]).build(world.clone()),
        RouterError::MixedPartitions {
            one: A,
            other: china,
        },
        "Regions us-east-1 (aws) and cn-north-1 (aws-cn) are of two partitions of AWS, and no call is good in both: \
         route within one",
    );
    check(
        builder([A])
            .with_attempt_timeout(Duration::ZERO)
            .build(world),
        RouterError::ZeroAttemptTimeout,
        "an attempt timeout of zero would refuse every attempt: give a healthy Region time to answer, 1 s by \
         default",
    );
}

#[test]
fn router_and_future_may_move_between_threads() {
    fn moves<T: Send + 'static>() {}
    fn is_shared<T: Send + Sync + Clone + 'static>() {}
    is_shared::<RegionRouter<Site>>();
    moves::<ResponseFuture<Site, Plain<&'static str>, TscClock>>();
    is_shared::<RegionStatus>();
}

/// Says yes at once, and allocates nothing.
#[derive(Clone)]
struct Yes;

impl Service<Plain<&'static str>> for Yes {
    type Response = ();
    type Error = Rejected;
    type Future = Ready<Result<(), Rejected>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Rejected>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Plain<&'static str>) -> Self::Future {
        ready(Ok(()))
    }
}

/// No runtime either: a call that never waits touches no timer.
#[test]
fn a_call_that_succeeds_allocates_nothing() {
    let maker = service_fn(|_: Region| ready(Ok::<_, Rejected>(Yes)));
    let mut router = RegionRouter::builder([A, B]).build(maker).unwrap();
    let mut call = || {
        let mut answer = pin!(router.call(read()));
        let answer = answer
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(answer, Poll::Ready(Ok(()))), "{answer:?}");
    };
    // The first call makes the service.
    call();
    let allocated = allocation_counter::measure(|| (0..100).for_each(|_| call()));
    assert_eq!(allocated.count_total, 0);
}
