//! Services that take long to make, that cannot be made, and that end.

use std::{
    future::{pending, ready},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use leeward_error_taxonomy::{Category, Classify, Facts, Region, Rejected, Stage, Verdict};
use leeward_region_router::{HealthCheck, RegionRouter};
use leeward_resilience::{Plain, TokioClock};
use tokio::time::{Instant, sleep, timeout};
use tower::{Service, ServiceExt, buffer::Buffer, service_fn};

use crate::world::{A, B, REST, SECOND, Site, World, builder, read, refusal, send, write};

/// Makes the services of the world, each in that time, and counts how many makings of A have begun and ended.
#[derive(Clone, Default)]
struct Slow {
    world: World,
    takes: Duration,
    begun: Arc<AtomicU32>,
    ended: Arc<AtomicU32>,
}

impl Slow {
    fn taking(takes: Duration) -> Self {
        Self {
            takes,
            ..Self::default()
        }
    }

    fn counts(&self) -> (u32, u32) {
        let count = |count: &AtomicU32| count.load(Ordering::Relaxed);
        (count(&self.begun), count(&self.ended))
    }

    fn maker(
        &self,
    ) -> impl Service<Region, Response = Site, Error = Rejected, Future: Send> + Clone + Send + use<>
    {
        let this = self.clone();
        service_fn(move |region: Region| {
            let mut this = this.clone();
            async move {
                let one = u32::from(region == A);
                this.begun.fetch_add(one, Ordering::Relaxed);
                sleep(this.takes).await;
                this.ended.fetch_add(one, Ordering::Relaxed);
                this.world.call(region).await
            }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_maker_slower_than_an_attempt_is_begun_once_and_comes_to_its_end() {
    let slow = Slow::taking(SECOND * 12 / 10);
    let router = builder([A, B]).build(slow.maker()).unwrap();
    // No attempt is long enough.
    assert!(send(&router, write()).await.is_err());
    assert_eq!(slow.counts(), (1, 0));
    for _ in 0..20 {
        assert_eq!(send(&router, write()).await.unwrap(), A);
    }
    assert_eq!(slow.counts(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_making_goes_on_whoever_began_it_is_dropped() {
    let slow = Slow::taking(SECOND / 2);
    let router = builder([A]).build(slow.maker()).unwrap();
    let began = Instant::now();
    let first = timeout(SECOND / 10, send(&router, read()));
    let second = async {
        sleep(SECOND / 20).await;
        send(&router, read()).await
    };
    let (first, second) = tokio::join!(first, second);
    assert!(first.is_err());
    assert_eq!(second.unwrap(), A);
    assert_eq!(began.elapsed().as_millis(), 500);
    assert_eq!(slow.counts(), (1, 1));

    // Nor need anybody wait all the time.
    let slow = Slow::taking(SECOND / 2);
    let router = builder([A]).build(slow.maker()).unwrap();
    let first = timeout(SECOND / 10, send(&router, read())).await;
    assert!(first.is_err());
    sleep(SECOND).await;
    let began = Instant::now();
    assert_eq!(send(&router, read()).await.unwrap(), A);
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert_eq!(slow.counts(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_making_that_never_ends_is_given_up_after_half_a_minute() {
    let begun = Arc::new(AtomicU32::new(0));
    let maker = {
        let (world, begun) = (World::new(), Arc::clone(&begun));
        service_fn(move |region: Region| {
            let (mut world, number) = (world.clone(), begun.fetch_add(1, Ordering::Relaxed));
            async move {
                if number == 0 {
                    pending::<()>().await;
                }
                world.call(region).await
            }
        })
    };
    let router = RegionRouter::builder([A])
        .with_clock(TokioClock::new())
        .build(maker)
        .unwrap();
    let mut waited = 0;
    while send(&router, write()).await.is_err() {
        waited += 1;
        assert!(waited < 100);
    }
    assert_eq!(begun.load(Ordering::Relaxed), 2);
    assert!((29..=31).contains(&waited), "{waited} s");
}

#[tokio::test(start_paused = true)]
async fn everybody_who_waits_is_told_why_nothing_was_made_and_the_next_one_tries_again() {
    let asked = Arc::new(AtomicU32::new(0));
    let maker = {
        let (world, asked) = (World::new(), Arc::clone(&asked));
        service_fn(move |region: Region| {
            let (mut world, number) = (world.clone(), asked.fetch_add(1, Ordering::Relaxed));
            async move {
                sleep(SECOND / 10).await;
                match number {
                    0 => Err(Rejected::unavailable("no credentials")),
                    1 => Err(Rejected::LimiterFull),
                    2 => panic!("a maker's own mistake"),
                    _ => world.call(region).await,
                }
            }
        })
    };
    let router = builder([A]).build(maker).unwrap();
    let call = || async { send(&router, write()).await };
    for expected in [
        "no credentials",
        "limiter full",
        "the maker of the service panicked",
    ] {
        let (one, other) = tokio::join!(call(), call());
        for answer in [one, other] {
            let met = match refusal(answer) {
                Rejected::Unavailable { source, .. } => source.to_string(),
                other => other.to_string(),
            };
            assert_eq!(met, expected);
        }
    }
    assert_eq!(call().await.unwrap(), A);
    assert_eq!(asked.load(Ordering::Relaxed), 4);
}

/// Never gets ready again after so many calls.
struct Mortal {
    region: Region,
    calls: u32,
}

#[derive(Debug)]
enum Ended {
    Buffer,
    Refused(Rejected),
}

impl Classify for Ended {
    fn facts(&self) -> Facts<'_> {
        match self {
            Self::Refused(rejected) => rejected.facts(),
            Self::Buffer => Facts::new(Stage::NotSent, Category::Network, Verdict::Transient),
        }
    }
}

impl From<Rejected> for Ended {
    fn from(rejected: Rejected) -> Self {
        Self::Refused(rejected)
    }
}

impl Service<Plain<&'static str>> for Mortal {
    type Response = Region;
    type Error = std::io::Error;
    type Future = std::future::Ready<Result<Region, std::io::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        match self.calls {
            0 => Poll::Ready(Err(std::io::Error::other("the connection was closed"))),
            _ => Poll::Ready(Ok(())),
        }
    }

    fn call(&mut self, _: Plain<&'static str>) -> Self::Future {
        self.calls -= 1;
        ready(Ok(self.region.clone()))
    }
}

type Buffered = tower::util::MapErr<
    Buffer<Plain<&'static str>, <Mortal as Service<Plain<&'static str>>>::Future>,
    fn(tower::BoxError) -> Ended,
>;

/// Real buffers, of which those of A end after three calls.
fn mortal(
    made: &Arc<AtomicU32>,
) -> impl Service<Region, Response = Buffered, Error = Rejected, Future: Send> + Clone + Send + use<>
{
    let made = Arc::clone(made);
    service_fn(move |region: Region| {
        let is_mortal = region == A;
        made.fetch_add(u32::from(is_mortal), Ordering::Relaxed);
        let calls = if is_mortal { 3 } else { u32::MAX };
        let buffer = Buffer::new(Mortal { region, calls }, 8);
        let error: fn(tower::BoxError) -> Ended = |_| Ended::Buffer;
        ready(Ok::<_, Rejected>(buffer.map_err(error)))
    })
}

#[tokio::test(start_paused = true)]
async fn a_service_that_never_gets_ready_again_is_put_away_and_another_one_made() {
    let made = Arc::new(AtomicU32::new(0));
    let router = RegionRouter::builder([A, B])
        .with_clock(TokioClock::new())
        .build(mortal(&made))
        .unwrap();
    let mut served = String::new();
    for _ in 0..12 {
        let region = router.clone().oneshot(read()).await.unwrap();
        served.push(if region == A { 'a' } else { 'b' });
        sleep(SECOND).await;
    }
    // The fourth call lets the buffer's worker find out, the fifth hears of it.
    assert_eq!(served, "aaabbaaabbaa");
    assert_eq!(made.load(Ordering::Relaxed), 3);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_ends_while_only_checks_ask_it_is_put_away_too() {
    let made = Arc::new(AtomicU32::new(0));
    let check = HealthCheck::sending(read())
        .with_idle_interval(SECOND)
        .with_seed(7);
    let router = builder([A, B])
        .with_health_check(check)
        .build(mortal(&made))
        .unwrap();
    sleep(40 * SECOND).await;
    let checks = router.status().regions[0].check.clone().unwrap().checks;
    let made = made.load(Ordering::Relaxed);
    // Of five checks three are good, and two find it gone.
    assert!(checks > 30, "{checks}");
    assert!(
        u64::from(made).abs_diff(checks / 5) <= 1,
        "{made} of {checks}"
    );
    sleep(REST).await;
}
