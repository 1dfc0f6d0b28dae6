use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll},
};

use leeward_error_taxonomy::{Region, Rejected, Stage};
use leeward_resilience::Plain;
use tokio::time::{Instant, sleep};
use tower::{Service, ServiceExt, service_fn};

use crate::world::{A, B, LedgerError, REST, SECOND, Site, World, builder, refusal};

#[tokio::test(start_paused = true)]
async fn a_service_is_made_when_a_call_first_goes_to_its_region_and_only_then() {
    let world = World::new();
    let router = world.router();
    assert_eq!(world.made(), [0, 0, 0]);
    for _ in 0..3 {
        router.clone().oneshot(crate::world::read()).await.unwrap();
    }
    assert_eq!(world.made(), [1, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn where_making_fails_the_next_region_serves_and_a_later_call_tries_again() {
    let world = World::new();
    let asked = Arc::new(AtomicU32::new(0));
    let maker = {
        let (world, asked) = (world.clone(), Arc::clone(&asked));
        service_fn(move |region: Region| {
            let asked = (region == A).then(|| asked.fetch_add(1, Ordering::Relaxed));
            let mut world = world.clone();
            async move {
                match asked {
                    // Not one that may be left for free, yet nothing was sent.
                    Some(0..3) => Err(Rejected::AttemptTimedOut { timeout: SECOND }),
                    _ => world.call(region).await,
                }
            }
        })
    };
    let router = builder([A, B]).build(maker).unwrap();
    for expected in [B, B, B, A, A] {
        // Not idempotent: it may go on only because nothing was sent.
        let answer = router.clone().oneshot(crate::world::write()).await;
        assert_eq!(answer.unwrap(), expected);
        sleep(SECOND).await;
    }
    assert_eq!(asked.load(Ordering::Relaxed), 4);
}

#[tokio::test(start_paused = true)]
async fn a_maker_that_fails_everywhere_is_named_in_full() {
    let maker = service_fn(|region: Region| async move {
        Err::<Site, _>(Rejected::unavailable(format!("no endpoint for {region}")))
    });
    let router = builder([A, B]).build(maker).unwrap();
    let rejected = refusal(router.oneshot(crate::world::read()).await);
    assert_eq!(
        rejected.to_string(),
        "no Region answered; tried us-east-1: no endpoint for us-east-1; eu-west-1: no endpoint for eu-west-1"
    );
    assert_eq!(rejected.stage(), Stage::NotSent);

    let router = builder([A]).build(maker).unwrap();
    let rejected = refusal(router.oneshot(crate::world::read()).await);
    let Rejected::Unavailable { source, .. } = rejected else {
        panic!("{rejected:?}");
    };
    assert_eq!(source.to_string(), "no endpoint for us-east-1");
}

#[tokio::test(start_paused = true)]
async fn a_maker_that_hangs_costs_the_attempt_timeout() {
    let world = World::new();
    let maker = service_fn(move |region: Region| {
        let mut world = world.clone();
        async move {
            if region == A {
                pending::<()>().await;
            }
            world.call(region).await
        }
    });
    let router = builder([A, B]).build(maker).unwrap();
    let began = Instant::now();
    let answer = router.oneshot(crate::world::write()).await;
    assert_eq!(answer.unwrap(), B);
    assert_eq!(began.elapsed().as_millis(), 1_000);
}

#[tokio::test(start_paused = true)]
async fn calls_that_need_a_service_at_the_same_time_make_one() {
    let made = Arc::new(AtomicU32::new(0));
    let maker = {
        let made = Arc::clone(&made);
        service_fn(move |_: Region| {
            let number = made.fetch_add(1, Ordering::Relaxed);
            async move {
                sleep(SECOND / 10).await;
                let answer =
                    move |_: Plain<&'static str>| async move { Ok::<_, LedgerError>(number) };
                Ok::<_, Rejected>(service_fn(answer))
            }
        })
    };
    let router = builder([A]).build(maker).unwrap();
    let call = || router.clone().oneshot(crate::world::read());
    let answers = tokio::join!(call(), call(), call());
    let answers = [answers.0, answers.1, answers.2].map(Result::unwrap);
    assert_eq!(made.load(Ordering::Relaxed), 1);
    assert_eq!(answers, [answers[0]; 3]);
    assert_eq!(call().await.unwrap(), answers[0]);
}

/// A maker that gets ready at the second asking, and minds being called before.
struct Slow {
    world: World,
    asked: u32,
}

impl Clone for Slow {
    fn clone(&self) -> Self {
        Self {
            world: self.world.clone(),
            asked: 0,
        }
    }
}

impl Service<Region> for Slow {
    type Response = Site;
    type Error = Rejected;
    type Future = <World as Service<Region>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Rejected>> {
        self.asked += 1;
        if self.asked < 2 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, region: Region) -> Self::Future {
        assert!(self.asked >= 2, "called without readiness");
        self.world.call(region)
    }
}

#[tokio::test(start_paused = true)]
async fn a_maker_is_called_once_it_is_ready() {
    let world = World::new();
    let maker = Slow {
        world: world.clone(),
        asked: 0,
    };
    let router = builder([A, B]).build(maker).unwrap();
    let answer = router.oneshot(crate::world::read()).await;
    assert_eq!(answer.unwrap(), A);
    assert_eq!(world.made(), [1, 0, 0]);
    sleep(REST).await;
}
