use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use leeward_error_taxonomy::{Category, Classify, Facts, OperationName, Rejected, Stage, Verdict};
use leeward_resilience::Plain;
use tokio::time::Instant;
use tower::{Service, service_fn};

/// An error that is whatever a test says.
#[derive(Debug)]
pub(crate) struct Fault {
    stage: Stage,
    category: Category,
    verdict: Verdict,
    retry_after: Option<Duration>,
    retry_at: Option<SystemTime>,
    pub(crate) rejected: Option<Rejected>,
}

impl Fault {
    const fn new(stage: Stage, category: Category, verdict: Verdict) -> Self {
        Self {
            stage,
            category,
            verdict,
            retry_after: None,
            retry_at: None,
            rejected: None,
        }
    }

    pub(crate) const fn not_sent() -> Self {
        Self::new(Stage::NotSent, Category::Network, Verdict::Transient)
    }

    pub(crate) const fn lost() -> Self {
        Self::new(Stage::MaybeSent, Category::Network, Verdict::Transient)
    }

    pub(crate) const fn throttled() -> Self {
        Self::new(Stage::Answered, Category::RateLimit, Verdict::Throttled)
    }

    pub(crate) const fn invalid() -> Self {
        Self::new(Stage::Answered, Category::Validation, Verdict::Final)
    }

    pub(crate) const fn no_credentials() -> Self {
        Self::new(Stage::NotSent, Category::Authentication, Verdict::Final)
    }

    pub(crate) fn retry_after(self, retry_after: Duration) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..self
        }
    }

    pub(crate) fn retry_at(self, retry_at: SystemTime) -> Self {
        Self {
            retry_at: Some(retry_at),
            ..self
        }
    }

    /// Whether a circuit refused the call.
    pub(crate) const fn is_circuit_open(&self) -> bool {
        matches!(self.rejected, Some(Rejected::CircuitOpen { .. }))
    }
}

impl Classify for Fault {
    fn facts(&self) -> Facts<'_> {
        let mut facts = Facts::new(self.stage, self.category, self.verdict);
        facts.retry_after = self.retry_after;
        facts.retry_at = self.retry_at;
        facts.rejected = self.rejected.as_ref();
        facts
    }
}

impl From<Rejected> for Fault {
    fn from(rejected: Rejected) -> Self {
        let mut fault = Self::new(rejected.stage(), rejected.category(), rejected.verdict());
        fault.rejected = Some(rejected);
        fault
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// A request that may be sent again.
pub(crate) fn read() -> Plain<()> {
    Plain::new(())
        .named(OperationName::new("ledger", "Read"))
        .idempotent()
}

/// A request that must not be applied twice.
pub(crate) fn book() -> Plain<()> {
    Plain::new(()).named(OperationName::new("ledger", "Book"))
}

/// When each attempt reached a service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempts(Arc<Mutex<Vec<Instant>>>);

impl Attempts {
    pub(crate) fn count(&self) -> usize {
        self.0.lock().expect("not poisoned").len()
    }

    /// The pauses between them.
    pub(crate) fn pauses(&self) -> Vec<Duration> {
        let attempts = self.0.lock().expect("not poisoned");
        attempts.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    fn note(&self) {
        self.0.lock().expect("not poisoned").push(Instant::now());
    }
}

/// A service that meets these faults, one an attempt, and then succeeds with the number of attempts.
pub(crate) fn failing(
    faults: impl IntoIterator<Item = Fault>,
) -> (
    impl Service<Plain<()>, Response = usize, Error = Fault, Future: Send> + Clone,
    Attempts,
) {
    let attempts = Attempts::default();
    let noted = attempts.clone();
    let faults: Arc<Mutex<VecDeque<Fault>>> = Arc::new(Mutex::new(faults.into_iter().collect()));
    let service = service_fn(move |_: Plain<()>| {
        noted.note();
        let answer = match faults.lock().expect("not poisoned").pop_front() {
            Some(fault) => Err(fault),
            None => Ok(noted.count()),
        };
        async move { answer }
    });
    (service, attempts)
}

/// A service that never succeeds.
pub(crate) fn always_failing(
    fault: fn() -> Fault,
) -> (
    impl Service<Plain<()>, Response = usize, Error = Fault, Future: Send> + Clone,
    Attempts,
) {
    let attempts = Attempts::default();
    let noted = attempts.clone();
    let service = service_fn(move |_: Plain<()>| {
        noted.note();
        async move { Err(fault()) }
    });
    (service, attempts)
}

/// A service that takes every request and never answers.
pub(crate) fn silent() -> (
    impl Service<Plain<()>, Response = usize, Error = Fault, Future: Send> + Clone,
    Attempts,
) {
    let attempts = Attempts::default();
    let noted = attempts.clone();
    let service = service_fn(move |_: Plain<()>| {
        noted.note();
        std::future::pending()
    });
    (service, attempts)
}
