//! Services that cannot be made, or not in the time that a caller has.

use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use leeward_error_taxonomy::{Region, Rejected};
use leeward_region_router::{RegionRouter, RegionState};
use leeward_resilience::{DeadlineLayer, TokioClock, deadline};
use tokio::time::{Instant, sleep};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::world::{
    A, B, C, Fault, Mood, Router, SECOND, Site, World, poll_once, read, refusal, send, write,
};

const MILLI: Duration = Duration::from_millis(1);

/// A router over makers that do so before they give the service of a Region, and how many makings of A were begun.
fn making<F>(
    world: &World,
    regions: &[Region],
    before: impl Fn(Region) -> F + Clone + Send + Sync + 'static,
) -> (Router, Arc<AtomicU32>)
where
    F: Future<Output = Result<(), Rejected>> + Send + 'static,
{
    let (world, begun) = (world.clone(), Arc::new(AtomicU32::new(0)));
    let count = Arc::clone(&begun);
    let maker = service_fn(move |region: Region| {
        count.fetch_add(u32::from(region == A), Relaxed);
        let (mut world, before) = (world.clone(), before(region.clone()));
        async move {
            before.await?;
            world.call(region).await
        }
    });
    let router = RegionRouter::builder(regions.to_vec())
        .with_clock(TokioClock::new())
        .build(maker)
        .unwrap();
    (router, begun)
}

