use std::{future::poll_fn, io};

use leeward_error_taxonomy::OperationName;
use leeward_resilience::Plain;
use tokio::{
    runtime::{Builder, Handle},
    time::{sleep, sleep_until},
};
use tower_service::Service;

use super::{
    CallError, Policy, Scenario, Trace,
    arrival::{luck, next_arrival},
    naive::Naive,
    policy::{self, DEADLINE},
    world::{Call, World},
};

/// Set apart from the draws of the Regions, which begin with a process.
const ARRIVALS: u64 = u64::MAX;
const PAUSES: u64 = u64::MAX - 1;

/// Plays a scenario once and gives all that happened; the same seed gives the same.
///
/// It takes the thread that it is called on, and draws from that thread's generator.
///
/// # Errors
///
/// What the operating system says if it gives no runtime.
pub fn play(scenario: &Scenario, policy: Policy, seed: u64) -> io::Result<Trace> {
    // Layers draw their seeds from the thread's generator.
    fastrand::seed(seed);
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    let world = runtime.block_on(async {
        let world = World::new(scenario, seed);
        let handle = Handle::current();
        for process in 0..scenario.traffic.processes {
            let world = world.clone();
            match policy {
                Policy::Leeward | Policy::Sequential => {
                    let hedges = policy == Policy::Leeward;
                    let stack = policy::stack(&world, process, hedges);
                    handle.spawn(call(stack, world, process, seed));
                }
                naive => {
                    let pauses = luck(&[seed, PAUSES, process as u64]);
                    let stack = Naive::new(naive, world.clone(), process, pauses);
                    handle.spawn(call(stack, world, process, seed));
                }
            }
        }
        // Whoever began in time is over a deadline later; a tick more, since timers fire at the end of theirs.
        sleep(scenario.length + 2 * DEADLINE).await;
        world
    });
    Ok(world.into_trace())
}

/// Begins the operations of one process.
async fn call<S>(stack: S, world: World, process: usize, seed: u64)
where
    S: Service<Plain<Call>, Response = usize, Error = CallError, Future: Send>
        + Clone
        + Send
        + 'static,
{
    let handle = Handle::current();
    let scenario = world.scenario();
    let mut random = luck(&[seed, ARRIVALS, process as u64]);
    let mut at = world.now();
    while let Some(next) = next_arrival(&scenario.traffic, at, &mut random) {
        if next >= scenario.length {
            return;
        }
        at = next;
        sleep_until(world.instant(at)).await;
        let (mut stack, world) = (stack.clone(), world.clone());
        handle.spawn(async move {
            let call = world.begin(process);
            let request = Plain::new(call)
                .named(OperationName::new("sim", "Read"))
                .idempotent();
            let answer = match poll_fn(|cx| stack.poll_ready(cx)).await {
                Ok(()) => stack.call(request).await,
                Err(error) => Err(error),
            };
            world.end(call, answer.ok());
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Ending, Fault, Outage, Traffic, scenarios};
    use std::time::Duration;

    const fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// Two processes with 50 operations a second each; the fault strikes the first Region from 5 s to 10 s.
    fn small(fault: Fault) -> Scenario {
        let fault = Outage {
            region: 0,
            from: at(5_000),
            until: at(10_000),
            fault,
        };
        Scenario {
            traffic: Traffic {
                processes: 2,
                rates: vec![(Duration::ZERO, 50.0)],
            },
            fault: fault.from..fault.until,
            outages: vec![fault],
            length: at(20_000),
            ..scenarios().remove(0)
        }
    }

    #[test]
    fn the_same_seed_plays_the_same_run_event_for_event() {
        // Draws on the lots of a slow start, the jitter of rests and of pauses, and those of the Regions.
        let scenario = small(Fault::Fails(0.5));
        for policy in Policy::ALL {
            let run = |seed| play(&scenario, policy, seed).unwrap();
            assert_eq!(run(7), run(7), "{policy}");
            assert_ne!(run(7), run(8), "{policy}");
        }
    }

    #[test]
    fn whatever_the_policy_the_same_operations_begin_and_all_of_them_end() {
        let scenario = small(Fault::Silent);
        let begun = |policy| {
            let trace = play(&scenario, policy, 1).unwrap();
            let begun = trace.operations.iter().map(|operation| {
                assert!(operation.latency() <= Some(DEADLINE + at(2)), "{policy}");
                (operation.process, operation.began)
            });
            begun.collect::<Vec<_>>()
        };
        let expected = begun(Policy::Bare);
        assert!(expected.len().abs_diff(2_000) < 200, "{}", expected.len());
        for policy in Policy::ALL {
            assert_eq!(begun(policy), expected, "{policy}");
        }
    }

    #[test]
    fn an_operation_is_served_where_its_attempt_was() {
        for policy in Policy::ALL {
            let trace = play(&small(Fault::Slow(20.0)), policy, 1).unwrap();
            for (number, operation) in trace.operations.iter().enumerate() {
                let served = |region| {
                    let mut attempts = trace.attempts.iter();
                    attempts.any(|attempt| {
                        (attempt.operation, attempt.region) == (number, region)
                            && attempt.ended == operation.ended.map(|at| (at, Ending::Served))
                    })
                };
                assert!(operation.served_by.is_none_or(served), "{policy}");
            }
        }
    }

    #[test]
    fn a_silent_region_answers_nothing_not_even_what_was_on_its_way() {
        let trace = play(&small(Fault::Silent), Policy::NextRegion, 1).unwrap();
        let silence = at(5_000)..at(10_000);
        let mut lost_on_the_way = 0;
        for attempt in trace.attempts.iter().filter(|attempt| attempt.region == 0) {
            let (ended, ending) = attempt.ended.unwrap();
            if silence.contains(&ended) {
                assert_eq!(ending, Ending::Dropped);
                lost_on_the_way += usize::from(attempt.began < silence.start);
            }
        }
        assert!(lost_on_the_way > 0);
    }

    #[test]
    fn each_policy_does_to_its_callers_what_it_is_known_for() {
        let played = |policy, fault| {
            let scenario = small(fault);
            crate::sim::Figures::of(&play(&scenario, policy, 1).unwrap(), &scenario)
        };
        assert_eq!(played(Policy::Sdk, Fault::Silent).ok, 0.0);
        assert_eq!(played(Policy::Bare, Fault::Refuses).load, 1.0);
        let next_region = played(Policy::NextRegion, Fault::Refuses);
        assert_eq!((next_region.ok, next_region.load), (1.0, 2.0));
        let consecutive = played(Policy::Consecutive, Fault::Refuses);
        assert!(
            consecutive.ok == 1.0 && consecutive.load < 1.1,
            "{consecutive:?}"
        );
    }

    #[test]
    fn a_call_takes_as_long_as_its_region_says() {
        let trace = play(&small(Fault::Capacity(1.0)), Policy::Bare, 1).unwrap();
        let mut waits: Vec<_> = trace.operations.iter().map(|one| one.latency()).collect();
        waits.sort();
        let median = waits[waits.len() / 2].unwrap();
        // Timers fire at the end of their millisecond.
        assert!((at(19)..at(22)).contains(&median), "{median:?}");
    }
}
