use std::{
    future::{Ready, ready},
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
    time::Duration,
};

use leeward_error_taxonomy::{Region, Rejected};
use leeward_region_router::{
    Latency, RegionRouter, RegionStatus, ResponseFuture, RoundRobin, RouterError,
};
use leeward_resilience::{Placement, Plain, TscClock};
use tower::{Service, service_fn};

use crate::world::{A, B, Router, Site, World, builder, read};

#[track_caller]
fn check(
    built: Result<Router, RouterError>,
    is_expected: impl FnOnce(&RouterError) -> bool,
    message: &str,
) {
    let error = built.expect_err("cannot be built");
    assert!(is_expected(&error), "{error:?}");
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
        |error| *error == RouterError::NoRegion,
        "no Region to route to: name at least one, the preferred one first",
    );
    let many = (0..17).map(|number| Region::new(format!("us-east-{number}")).unwrap());
    check(
        builder(many).build(world.clone()),
        |error| matches!(error, RouterError::TooManyRegions { regions: 17, .. }),
        "17 Regions are more than a router takes: name 16 at most",
    );
    check(
        builder([A, B, A]).build(world.clone()),
        |error| matches!(error, RouterError::RepeatedRegion { region, .. } if *region == A),
        "Region us-east-1 is named twice: name each Region once, the preferred one first",
    );
    let china = leeward_error_taxonomy::Region::from_static("cn-north-1");
    check(
        builder([A, china]).build(world.clone()),
        |error| matches!(error, RouterError::MixedPartitions { one, .. } if *one == A),
        "Regions us-east-1 (aws) and cn-north-1 (aws-cn) are of two partitions of AWS, and no call is good in both: \
         route within one",
    );
    check(
        builder([A])
            .with_attempt_timeout(Duration::ZERO)
            .build(world.clone()),
        |error| *error == RouterError::ZeroAttemptTimeout,
        "an attempt timeout of zero would refuse every attempt: give a healthy Region time to answer, 1 s by \
         default",
    );
    check(
        builder([A])
            .with_attempt_timeout(Duration::from_secs(10))
            .build(world),
        |error| matches!(error, RouterError::ShortProbe { .. }),
        "a probe has 5 s and an attempt 10 s, so a slow answer would come too late to close the circuit: give a probe no less, by \
         CircuitConfig::with_attempt_timeout",
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
fn a_call_that_succeeds_allocates_nothing_whatever_the_ranking() {
    let builder = || RegionRouter::builder([A, B]);
    for builder in [
        builder(),
        builder().with_ranking(Latency::new()),
        builder().with_ranking(RoundRobin::weighted([(A, 3), (B, 1)])),
    ] {
        let maker = service_fn(|_: Region| ready(Ok::<_, Rejected>(Yes)));
        let mut router = builder.build(maker).unwrap();
        let pinned = Plain::new("account 42").placed(Placement::new().pinned_to(B));
        let mut call = |request: Plain<&'static str>| {
            let mut answer = pin!(router.call(request));
            let answer = answer
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()));
            assert!(matches!(answer, Poll::Ready(Ok(()))), "{answer:?}");
        };
        // The first call to a Region makes its service, and what the router knows of it.
        (0..2_000).for_each(|_| call(read()));
        call(pinned);
        let allocated = allocation_counter::measure(|| (0..2_000).for_each(|_| call(read())));
        assert_eq!(allocated.count_total, 0);
    }
}

/// A call that waits for its answer, and could be hedged, makes nothing for a hedge that does not come.
#[tokio::test(start_paused = true)]
async fn a_call_that_waits_allocates_what_its_service_does_and_no_more() {
    let maker = service_fn(|_: Region| ready(Ok::<_, Rejected>(Later)));
    let mut router = RegionRouter::builder([A, B]).build(maker).unwrap();
    let mut call = || {
        let mut answer = pin!(router.call(read()));
        let mut poll = || {
            answer
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
        };
        assert!(poll().is_pending());
        assert!(poll().is_ready());
    };
    (0..100).for_each(|_| call());
    let allocated = allocation_counter::measure(|| (0..100).for_each(|_| call()));
    assert_eq!(allocated.count_total, 0);
}

/// Says yes when it is polled for the second time, and allocates nothing.
#[derive(Clone)]
struct Later;

impl Service<Plain<&'static str>> for Later {
    type Response = ();
    type Error = Rejected;
    type Future = Waited;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Rejected>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Plain<&'static str>) -> Self::Future {
        Waited(false)
    }
}

struct Waited(bool);

impl Future for Waited {
    type Output = Result<(), Rejected>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        if std::mem::replace(&mut self.0, true) {
            Poll::Ready(Ok(()))
        } else {
            Poll::Pending
        }
    }
}
