//! The first of three Regions goes and comes back while KMS is called over sockets: no call fails.
//!
//! Scenarios S1, S2 and S4 of `cargo xtask sim`, with the router's defaults, in seconds instead of minutes. What takes how long, and
//! the load of a long outage, are the simulation's to hold; here calls are counted.

use crate::cloud::{A, B, C, Cloud, Router, call};
use leeward::region_router::{RegionRouter, RegionState, RegionStatus};
use leeward_testkit::{Fault, Scope};
use std::time::Duration;
use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval},
};

/// Calls in a second.
const RATE: u32 = 100;
/// Calls before the outage, as fast as so many callers make them. Each pays in a tenth of a token, and those of the outage's first
/// second ask for a token each.
const WARM_UP: usize = 1_200;
const CALLERS: usize = 16;
/// Calls before the outage at the rate.
const BEFORE: u64 = 50;
/// More calls than this are not made until the Region is back.
const PATIENCE: u64 = 2_000;
/// As many answers of the Region say that it is back: three probes, and calls besides.
const BACK: u64 = 10;
/// No Region is left for less: five attempts in a row, or a quarter of twenty.
const MET: u64 = 5;

/// An outage of the first Region, told in calls.
struct Outage {
    name: &'static str,
    fault: Fault,
    calls: u64,
    /// Whether it strikes every attempt.
    is_total: bool,
    /// By then the Region must have been left.
    left_after: u64,
    /// No more attempts than these are made besides the first of each call.
    extra: u64,
}

/// What was counted from the beginning of an outage on.
struct Counted {
    calls: u64,
    /// Calls that were answered, those before the outage included.
    answered: u64,
    failed: Vec<String>,
    /// Attempts in the first Region that met the fault.
    met: u64,
    /// Good answers of the first Region while it was out, once it must have been left.
    answers: u64,
    /// Attempts that ended in the first Region before it must have been left, and after that.
    reached: (u64, u64),
    /// Calls that the second Region answered while the first was out.
    covered: u64,
    /// Calls from the end of the outage until the first Region's circuit was closed.
    until_closed: u64,
    /// Answers of the first Region after the outage.
    back: u64,
    /// Attempts besides the first of each call.
    extra: u64,
}

impl Outage {
    async fn play(self) {
        let start = Instant::now();
        let cloud = Cloud::start_far_away().await;
        let router = RegionRouter::builder([A, B, C])
            .build(cloud.pool.maker())
            .unwrap();
        let counted = self.count(&cloud, &router).await;
        let Self { name, calls, .. } = self;
        let Counted {
            reached,
            extra,
            covered,
            met,
            ..
        } = counted;
        println!(
            "{name}: of {calls} calls {} + {} reached {A}, {met} attempts met the fault there and {covered} calls were answered by \
             {B}; {A} was back {} calls later; {extra} attempts more than {} calls, after {} in good times; {:?}",
            reached.0,
            reached.1,
            counted.until_closed,
            counted.calls,
            counted.answered - counted.calls,
            start.elapsed()
        );
        println!("{name}: {}", router.health_json());
        assert_eq!(counted.failed, [""; 0], "{name}");
        let before = WARM_UP as u64 + BEFORE;
        assert_eq!(counted.answered, before + counted.calls, "{name}");
        assert!(met >= MET, "{name}: the fault was hardly met");
        assert!(!self.is_total || counted.answers == 0, "{name}: not out");
        let late = calls - self.left_after;
        assert!(reached.1 <= late / 5, "{name}: not left");
        assert!(covered >= calls / 2, "{name}: not covered");
        assert!(extra <= self.extra, "{name}: too many attempts");
        assert_eq!(first(&router).state, RegionState::Closed, "{name}");
        assert!(counted.back >= BACK, "{name}: not back");
        cloud.aws.shutdown().await;
    }

