use std::{
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll},
    time::Duration,
};

use fastrand::Rng;
use leeward_error_taxonomy::Rejected;
use leeward_resilience::Plain;
use tokio::time::{sleep, timeout};
use tower_service::Service;

use super::{
    CallError, Policy,
    consecutive::Consecutive,
    site::Calling,
    world::{Call, World},
};

/// How long the policies with other Regions wait for one.
const ATTEMPT: Duration = Duration::from_secs(1);

/// The quota of an SDK's retries: how much there is, and what a retry costs; a success without one brings a unit back.
const QUOTA: u32 = 500;
const RETRY_COST: u32 = 5;
const SDK_ATTEMPTS: u32 = 3;

/// What services do that have no stack for it; none of it asks whether a request may be sent again.
#[derive(Clone, Debug)]
pub(super) struct Naive {
    process: Arc<Process>,
}

#[derive(Debug)]
struct Process {
    world: World,
    number: usize,
    policy: Policy,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    random: Rng,
    quota: u32,
    breakers: Vec<Consecutive>,
}

impl Naive {
    pub(super) fn new(policy: Policy, world: World, number: usize, random: Rng) -> Self {
        let breakers = vec![Consecutive::default(); world.scenario().regions.len()];
        Self {
            process: Arc::new(Process {
                world,
                number,
                policy,
                state: Mutex::new(State {
                    random,
                    quota: QUOTA,
                    breakers,
                }),
            }),
        }
    }
}

impl Service<Plain<Call>> for Naive {
    type Response = usize;
    type Error = CallError;
    type Future = Calling;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), CallError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Plain<Call>) -> Calling {
        let (process, call) = (Arc::clone(&self.process), request.into_inner());
        Box::pin(async move {
            let deadline = process.world.scenario().traffic.deadline;
            let answer = timeout(deadline, process.answer(call)).await;
            answer.unwrap_or_else(|_| {
                let silence = Rejected::AttemptTimedOut { timeout: deadline };
                Err(silence.into())
            })
        })
    }
}

impl Process {
    async fn answer(&self, call: Call) -> Result<usize, CallError> {
        match self.policy {
            Policy::Sdk => self.retry(call).await,
            Policy::NextRegion | Policy::Consecutive => self.go_round(call).await,
            _ => self.world.attempt(0, call).await,
        }
    }

    /// The standard mode of the SDKs: full jitter over one second, doubled each time, within the quota.
    async fn retry(&self, call: Call) -> Result<usize, CallError> {
        let mut paid = 0;
        for attempt in 1.. {
            let error = match self.world.attempt(0, call).await {
                Ok(served_by) => {
                    let mut state = self.state();
                    state.quota = (state.quota + paid.max(1)).min(QUOTA);
                    return Ok(served_by);
                }
                Err(error) => error,
            };
            let pause = {
                let mut state = self.state();
                if attempt == SDK_ATTEMPTS || state.quota < RETRY_COST {
                    return Err(error);
                }
                state.quota -= RETRY_COST;
                state.random.f64() * f64::from(1 << (attempt - 1))
            };
            paid = RETRY_COST;
            sleep(Duration::from_secs_f64(pause)).await;
        }
        unreachable!("the last attempt returns")
    }

    /// Each Region in order, until one answers.
    async fn go_round(&self, call: Call) -> Result<usize, CallError> {
        let mut last = CallError::Rejected(Rejected::Exhausted { tried: Vec::new() });
        for region in 0..self.world.scenario().regions.len() {
            if !self.admits(region) {
                continue;
            }
            let answer = timeout(ATTEMPT, self.world.attempt(region, call)).await;
            let answer = answer.unwrap_or_else(|_| {
                let silence = Rejected::AttemptTimedOut { timeout: ATTEMPT };
                Err(silence.into())
            });
            self.learn(region, answer.is_ok());
            match answer {
                Ok(served_by) => return Ok(served_by),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn admits(&self, region: usize) -> bool {
        let now = self.world.now();
        self.policy != Policy::Consecutive || self.state().breakers[region].admits(now)
    }

    fn learn(&self, region: usize, succeeded: bool) {
        let now = self.world.now();
        if self.policy == Policy::Consecutive
            && let Some(to) = self.state().breakers[region].record(succeeded, now)
        {
            self.world.changed(self.number, region, to);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("not poisoned")
    }
}
