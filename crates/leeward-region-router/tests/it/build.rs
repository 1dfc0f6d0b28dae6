use std::{
    future::ready,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
    time::Duration,
};

use leeward_error_taxonomy::{Region, Rejected};
use leeward_region_router::{
    Hedging, Latency, RegionRouter, RegionRouterBuilder, RegionStatus, ResponseFuture, RoundRobin,
    RouterError,
};
use leeward_resilience::{CircuitConfig, Placement, Plain, Ratio, TokioClock, TscClock};
use tower::{Service, service_fn};

use crate::{
    world::{
        A, B, Fault, Mood, Router, SECOND, Site, World, builder, circuit, circuits, read, served,
    },
    yes::Yes,
};

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

#[tokio::test(start_paused = true)]
async fn a_circuit_that_does_not_rest_is_refused_and_the_default_one_can_be_changed_in_part() {
    let world = World::new();
    let build = |builder: RegionRouterBuilder<TokioClock>| builder.build(world.clone());
    for restless in [
        builder([A]).with_circuit(circuit().with_rest(Duration::ZERO)),
        builder([A]).with_circuit_changes(|circuit| circuit.with_rest(Duration::ZERO)),
    ] {
        check(
            build(restless),
            |error| *error == RouterError::ZeroRest,
            "a circuit that rests for no time leaves nobody: give it a rest, 2 s by default, by CircuitConfig::with_rest",
        );
    }
    let by_default = || {
        let builder = RegionRouter::builder([A, B]).without_hedging();
        builder.with_clock(TokioClock::new())
    };
    // Whatever comes first, a probe has time for an attempt.
    let long = 10 * SECOND;
    let kept = |circuit: CircuitConfig| circuit.with_rest(9 * SECOND);
    let changed = by_default().with_circuit_changes(kept);
    build(changed.with_attempt_timeout(long)).unwrap();
    let fitting =
        by_default().with_circuit_fitting(|attempt| circuit().with_attempt_timeout(attempt));
    build(fitting.with_attempt_timeout(long)).unwrap();
    let changed = by_default()
        .with_circuit_changes(kept)
        .with_circuit_changes(|circuit| circuit.with_rest_jitter(Ratio::percent(0)));
    let router = build(changed).unwrap();
    world.set(A, Mood::Failing(Fault::Down));
    for _ in 0..5 {
        assert_eq!(circuits(&router), "cc");
        assert_eq!(served(&router).await, B);
    }
    // Five failures in a row, as by default, and the rest that was asked for.
    assert_eq!(circuits(&router), "oc");
    let status = router.status();
    assert_eq!(status.regions[0].next_probe_in, Some(9 * SECOND));
}

#[test]
fn a_hedging_that_doubles_the_load_or_never_begins_is_refused() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let _guard = runtime.enter();
    let world = World::new();
    let build = |hedging| {
        let builder = builder([A, B]).with_hedging(hedging);
        builder.build(world.clone())
    };
    let millis = Duration::from_millis;
    for hedging in [
        Hedging::new().with_max_delay(Duration::ZERO),
        Hedging::new().with_factor(0).with_min_delay(Duration::ZERO),
    ] {
        check(
            build(hedging),
            |error| *error == RouterError::ImmediateHedges,
            "a hedging that leaves a call alone for no time doubles the load: give Hedging::with_max_delay, or with_factor and \
             with_min_delay, some time",
        );
    }
    let crossed = |error: &RouterError| matches!(error, RouterError::CrossedHedging { .. });
    check(
        build(Hedging::new().with_min_delay(millis(600))),
        crossed,
        "no hedge is to begin before 0.6 s nor after 0.5 s: lower Hedging::with_min_delay, or raise with_max_delay, by default \
         half the attempt timeout",
    );
    let upside_down = Hedging::new().with_min_delay(millis(300));
    assert!(crossed(
        &build(upside_down.with_max_delay(millis(200))).unwrap_err()
    ));
    for fine in [
        Hedging::new().with_factor(0),
        Hedging::new().with_min_delay(Duration::ZERO),
        Hedging::new().with_max_delay(millis(10)),
        Hedging::new().with_min_delay(millis(500)),
    ] {
        build(fine).unwrap();
    }
    // The default fits attempts of any length.
    builder([A, B])
        .with_attempt_timeout(millis(20))
        .build(world)
        .unwrap();
}

#[test]
fn router_and_future_may_move_between_threads() {
    fn moves<T: Send + 'static>() {}
    fn is_shared<T: Send + Sync + Clone + 'static>() {}
    is_shared::<RegionRouter<Site>>();
    moves::<ResponseFuture<Site, Plain<&'static str>, TscClock>>();
    is_shared::<RegionStatus>();
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