    async fn count(&self, cloud: &Cloud, router: &Router) -> Counted {
        let mut traffic = Traffic::new(router.clone());
        traffic.rush(WARM_UP).await;
        traffic.flow(BEFORE).await;
        let before = (reached(router), extra(router), cloud.served(&B));
        traffic.calls = 0;

        let faults = cloud.aws.faults();
        let met = self.met(cloud, router);
        let rule = faults.inject(Scope::region(A), self.fault.clone());
        traffic.flow(self.left_after).await;
        let (early, answers) = (reached(router), first(router).successes);
        traffic.flow(self.calls - self.left_after).await;
        let late = reached(router);
        let covered = cloud.served(&B) - before.2;
        let met = self.met(cloud, router) - met;
        let successes = first(router).successes;
        rule.clear();

        let is_closed = || first(router).state == RegionState::Closed;
        while !is_closed() && traffic.calls < PATIENCE {
            traffic.flow(1).await;
        }
        let until_closed = traffic.calls - self.calls;
        let back = || first(router).successes - successes;
        while back() < BACK && traffic.calls < PATIENCE {
            traffic.flow(1).await;
        }
        let failed = traffic.end().await;
        Counted {
            failed,
            answered: traffic.answered,
            calls: traffic.calls,
            met,
            answers: successes - answers,
            reached: (early - before.0, late - early),
            covered,
            until_closed,
            back: back(),
            extra: extra(router) - before.1,
        }
    }

    /// The attempts in the first Region that a fault has struck so far: those that the fault plane has answered or, of a fault that
    /// no attempt gets past, those that came to nothing.
    fn met(&self, cloud: &Cloud, router: &Router) -> u64 {
        if self.is_total {
            let first = first(router);
            return first.failures + first.overtaken;
        }
        let counts = cloud.aws.counts().in_region(&A);
        counts.tally("kms", "GenerateDataKey").faulted
    }
}

fn first(router: &Router) -> RegionStatus {
    router.status().regions.swap_remove(0)
}

/// The attempts in the first Region that have ended, whatever they met.
fn reached(router: &Router) -> u64 {
    let first = first(router);
    first.successes + first.failures + first.other_errors + first.overtaken
}

/// The attempts that were made besides the first of each call.
fn extra(router: &Router) -> u64 {
    let status = router.status();
    status.fail_overs + status.hedges
}

/// Calls that are made whether or not earlier ones have ended.
struct Traffic {
    router: Router,
    under_way: JoinSet<Result<(), String>>,
    calls: u64,
    answered: u64,
    failed: Vec<String>,
}

impl Traffic {
    fn new(router: Router) -> Self {
        Self {
            router,
            under_way: JoinSet::new(),
            calls: 0,
            answered: 0,
            failed: Vec::new(),
        }
    }

    /// So many calls, as fast as the callers get their answers.
    async fn rush(&mut self, calls: usize) {
        for _ in 0..calls {
            if self.under_way.len() >= CALLERS {
                self.learn_next().await;
            }
            self.begin();
        }
        while !self.under_way.is_empty() {
            self.learn_next().await;
        }
    }

    /// So many calls at the rate.
    async fn flow(&mut self, calls: u64) {
        let mut ticks = interval(Duration::from_secs(1) / RATE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.tick().await;
        for _ in 0..calls {
            self.begin();
            ticks.tick().await;
        }
    }

    fn begin(&mut self) {
        self.calls += 1;
        let call = call(self.router.clone());
        self.under_way
            .spawn(async move { call.await.map_err(|error| format!("{error:?}")) });
    }

    async fn learn_next(&mut self) {
        match self.under_way.join_next().await.map(Result::unwrap) {
            Some(Ok(())) => self.answered += 1,
            Some(Err(failure)) => self.failed.push(failure),
            None => {}
        }
    }

    /// Waits for the calls under way; gives what failed of all.
    async fn end(&mut self) -> Vec<String> {
        while !self.under_way.is_empty() {
            self.learn_next().await;
        }
        std::mem::take(&mut self.failed)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s1_a_region_fails_three_calls_in_ten_and_no_call_fails() {
    let fault = Fault::error(500, "KMSInternalException", "try again").with_rate(0.3);
    // What went well in the two seconds before speaks for the Region.
    let outage = Outage {
        name: "S1",
        fault,
        calls: 350,
        is_total: false,
        left_after: 250,
        extra: 125,
    };
    outage.play().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s2_a_region_falls_silent_and_no_call_fails() {
    let outage = Outage {
        name: "S2",
        fault: Fault::black_hole(),
        calls: 250,
        is_total: true,
        left_after: 150,
        extra: 150,
    };
    outage.play().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s4_a_region_refuses_and_no_call_fails() {
    let outage = Outage {
        name: "S4",
        fault: Fault::refuse(),
        calls: 200,
        is_total: true,
        left_after: 100,
        extra: 30,
    };
    outage.play().await;
}
