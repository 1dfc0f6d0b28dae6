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
                    let stack = policy::stack(&world, process);
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
