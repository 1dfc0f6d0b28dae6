use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll},
};

use leeward_error_taxonomy::OperationName;
use leeward_resilience::Plain;
use tokio::sync::oneshot;
use tower_service::Service;

use super::{Failing, ScriptedError};

/// What the suite sends.
pub type ScriptedRequest = Plain<()>;

type Answer = Result<(), Failing>;

/// A service that does as its [`Script`] says and notes how it is used.
///
/// An instance is ready only at the second asking, and for one call only; a clone is a new instance.
#[derive(Debug)]
pub struct Scripted {
    script: Script,
    readiness: Readiness,
}

#[derive(Debug)]
enum Readiness {
    Cold,
    Asked,
    Ready,
}

/// Says what a [`Scripted`] service answers, and knows what was asked of it; cloning shares the script.
#[derive(Clone, Debug, Default)]
pub struct Script {
    play: Arc<Mutex<Play>>,
}

#[derive(Debug, Default)]
struct Play {
    holding: bool,
    answer: Option<Failing>,
    calls: u64,
    unready_calls: u64,
    in_flight: u64,
    held: VecDeque<oneshot::Sender<Answer>>,
}

impl Script {
    /// A script under which every call succeeds at once, and the service that plays it.
    #[must_use]
    pub fn new() -> (Scripted, Self) {
        let script = Self::default();
        let service = Scripted {
            script: script.clone(),
            readiness: Readiness::Cold,
        };
        (service, script)
    }

    /// A request that may be sent again.
    #[must_use]
    pub fn request() -> ScriptedRequest {
        Plain::new(())
            .named(OperationName::new("script", "Play"))
            .idempotent()
    }

    /// From now on calls succeed at once.
    pub fn succeed(&self) {
        let mut play = self.play();
        (play.holding, play.answer) = (false, None);
    }

    /// From now on calls fail at once.
    pub fn fail(&self, failing: Failing) {
        let mut play = self.play();
        (play.holding, play.answer) = (false, Some(failing));
    }

    /// From now on calls stay without answer until they are released.
    pub fn hold(&self) {
        self.play().holding = true;
    }

    /// Answers the call that has been held longest and is still waited for, if there is one.
    pub fn release(&self, answer: Result<(), Failing>) {
        loop {
            let held = self.play().held.pop_front();
            match held.map(|held| held.send(answer)) {
                // Its caller has gone.
                Some(Err(_)) => {}
                Some(Ok(())) | None => return,
            }
        }
    }

    /// How many calls reached the service.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.play().calls
    }

    /// How many of them reached an instance that was not ready.
    #[must_use]
    pub fn unready_calls(&self) -> u64 {
        self.play().unready_calls
    }

    /// How many calls are waited for.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.play().in_flight
    }

    fn play(&self) -> MutexGuard<'_, Play> {
        self.play.lock().expect("not poisoned")
    }
}

impl Clone for Scripted {
    fn clone(&self) -> Self {
        Self {
            script: self.script.clone(),
            readiness: Readiness::Cold,
        }
    }
}

impl<Request> Service<Request> for Scripted {
    type Response = u64;
    type Error = ScriptedError;
    type Future = Pin<Box<dyn Future<Output = Result<u64, ScriptedError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ScriptedError>> {
        match self.readiness {
            Readiness::Cold => {
                self.readiness = Readiness::Asked;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Readiness::Asked | Readiness::Ready => {
                self.readiness = Readiness::Ready;
                Poll::Ready(Ok(()))
            }
        }
    }

    fn call(&mut self, _: Request) -> Self::Future {
        let was_ready = matches!(self.readiness, Readiness::Ready);
        self.readiness = Readiness::Cold;
        let mut play = self.script.play();
        play.calls += 1;
        play.unready_calls += u64::from(!was_ready);
        play.in_flight += 1;
        let call = play.calls;
        let at_once = play.answer.map_or(Ok(()), Err);
        let held = play.holding.then(|| {
            let (sender, receiver) = oneshot::channel();
            play.held.push_back(sender);
            receiver
        });
        drop(play);
        let waited_for = WaitedFor(self.script.clone());
        Box::pin(async move {
            let _waited_for = waited_for;
            let answer = match held {
                // A script that ends without releasing the call leaves it silent.
                Some(held) => match held.await {
                    Ok(answer) => answer,
                    Err(_) => std::future::pending().await,
                },
                None => at_once,
            };
            match answer {
                Ok(()) => Ok(call),
                Err(failing) => Err(ScriptedError::Failed { call, failing }),
            }
        })
    }
}

/// Counts a call as in flight for as long as its future lives.
struct WaitedFor(Script);

impl Drop for WaitedFor {
    fn drop(&mut self) {
        self.0.play().in_flight -= 1;
    }
}
