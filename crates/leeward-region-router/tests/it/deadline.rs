//! What the router begins when the caller's time runs out.

use std::time::Duration;

use leeward_error_taxonomy::Rejected;
use leeward_resilience::{DeadlineLayer, Placement, deadline};
use tokio::time::Instant;
use tower::{Layer, ServiceExt};

use crate::world::{
    A, B, C, Fault, LedgerError, Mood, Router, SECOND, World, assert_unchanged, builder, learn,
    read, refusal, send, served,
};

const MILLI: Duration = Duration::from_millis(1);

/// A router without hedges that knows that the second Region takes 200 ms and the third one 20 ms.
async fn learnt(world: &World) -> Router {
    let router = world.build(builder([A, B, C]).without_hedging());
    learn(world, &router).await;
    for (region, millis) in [(B, 200), (C, 20)] {
        world.set(region.clone(), Mood::After(millis));
        for _ in 0..15 {
            let there = read().placed(Placement::new().pinned_to(region.clone()));
            assert_eq!(send(&router, there).await.ok(), Some(region.clone()));
        }
    }
    world.take_calls();
    router
}

#[tokio::test(start_paused = true)]
async fn f5_no_further_attempt_begins_where_the_region_normally_takes_longer_than_is_left() {
    let world = World::new();
    let router = learnt(&world).await;
    for (left, calls) in [(400, [1, 1, 0]), (299, [1, 0, 1]), (119, [1, 0, 0])] {
        world.set(A, Mood::Well);
        served(&router).await;
        world.take_calls();
        world.set(A, Mood::FailingAfter(100, Fault::Down));
        let end = Instant::now() + left * MILLI;
        let answer = deadline::until(end, send(&router, read())).await;
        assert_eq!(world.take_calls(), calls, "{left} ms");
        if calls == [1, 0, 0] {
            // What the first one said, while there was still time to say it.
            assert_unchanged(answer, A, Fault::Down);
            assert!(Instant::now() < end);
        } else {
            assert!(answer.is_ok());
            assert!(Instant::now() <= end);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn f5_nor_does_a_hedge() {
    let world = World::new();
    let router = world.router();
    learn(&world, &router).await;
    for region in [B, C] {
        world.set(region.clone(), Mood::After(200));
        for _ in 0..15 {
            let there = read().placed(Placement::new().pinned_to(region.clone()));
            send(&router, there).await.unwrap();
        }
    }
    world.take_calls();
    world.set(A, Mood::After(240));
    let end = Instant::now() + 245 * MILLI;
    let answer = deadline::until(end, served(&router)).await;
    assert_eq!((answer, world.take_calls()), (A, [1, 0, 0]));
    let end = Instant::now() + 255 * MILLI;
    let answer = deadline::until(end, served(&router)).await;
    assert_eq!((answer, world.take_calls()), (A, [1, 1, 0]));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_above_ends_every_attempt_and_says_so() {
    let world = World::new();
    let router = world.router();
    learn(&world, &router).await;
    world.set_all(Mood::Silent);
    let call = DeadlineLayer::new(SECOND / 2).layer(router.clone());
    let answer = call.oneshot(read()).await;
    let Err(LedgerError::Refused(Rejected::DeadlineExceeded { .. })) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!((world.take_calls(), world.in_flight()), ([1, 1, 0], 0));
}

/// A layer below the router reads the same deadline, and may be the first to say that it is over.
#[tokio::test(start_paused = true)]
async fn a_deadline_that_a_layer_below_ends_is_silence_of_the_region_if_anything_was_sent() {
    for (fault, failures) in [(Fault::OutOfTime, 1), (Fault::OutOfTimeUnsent, 0)] {
        let world = World::new();
        world.set(A, Mood::FailingAfter(500, fault));
        let router = world.unhedged();
        let answer = deadline::until(Instant::now() + SECOND / 2, send(&router, read())).await;
        let rejected = refusal(answer);
        assert!(
            matches!(rejected, Rejected::DeadlineExceeded { .. }),
            "{rejected:?}"
        );
        let region = router.status().regions[0].clone();
        assert_eq!(region.failures, failures, "{fault:?}");
        let told = region.last_error.map(|error| error.failure.to_string());
        let expected = (failures > 0).then(|| "no answer within 0.5 s of the attempt".to_owned());
        assert_eq!(told, expected, "{fault:?}");
    }
}
