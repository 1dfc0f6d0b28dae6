use std::{future::poll_fn, io};

use fastrand::Rng;
use leeward_error_taxonomy::OperationName;
use leeward_resilience::Plain;
use tokio::{
    runtime::{Builder, Handle},
    time::{sleep, sleep_until},
};
use tower_service::Service;

use super::{
    Bursts, CallError, Policy, Scenario, Trace,
    arrival::{luck, next_arrival},
    naive::Naive,
    policy,
    world::{Call, World},
};

/// Set apart from the draws of the Regions, which begin with a process.
const ARRIVALS: u64 = u64::MAX;
const PAUSES: u64 = u64::MAX - 1;
const BURSTS: u64 = u64::MAX - 3;

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
            match policy {
                Policy::Leeward | Policy::Sequential => {
                    let hedges = policy == Policy::Leeward;
                    let stack = policy::stack(&world, process, hedges);
                    begin(&handle, stack, &world, process, seed);
                }
                naive => {
                    let pauses = luck(&[seed, PAUSES, process as u64]);
                    let stack = Naive::new(naive, world.clone(), process, pauses);
                    begin(&handle, stack, &world, process, seed);
                }
            }
        }
        // Whoever began in time is over a deadline later; a tick more, since timers fire at the end of theirs.
        sleep(scenario.length + 2 * scenario.traffic.deadline).await;
        world
    });
    Ok(world.into_trace())
}

/// Has one process begin its operations.
fn begin<S>(handle: &Handle, stack: S, world: &World, process: usize, seed: u64)
where
    S: Stack,
{
    let caller = Caller {
        stack,
        world: world.clone(),
        process,
    };
    if let Some(bursts) = world.scenario().traffic.bursts {
        handle.spawn(
            caller
                .clone()
                .burst(bursts, luck(&[seed, BURSTS, process as u64])),
        );
    }
    handle.spawn(caller.call(luck(&[seed, ARRIVALS, process as u64])));
}

/// What a process calls through.
trait Stack:
    Service<Plain<Call>, Response = usize, Error = CallError, Future: Send> + Clone + Send + 'static
{
}

impl<S> Stack for S where
    S: Service<Plain<Call>, Response = usize, Error = CallError, Future: Send>
        + Clone
        + Send
        + 'static
{
}

/// One process.
#[derive(Clone)]
struct Caller<S> {
    stack: S,
    world: World,
    process: usize,
}

impl<S: Stack> Caller<S> {
    /// Begins operations as they come, one by one.
    async fn call(self, mut random: Rng) {
        let scenario = self.world.scenario();
        let mut at = self.world.now();
        while let Some(next) = next_arrival(&scenario.traffic, at, &mut random) {
            if next >= scenario.length {
                return;
            }
            at = next;
            sleep_until(self.world.instant(at)).await;
            self.begin();
        }
    }

    /// Begins many operations at once, again and again.
    async fn burst(self, bursts: Bursts, mut random: Rng) {
        let mut at = bursts.every.mul_f64(random.f64());
        while at < self.world.scenario().length {
            sleep_until(self.world.instant(at)).await;
            (0..bursts.calls).for_each(|_| self.begin());
            at += bursts.every;
        }
    }

    fn begin(&self) {
        let Self {
            mut stack,
            world,
            process,
        } = self.clone();
        Handle::current().spawn(async move {
            let call = world.begin(process);
            let answer = match poll_fn(|cx| stack.poll_ready(cx)).await {
                Ok(()) => stack.call(request(call)).await,
                Err(error) => Err(error),
            };
            world.end(call, answer.ok());
        });
    }
}

fn request(call: Call) -> Plain<Call> {
    let request = Plain::new(call);
    if call.is_write {
        request.named(OperationName::new("sim", "Write"))
    } else {
        request
            .named(OperationName::new("sim", "Read"))
            .idempotent()
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
            traffic: Traffic::steady(2, 50.0),
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
                assert!(operation.latency() <= Some(at(3_002)), "{policy}");
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
