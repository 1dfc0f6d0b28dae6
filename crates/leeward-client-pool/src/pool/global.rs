use super::{Pool, PoolBuilder, PoolError};
use std::sync::{LazyLock, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// The pool of the process, and the right to build it.
static GLOBAL: LazyLock<(Mutex<Option<Pool>>, Semaphore)> =
    LazyLock::new(|| (Mutex::new(None), Semaphore::new(1)));

impl Pool {
    /// The pool of the process: built when it is first asked for, by the environment, and given to all who ask.
    ///
    /// Made for handlers such as those of AWS Lambda, which are called again and again and have no place of their own to keep
    /// anything. It lives on the runtime that first asks. Another runtime is given the same pool while that one runs; when it
    /// has ended, a new pool is built on the runtime that asks next. A `current_thread` runtime runs only while something blocks
    /// on it: one that is kept and left standing holds up the connections of all others, so let the process have one runtime.
    ///
    /// # Errors
    ///
    /// Those of [`PoolBuilder::build`]; nothing is kept of a failure.
    pub async fn global() -> Result<Self, PoolError> {
        Self::global_by(Self::builder).await
    }

    /// As [`global`](Self::global), built by `builder` if there is none yet.
    ///
    /// # Errors
    ///
    /// Those of [`PoolBuilder::build`].
    pub async fn global_by(
        builder: impl FnOnce() -> PoolBuilder + Send,
    ) -> Result<Self, PoolError> {
        if let Some(pool) = kept() {
            return Ok(pool);
        }
        // One builds, the others wait; dropped while it builds, the right goes to the next. It is never closed.
        let _right = GLOBAL.1.acquire().await;
        if let Some(pool) = kept() {
            return Ok(pool);
        }
        let pool = builder().build().await?;
        *slot() = Some(pool.clone());
        Ok(pool)
    }

    /// Forgets the pool of the process and gives it back, to be shut down: for tests, and for the end of a program.
    #[expect(clippy::must_use_candidate, reason = "a test calls it to clear")]
    pub fn take_global() -> Option<Self> {
        slot().take()
    }
}

/// The pool, if it can still be used.
fn kept() -> Option<Pool> {
    slot().clone().filter(|pool| pool.inner.tasks.is_alive())
}

fn slot() -> std::sync::MutexGuard<'static, Option<Pool>> {
    GLOBAL.0.lock().unwrap_or_else(PoisonError::into_inner)
}