async fn takes(time: Duration) -> Result<(), Rejected> {
    sleep(time).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_a_caller_is_not_that_of_a_making_that_all_wait_for() {
    let world = World::new();
    let (router, begun) = making(&world, &[A], |_| {
        // A call for credentials under a deadline of its own.
        let credentials = service_fn(|()| takes(SECOND * 6 / 10));
        DeadlineLayer::new(10 * SECOND)
            .layer(credentials)
            .oneshot(())
    });
    let stack = DeadlineLayer::new(SECOND / 2).layer(router.clone());
    stack.clone().oneshot(write()).await.unwrap_err();
    assert_eq!(stack.oneshot(write()).await.unwrap(), A);
    assert_eq!(begun.load(Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_making_has_half_a_minute_in_which_it_is_waited_for() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    let (router, _) = making(&World::new(), &[A], move |_| {
        let told = Arc::clone(&told);
        async move {
            for _ in 0..3 {
                told.lock().unwrap().push(deadline::remaining());
                sleep(SECOND * 7 / 10).await;
            }
            Ok(())
        }
    });
    let stack = DeadlineLayer::new(SECOND / 2).layer(router);
    while stack.clone().oneshot(write()).await.is_err() {
        sleep(60 * SECOND).await;
    }
    let left = [60, 59, 58].map(|halves| Some(SECOND / 2 * halves));
    assert_eq!(*seen.lock().unwrap(), left);
}

#[tokio::test(start_paused = true)]
async fn a_seldom_caller_is_served_though_making_takes_longer_than_an_attempt() {
    let (router, begun) = making(&World::new(), &[A], |_| async {
        for _ in 0..3 {
            sleep(SECOND * 8 / 10).await;
        }
        Ok(())
    });
    let mut calls = 0;
    while send(&router, write()).await.is_err() {
        sleep(60 * SECOND).await;
        calls += 1;
        assert!(calls < 5);
    }
    assert_eq!(begun.load(Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_cold_start_blames_no_region_for_what_making_takes() {
    for (making_takes, deadline) in [(600, 500), (600, 3_000), (1_200, 900), (1_200, 3_000)] {
        for request in [read, write] {
            let world = World::new();
            world.set(A, Mood::After(20));
            let (router, _) = making(&world, &[A, B, C], move |_| takes(making_takes * MILLI));
            let stack = DeadlineLayer::new(deadline * MILLI).layer(router.clone());
            let mut under_way = Vec::new();
            for _ in 0..making_takes / 10 {
                let mut call = Box::pin(stack.clone().oneshot(request()));
                let _ = poll_once(call.as_mut()).await;
                under_way.push(tokio::runtime::Handle::current().spawn(call));
                sleep(10 * MILLI).await;
            }
            for call in under_way {
                let _ = call.await.unwrap();
            }
            sleep(100 * MILLI).await;
            let context = format!("{making_takes} ms within {deadline} ms");
            assert_eq!(send(&router, write()).await.unwrap(), A, "{context}");
            let status = router.status();
            assert_eq!(status.regions[0].state, RegionState::Closed, "{context}");
            assert_eq!(status.regions[0].failures, 0, "{context}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_region_whose_service_is_never_made_is_left() {
    for request in [read, write] {
        let (router, _) = making(&World::new(), &[A, B], |region| async move {
            if region == A {
                pending::<()>().await;
            }
            Ok(())
        });
        let stack = DeadlineLayer::new(SECOND / 2).layer(router.clone());
        let began = Instant::now();
        while router.status().regions[0].state == RegionState::Closed {
            let _ = stack.clone().oneshot(request()).await;
        }
        // Nobody is blamed before twice the time of an attempt.
        let took = began.elapsed();
        assert!((2 * SECOND..6 * SECOND).contains(&took), "{took:?}");
        assert_eq!(stack.oneshot(request()).await.unwrap(), B);
    }
}

/// Over A, whose making fails after 300 ms for as long as told, and B.
fn failing(world: &World) -> (Router, Arc<AtomicU32>, Arc<AtomicBool>) {
    let fails = Arc::new(AtomicBool::new(true));
    let told = Arc::clone(&fails);
    let (router, begun) = making(world, &[A, B], move |region| {
        let fails = Arc::clone(&told);
        async move {
            if region == A {
                sleep(SECOND * 3 / 10).await;
                if fails.load(Relaxed) {
                    return Err(Rejected::unavailable("no credentials in us-east-1"));
                }
            }
            Ok(())
        }
    });
    (router, begun, fails)
}

#[tokio::test(start_paused = true)]
async fn that_a_making_failed_is_told_and_remembered_for_a_second() {
    let (router, begun, fails) = failing(&World::new());
    let took = async || {
        let began = Instant::now();
        assert_eq!(send(&router, write()).await.unwrap(), B);
        began.elapsed().as_millis()
    };
    assert_eq!(took().await, 300);
    assert_eq!((took().await, took().await), (0, 0));
    let region = router.status().regions[0].clone();
    assert_eq!((region.state, region.failures), (RegionState::Closed, 0));
    let failure = region.last_error.unwrap().failure.to_string();
    assert!(failure.contains("no credentials in us-east-1"), "{failure}");
    assert_eq!(begun.load(Relaxed), 1);

    sleep(SECOND).await;
    // One tries anew, and keeps nobody else waiting.
    let mut trying = Box::pin(send(&router, write()));
    assert!(poll_once(trying.as_mut()).await.is_pending());
    assert_eq!(took().await, 0);
    assert_eq!(trying.await.unwrap(), B);
    assert_eq!(begun.load(Relaxed), 2);

    // Whoever tries anew may be dropped: another one brings it to its end.
    sleep(SECOND).await;
    fails.store(false, Relaxed);
    let mut trying = Box::pin(send(&router, write()));
    assert!(poll_once(trying.as_mut()).await.is_pending());
    drop(trying);
    assert_eq!(send(&router, write()).await.unwrap(), A);
    assert_eq!(begun.load(Relaxed), 3);
}

#[tokio::test(start_paused = true)]
async fn an_only_region_is_made_anew_by_each_call() {
    let (router, begun) = making(&World::new(), &[A], |_| async {
        Err(Rejected::unavailable("no credentials"))
    });
    for call in 1..4 {
        refusal(send(&router, write()).await);
        assert_eq!(begun.load(Relaxed), call);
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_ends_at_once_is_made_ten_times_a_second_at_most() {
    let world = World::new();
    world.set(A, Mood::Unready(Fault::LimiterFull));
    let (router, begun) = making(&world, &[A, B], |_| async { Ok(()) });
    for _ in 0..100 {
        assert_eq!(send(&router, write()).await.unwrap(), B);
        sleep(10 * MILLI).await;
    }
    assert_eq!(begun.load(Relaxed), 10);
    // One that has lasted is made anew at once.
    world.set(A, Mood::Well);
    sleep(SECOND).await;
    assert_eq!(send(&router, write()).await.unwrap(), A);
    sleep(SECOND).await;
    world.set(A, Mood::Unready(Fault::LimiterFull));
    assert_eq!(send(&router, write()).await.unwrap(), B);
    world.set(A, Mood::Well);
    assert_eq!(send(&router, write()).await.unwrap(), A);
}

#[tokio::test(start_paused = true)]
async fn a_making_that_was_given_up_is_kept_if_it_comes_first_after_all() {
    let begun = Arc::new(AtomicU32::new(0));
    let made = Arc::new(Mutex::new(Vec::new()));
    let maker = {
        let (world, begun, made) = (World::new(), Arc::clone(&begun), Arc::clone(&made));
        service_fn(move |region: Region| {
            let (mut world, made) = (world.clone(), Arc::clone(&made));
            let number = begun.fetch_add(1, Relaxed);
            async move {
                sleep([60 * SECOND / 2 + SECOND / 2, 20 * SECOND][number as usize]).await;
                made.lock().unwrap().push(number);
                world.call(region).await
            }
        })
    };
    let router: RegionRouter<Site, TokioClock> = RegionRouter::builder([A])
        .with_clock(TokioClock::new())
        .with_attempt_timeout(40 * SECOND)
        .build(maker)
        .unwrap();
    let patient = {
        let router = router.clone();
        tokio::runtime::Handle::current().spawn(async move { send(&router, write()).await })
    };
    sleep(30 * SECOND + SECOND / 4).await;
    // This one begins another.
    let late = send(&router, write());
    let (late, patient) = tokio::join!(late, patient);
    assert_eq!(patient.unwrap().unwrap(), A);
    assert_eq!(late.unwrap(), A);
    // Later calls have the one that came first, and the other does not replace it.
    assert_eq!(send(&router, write()).await.unwrap(), A);
    assert_eq!(begun.load(Relaxed), 2);
    assert_eq!(*made.lock().unwrap(), [0, 1]);
}
