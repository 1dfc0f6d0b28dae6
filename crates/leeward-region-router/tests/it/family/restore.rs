//! How all keys leave a Region that is drained or fails, and come back to it.

use leeward_error_taxonomy::{OperationName, Region};
use leeward_region_router::{ByOperation, RegionRouter};
use leeward_resilience::TokioClock;
use tokio::time::advance;
use tower::ServiceExt;

use super::{GET, PUT, Routers, most, served};
use crate::world::{A, B, Fault, Mood, SECOND, World, read};

/// With the settings that routers have if nobody says otherwise.
fn plain(world: &World, keys: usize) -> Routers {
    RegionRouter::builder([A, B])
        .with_clock(TokioClock::new())
        .build_keyed(world.clone(), ByOperation, most(keys))
        .unwrap()
}

/// Fails unless A has some of the calls of the next tenth of a second, and not most of them.
async fn comes_back(routers: &Routers, name: OperationName) {
    let mut back = 0;
    for _ in 0..100 {
        back += u32::from(served(routers, name).await == A);
        advance(SECOND / 1_000).await;
    }
    assert!((1..40).contains(&back), "{name}: {back}");
}

#[tokio::test(start_paused = true)]
async fn what_is_drained_is_drained_for_all_keys_and_comes_back_by_and_by() {
    let world = World::new();
    let routers = plain(&world, 10);
    served(&routers, PUT).await;
    routers.drain(&A).unwrap();
    assert_eq!(served(&routers, PUT).await, B);
    assert_eq!(served(&routers, GET).await, B);
    routers.restore(&A).unwrap();
    for name in [PUT, GET] {
        comes_back(&routers, name).await;
    }
    let stranger = Region::from_static("us-west-2");
    assert!(routers.drain(&stranger).is_err() && routers.restore(&stranger).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_key_that_comes_for_the_first_time_after_a_restore_comes_by_and_by_too() {
    let world = World::new();
    let routers = plain(&world, 10);
    routers.drain(&A).unwrap();
    advance(60 * SECOND).await;
    assert_eq!(served(&routers, PUT).await, B);
    routers.restore(&A).unwrap();
    comes_back(&routers, PUT).await;
    advance(20 * SECOND).await;
    for _ in 0..100 {
        assert_eq!(served(&routers, GET).await, A);
    }
}

/// Two hundred keys of five calls a second each: alone, none of them would notice a slow start.
#[tokio::test(start_paused = true)]
async fn many_keys_of_few_calls_come_back_to_a_region_by_and_by() {
    const KEYS: usize = 200;
    let world = World::new();
    let names: Vec<OperationName> = (0..KEYS)
        .map(|number| OperationName::new("ledger", format!("Op{number}").leak()))
        .collect();
    let routers = plain(&world, 1_000);
    let call_for = async |seconds: u32| {
        for _ in 0..5 * seconds {
            for name in &names {
                let call = routers.clone().oneshot(read().named(*name));
                // While A fails, not each of them is paid for.
                let _ = call.await;
            }
            tokio::time::sleep(SECOND / 5).await;
        }
    };
    call_for(4).await;
    world.set(A, Mood::Failing(Fault::Down));
    call_for(10).await;
    world.set(A, Mood::Well);
    let mut shares = Vec::new();
    for _ in 0..40 {
        world.take_calls();
        call_for(1).await;
        let [there, elsewhere, _] = world.take_calls();
        shares.push(100 * there / (there + elsewhere));
    }
    println!("share of A in % by seconds: {shares:?}");
    let rise = shares
        .windows(2)
        .map(|pair| pair[1].saturating_sub(pair[0]));
    assert!(rise.max() < Some(30), "{shares:?}");
    assert_eq!(shares.last(), Some(&100), "{shares:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_restored_through_one_key_is_restored_by_and_by_for_keys_that_are_new() {
    let world = World::new();
    let routers = plain(&world, 10);
    routers.of(&PUT).drain(&A).unwrap();
    advance(60 * SECOND).await;
    routers.of(&PUT).restore(&A).unwrap();
    comes_back(&routers, GET).await;
}

#[tokio::test(start_paused = true)]
async fn restoring_what_was_not_drained_keeps_no_call_away() {
    let world = World::new();
    let routers = plain(&world, 10);
    served(&routers, PUT).await;
    routers.restore(&A).unwrap();
    for _ in 0..100 {
        assert_eq!(served(&routers, PUT).await, A);
        assert_eq!(served(&routers, GET).await, A);
    }
}
