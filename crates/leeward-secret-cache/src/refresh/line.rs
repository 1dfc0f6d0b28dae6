use std::{pin::pin, sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit},
    time::timeout,
};

/// Who calls Secrets Manager, who waits for a turn, and for whom there is no room to wait.
///
/// Anybody may ask for a name that nobody has: such calls do not stand before those for the secrets that are in use, and no more of
/// them wait than there is room for.
#[derive(Debug)]
pub(crate) struct Line {
    calls: Semaphore,
    /// As many, so that no more of what is new stands before others than is called for at once.
    new: Semaphore,
    room: Arc<Semaphore>,
    len: usize,
}

/// A place in the line, of something of which nothing is there.
pub(super) type Place = OwnedSemaphorePermit;

/// Whose turn it is to call.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    _call: Option<SemaphorePermit<'a>>,
    _new: Option<SemaphorePermit<'a>>,
}

/// How long a call is one of those at once at most. What is not answered by then goes on and stands in nobody's way: a secret, or a
/// Region, that is silent keeps the others waiting for this long, and not for as long as it is waited for.
const LONGEST: Duration = Duration::from_secs(1);

impl Turn<'_> {
    /// Makes a call.
    pub(crate) async fn call<T>(self, call: impl Future<Output = T>) -> T {
        let mut call = pin!(call);
        if let Ok(answer) = timeout(LONGEST, &mut call).await {
            return answer;
        }
        drop(self);
        call.await
    }
}

/// How many wait at least.
const MIN_LEN: usize = 1_000;

impl Line {
    /// Lets so many call at once, and as many wait that are new as are kept.
    pub(crate) fn new(max_calls: usize, capacity: usize) -> Self {
        let max_calls = max_calls.min(Semaphore::MAX_PERMITS);
        let len = capacity.clamp(MIN_LEN, Semaphore::MAX_PERMITS);
        Self {
            calls: Semaphore::new(max_calls),
            new: Semaphore::new(max_calls),
            room: Arc::new(Semaphore::new(len)),
            len,
        }
    }

    /// How many that are new may wait.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// A place for something new, unless too many wait.
    pub(super) fn enter(&self) -> Option<Place> {
        self.room.clone().try_acquire_owned().ok()
    }

    /// Waits for a turn.
    pub(crate) async fn turn(&self) -> Turn<'_> {
        // None of them is ever closed.
        Turn {
            _call: self.calls.acquire().await.ok(),
            _new: None,
        }
    }

    /// Waits for a turn of something that is new.
    pub(crate) async fn turn_of_new(&self) -> Turn<'_> {
        let new = self.new.acquire().await.ok();
        Turn {
            _new: new,
            ..self.turn().await
        }
    }
}
