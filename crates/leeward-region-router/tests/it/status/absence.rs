//! For how long a Region has been left.

use std::time::Duration;

use leeward_error_taxonomy::Rejected;
use leeward_region_router::{HealthCheck, RegionState};
use leeward_resilience::Placement;
use tokio::time::sleep;

use crate::world::{
    A, B, Mood, REST, Router, SECOND, Site, World, builder, circuit, open_circuits, read, send,
    served,
};

/// In seconds, of the first Region.
fn left_for(router: &Router) -> Option<u64> {
    let left_for = router.status().regions[0].left_for;
    left_for.map(|left_for| left_for.as_secs())
}

#[tokio::test(start_paused = true)]
async fn a_region_is_left_from_its_first_opening_on_whatever_its_probes_meet() {
    let world = World::new();
    let router = world.build(builder([A, B]).with_circuit(circuit().with_probes(2, SECOND)));
    assert_eq!(left_for(&router), None);
    open_circuits(&world, &router, &[A]).await;
    for probe in 1..=5 {
        sleep(REST).await;
        assert_eq!(served(&router).await, B);
        let a = &router.status().regions[0];
        assert_eq!((a.state, a.probes), (RegionState::Open, probe));
        // The state begins anew, the absence does not.
        assert_eq!(a.in_state_for, Duration::ZERO);
        assert_eq!(left_for(&router), Some(5 * probe));
    }
    world.set(A, Mood::Well);
    sleep(REST).await;
    assert_eq!(served(&router).await, A);
    // One of two good probes.
    assert_eq!(router.status().regions[0].state, RegionState::HalfOpen);
    assert_eq!(left_for(&router), Some(30));
    sleep(2 * SECOND).await;
    assert_eq!(served(&router).await, A);
    assert_eq!(router.status().regions[0].state, RegionState::Closed);
    assert_eq!(left_for(&router), None);

    // The next time it counts from the next opening.
    sleep(60 * SECOND).await;
    open_circuits(&world, &router, &[A]).await;
    for expected in [5, 10] {
        sleep(REST).await;
        assert_eq!(served(&router).await, B);
        assert_eq!(left_for(&router), Some(expected));
    }
}

#[tokio::test(start_paused = true)]
async fn probes_of_health_checks_begin_no_other_absence_either() {
    let world = World::new();
    let sick = world.clone();
    let check = HealthCheck::new(move |_: Site, region| {
        let is_sick = region == A && sick.is_failing(A);
        async move {
            let silence = Rejected::AttemptTimedOut { timeout: SECOND };
            if is_sick { Err(silence) } else { Ok(()) }
        }
    });
    let checked = builder([A, B]).with_health_check(check.with_seed(42));
    let router = checked.build(world.clone()).unwrap();
    open_circuits(&world, &router, &[A]).await;
    sleep(60 * SECOND).await;
    let a = &router.status().regions[0];
    assert!(a.probes >= 8, "{}", a.probes);
    assert_eq!(left_for(&router), Some(60));
    world.set(A, Mood::Well);
    sleep(10 * SECOND).await;
    assert_eq!(left_for(&router), None);
    // None of the checks of the absence before it is remembered.
    open_circuits(&world, &router, &[A]).await;
    sleep(20 * SECOND).await;
    assert_eq!(left_for(&router), Some(20));
}

#[tokio::test(start_paused = true)]
async fn a_drain_and_a_call_in_panic_change_nothing_of_it() {
    let world = World::new();
    let router = world.build(builder([A, B]));
    router.drain(&A).unwrap();
    assert_eq!(left_for(&router), None);
    router.restore(&A).unwrap();
    open_circuits(&world, &router, &[A]).await;
    sleep(SECOND).await;
    world.set(A, Mood::Well);
    let pinned = read().placed(Placement::new().pinned_to(A));
    assert_eq!(send(&router, pinned).await.unwrap(), A);
    assert_eq!(left_for(&router), Some(1));
    // A call that is pinned there while all others are well is one in panic.
    assert_eq!(router.status().panics, 1);
    router.drain(&A).unwrap();
    assert_eq!(left_for(&router), Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_status_is_a_line_for_people() {
    let world = World::new();
    let router = world.build(builder([A, B]));
    assert_eq!(
        router.status().to_string(),
        "ok; us-east-1 closed; eu-west-1 closed"
    );
    open_circuits(&world, &router, &[A]).await;
    sleep(REST).await;
    served(&router).await;
    sleep(SECOND / 2).await;
    assert_eq!(
        router.status().to_string(),
        "degraded; us-east-1 open, left for 5.5 s, last error 0.5 s ago: Down; eu-west-1 closed"
    );
}
