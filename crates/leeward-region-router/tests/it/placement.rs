//! Calls that say where they may go.

use std::error::Error;

use leeward_error_taxonomy::{Classify, Obstacle, Region, Rejected, Stage};
use leeward_resilience::{Placement, Session};
use tokio::time::{advance, sleep};

use crate::world::{
    A, B, C, Fault, Mood, REST, SECOND, World, assert_unchanged, builder, circuits, open_circuits,
    read, refusal, send, served, write,
};

fn anywhere() -> Placement {
    Placement::new()
}

#[tokio::test(start_paused = true)]
async fn a_pinned_call_goes_to_its_region_only() {
    let world = World::new();
    let router = world.router();
    let pinned = || read().placed(anywhere().pinned_to(B));
    assert_eq!(send(&router, pinned()).await.unwrap(), B);
    world.set(B, Mood::Failing(Fault::Down));
    for _ in 0..4 {
        assert_unchanged(send(&router, pinned()).await, B, Fault::Down);
    }
    assert_eq!(circuits(&router), "coc");
    // There is nowhere else to go, so its circuit does not hold it back.
    world.set(B, Mood::Well);
    assert_eq!(send(&router, pinned()).await.unwrap(), B);
    assert_eq!(world.take_calls(), [0, 6, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_preferred_region_is_asked_first_and_the_others_after_it() {
    let world = World::new();
    let router = world.router();
    let prefers = || read().placed(anywhere().preferring(C));
    assert_eq!(send(&router, prefers()).await.unwrap(), C);
    world.set(C, Mood::Failing(Fault::Down));
    assert_eq!(send(&router, prefers()).await.unwrap(), A);
    assert_eq!(world.take_calls(), [1, 0, 2]);
}

#[tokio::test(start_paused = true)]
async fn an_excluded_region_is_never_asked() {
    let world = World::new();
    let router = world.router();
    let elsewhere = || read().placed(anywhere().excluding(A));
    assert_eq!(send(&router, elsewhere()).await.unwrap(), B);
    world.set_all(Mood::Failing(Fault::Down));
    let rejected = refusal(send(&router, elsewhere()).await);
    assert_eq!(
        rejected.to_string(),
        "no Region answered; tried eu-west-1: Down; ap-south-1: Down"
    );
    assert_eq!(world.take_calls()[0], 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_cannot_be_placed_is_refused_unsent_and_says_why() {
    let world = World::new();
    let router = world.router();
    let stranger = Region::from_static("us-west-2");
    for (placement, why) in [
        (
            anywhere().pinned_to(stranger),
            "the call is pinned to us-west-2, and the router knows us-east-1, eu-west-1, ap-south-1 only: pin it to \
             one of these or add that Region",
        ),
        (
            anywhere().excluding(A).excluding(B).excluding(C),
            "the call excludes every Region that it may go to, of us-east-1, eu-west-1, ap-south-1: leave it one",
        ),
    ] {
        let rejected = refusal(send(&router, read().placed(placement)).await);
        assert!(
            matches!(rejected, Rejected::Unavailable { .. }),
            "{rejected:?}"
        );
        assert_eq!(rejected.facts().stage, Stage::NotSent);
        assert_eq!(rejected.source().unwrap().to_string(), why);
        assert_eq!(rejected.obstacle(), Some(Obstacle::Placement));
    }
    assert_eq!(world.take_calls(), [0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn f7_reads_follow_a_write_for_a_while() {
    let world = World::new();
    let router = world.router();
    let session = Session::new(2 * SECOND);
    let reads = || read().placed(anywhere().reading(&session));
    let writes = || write().placed(anywhere().writing(&session));
    assert_eq!(send(&router, reads()).await.unwrap(), A);

    // The write lands elsewhere, for the first Region refuses it unsent.
    world.set(A, Mood::Failing(Fault::LimiterFull));
    assert_eq!(send(&router, writes()).await.unwrap(), B);
    world.set(A, Mood::Well);
    assert_eq!(send(&router, reads()).await.unwrap(), B);
    // Somebody else's reads do not.
    let other = Session::new(2 * SECOND);
    let others = read().placed(anywhere().reading(&other));
    assert_eq!(send(&router, others).await.unwrap(), A);

    // Where that Region fails, an older answer is better than none, unless the session is strict.
    world.set(B, Mood::Failing(Fault::Down));
    assert_eq!(send(&router, reads()).await.unwrap(), A);
    let strict = Session::new(2 * SECOND).strictly();
    strict.wrote_in(&B);
    let strictly = read().placed(anywhere().reading(&strict));
    assert_unchanged(send(&router, strictly).await, B, Fault::Down);

    world.set(B, Mood::Well);
    advance(2 * SECOND).await;
    assert_eq!(send(&router, reads()).await.unwrap(), A);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_fails_leaves_nothing_behind() {
    let world = World::new();
    world.set(A, Mood::Failing(Fault::Down));
    let router = world.router();
    let session = Session::new(2 * SECOND);
    let writes = write().placed(anywhere().writing(&session));
    assert_unchanged(send(&router, writes).await, A, Fault::Down);
    assert_eq!(session.home(), None);
}

#[tokio::test(start_paused = true)]
async fn f4_what_may_have_been_applied_goes_on_only_if_somebody_takes_it_upon_him() {
    for fault in [Fault::Reset, Fault::Down] {
        let world = World::new();
        world.set(A, Mood::Failing(fault));
        let router = world.router();
        assert_unchanged(send(&router, write()).await, A, fault);
        let unsure = write().placed(anywhere().failing_over_when_unsure());
        assert_eq!(send(&router, unsure).await.unwrap(), B);

        let router = world.build(builder([A, B]).with_fail_over_when_unsure(true));
        assert_eq!(send(&router, write()).await.unwrap(), B);
    }
    // What was certainly not sent goes on in any case, what says the same everywhere in none.
    let world = World::new();
    world.set(A, Mood::Failing(Fault::Unreachable));
    let router = world.router();
    assert_eq!(send(&router, write()).await.unwrap(), B);
    world.set(A, Mood::Failing(Fault::Denied));
    let unsure = write().placed(anywhere().failing_over_when_unsure());
    assert_unchanged(send(&router, unsure).await, A, Fault::Denied);
}

#[tokio::test(start_paused = true)]
async fn what_a_call_wishes_does_not_lift_what_a_circuit_holds_back() {
    let world = World::new();
    let router = world.router();
    open_circuits(&world, &router, &[A]).await;
    let prefers = read().placed(anywhere().preferring(A));
    assert_eq!(send(&router, prefers.clone()).await.unwrap(), B);
    sleep(REST).await;
    world.set(A, Mood::Well);
    assert_eq!(send(&router, prefers).await.unwrap(), A);
    assert_eq!(served(&router).await, A);
}
