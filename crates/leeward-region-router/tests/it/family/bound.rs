//! Which routers go when there are more keys than the bound, and what they take with them.

use std::time::Duration;

use leeward_error_taxonomy::OperationName;

use super::{GET, PUT, routers, served};
use crate::world::{A, Fault, Mood, REST, World, circuits};

#[tokio::test(start_paused = true)]
async fn what_goes_is_what_was_not_used_and_has_nothing_to_lose() {
    let world = World::new();
    let names = ["a", "b", "c", "d", "e", "f"].map(|name| OperationName::new("ledger", name));
    let routers = routers(&world, 4);
    world.set(A, Mood::Failing(Fault::Down));
    for _ in 0..2 {
        served(&routers, names[0]).await;
    }
    world.set(A, Mood::Well);
    // One that somebody holds, as a call under way does.
    let held = routers.of(&names[1]);
    for name in &names[1..] {
        served(&routers, *name).await;
    }
    assert_eq!(routers.len(), 4);
    assert_eq!(circuits(&routers.of(&names[0])), "occ");
    served(&routers, names[1]).await;
    assert_eq!(held.status().regions[0].successes, 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_under_way_keeps_what_its_router_knows() {
    let world = World::new();
    let routers = routers(&world, 1);
    world.set(A, Mood::After(500));
    let slow = served(&routers, PUT);
    let other = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        world.set(A, Mood::Well);
        served(&routers, GET).await
    };
    assert_eq!(tokio::join!(slow, other), (A, A));
    assert_eq!(routers.len(), 1);
    tokio::time::sleep(REST).await;
}

#[tokio::test(start_paused = true)]
async fn a_key_that_had_to_go_begins_anew_and_finds_no_other_keys_router() {
    let world = World::new();
    let routers = routers(&world, 1);
    served(&routers, PUT).await;
    for _ in 0..3 {
        served(&routers, GET).await;
    }
    let successes = |name| routers.of(&name).status().regions[0].successes;
    assert_eq!(successes(GET), 3);
    assert_eq!(successes(PUT), 0);
    assert_eq!(routers.statuses()[0].0, PUT);
}
