use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use leeward_error_taxonomy::{Region, Rejected};
use leeward_resilience::CircuitState;
use tokio::time::Instant;

use super::{
    Attempt, CallError, Change, Conditions, Ending, Operation, Scenario, Trace, arrival::luck,
    queue::Queue,
};

/// How long a connection takes to be refused.
const REFUSAL: Duration = Duration::from_millis(1);

/// Set apart from the draws of the Regions, which begin with a process.
const WRITES: u64 = u64::MAX - 2;

/// The Regions of one run, and the book of all that happens in it.
#[derive(Clone)]
pub(super) struct World(Arc<Inner>);

struct Inner {
    start: Instant,
    seed: u64,
    scenario: Scenario,
    state: Mutex<State>,
}

struct State {
    queues: Vec<Queue>,
    trace: Trace,
    // How many operations a process has begun, and how many attempts an operation has made.
    begun: Vec<u64>,
    of_process: Vec<(u64, u64)>,
}

/// One operation of a process: what a request of the simulation consists of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    operation: usize,
    process: usize,
    pub(super) is_write: bool,
}

/// What becomes of an attempt that has arrived.
#[derive(Debug)]
enum Fate {
    Never,
    Answered {
        after: Duration,
        answer: Result<(), CallError>,
    },
}

impl World {
    /// Begins at the present moment of tokio's time.
    pub(super) fn new(scenario: &Scenario, seed: u64) -> Self {
        let queues = scenario.regions.iter();
        Self(Arc::new(Inner {
            start: Instant::now(),
            seed,
            state: Mutex::new(State {
                queues: queues.map(|region| Queue::new(region.max_wait)).collect(),
                trace: Trace::default(),
                begun: vec![0; scenario.traffic.processes],
                of_process: Vec::new(),
            }),
            scenario: scenario.clone(),
        }))
    }

    pub(super) fn now(&self) -> Duration {
        self.0.start.elapsed()
    }

    pub(super) fn instant(&self, at: Duration) -> Instant {
        self.0.start + at
    }

    pub(super) fn scenario(&self) -> &Scenario {
        &self.0.scenario
    }

    /// The names of the Regions.
    pub(super) fn regions(&self) -> Vec<Region> {
        let regions = self.0.scenario.regions.iter();
        regions
            .map(|region| Region::from_static(region.name))
            .collect()
    }

    /// The number of a Region.
    pub(super) fn number(&self, region: &Region) -> Result<usize, Rejected> {
        let mut regions = self.0.scenario.regions.iter();
        let number = regions.position(|model| model.name == region.as_str());
        number.ok_or_else(|| Rejected::unavailable(format!("no Region {region} in this world")))
    }

    /// A process begins an operation.
    pub(super) fn begin(&self, process: usize) -> Call {
        let began = self.now();
        let mut state = self.state();
        let state = &mut *state;
        let operation = state.trace.operations.len();
        let mut random = luck(&[self.0.seed, WRITES, process as u64, state.begun[process]]);
        let is_write = random.f64() < self.0.scenario.traffic.writes;
        state.trace.operations.push(Operation {
            process,
            is_write,
            began,
            ended: None,
            served_by: None,
        });
        state.of_process.push((state.begun[process], 0));
        state.begun[process] += 1;
        Call {
            operation,
            process,
            is_write,
        }
    }

    /// An operation is over; `served_by` is the Region that answered well.
    pub(super) fn end(&self, call: Call, served_by: Option<usize>) {
        let now = self.now();
        let operation = &mut self.state().trace.operations[call.operation];
        operation.ended = Some(now);
        operation.served_by = served_by;
    }

    /// A circuit of a process has changed.
    pub(super) fn changed(&self, process: usize, region: usize, to: CircuitState) {
        let at = self.now();
        self.state().trace.changes.push(Change {
            at,
            process,
            region,
            to,
        });
    }

    /// An attempt arrives at a Region and stays until it is answered.
    pub(super) async fn attempt(&self, region: usize, call: Call) -> Result<usize, CallError> {
        let (visit, fate) = self.arrive(region, call);
        let Fate::Answered { after, answer } = fate else {
            return std::future::pending().await;
        };
        tokio::time::sleep(after).await;
        if self.conditions(region).silent {
            // What was on its way is lost.
            return std::future::pending().await;
        }
        visit.end(match answer {
            Ok(()) => Ending::Served,
            Err(CallError::Refused) => Ending::Refused,
            Err(_) => Ending::Failed,
        });
        answer.map(|()| region)
    }

    /// What happened, once everything is over.
    pub(super) fn into_trace(self) -> Trace {
        std::mem::take(&mut self.state().trace)
    }

    fn arrive(&self, region: usize, call: Call) -> (Visit, Fate) {
        let (now, conditions) = (self.now(), self.conditions(region));
        let model = &self.0.scenario.regions[region];
        let mut state = self.state();
        let state = &mut *state;
        let attempt = state.trace.attempts.len();
        state.trace.attempts.push(Attempt {
            operation: call.operation,
            region,
            began: now,
            ended: None,
        });
        let (of_process, attempts) = &mut state.of_process[call.operation];
        *attempts += 1;
        let numbers = [call.process as u64, *of_process, *attempts, region as u64];
        let mut random = luck(&[&[self.0.seed], &numbers[..]].concat());
        let latency = model
            .latency
            .sample(&mut random)
            .mul_f64(conditions.slowness);
        let rate = model.capacity * conditions.capacity;
        let fate = if conditions.refuses {
            Fate::Answered {
                after: REFUSAL,
                answer: Err(CallError::Refused),
            }
        } else if conditions.silent {
            Fate::Never
        } else {
            match state.queues[region].join(now, rate) {
                None => Fate::Answered {
                    after: latency,
                    answer: Err(CallError::Overloaded),
                },
                Some(wait) => Fate::Answered {
                    after: wait + latency,
                    answer: if random.f64() < conditions.fails {
                        Err(CallError::Failed)
                    } else {
                        Ok(())
                    },
                },
            }
        };
        let visit = Visit {
            world: self.clone(),
            attempt,
            ended: false,
        };
        (visit, fate)
    }

    fn conditions(&self, region: usize) -> Conditions {
        Conditions::at(&self.0.scenario.outages, region, self.now())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().expect("not poisoned")
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("scenario", &self.0.scenario.name)
            .field("seed", &self.0.seed)
            .finish_non_exhaustive()
    }
}

/// An attempt that is at a Region; dropping it is being given up.
struct Visit {
    world: World,
    attempt: usize,
    ended: bool,
}

impl Visit {
    fn end(mut self, ending: Ending) {
        self.note(ending);
    }

    fn note(&mut self, ending: Ending) {
        self.ended = true;
        let now = self.world.now();
        if let Some(attempt) = self.world.state().trace.attempts.get_mut(self.attempt) {
            attempt.ended = Some((now, ending));
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        if !self.ended {
            self.note(Ending::Dropped);
        }
    }
}
