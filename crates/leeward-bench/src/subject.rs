use crate::{
    Read, read, stopwatch,
    threads::{self, Apart},
};
use std::{
    error::Error, fmt, future::poll_fn, hint::black_box, io, num::NonZeroUsize, time::Duration,
};
use tokio::runtime::{Builder, Runtime};
use tower::Service;

/// What went wrong in a subject.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// One thing to measure: does so many operations, and says how long they took.
///
/// On one thread the time is that of the processor, so that other programs do not count; what waits for anything measures
/// itself, by [`Subject::new`].
pub struct Subject(Box<Run>);

type Run = dyn FnMut(u64) -> Result<Duration, BoxError>;

impl Subject {
    /// A subject that measures itself.
    pub fn new(run: impl FnMut(u64) -> Result<Duration, BoxError> + 'static) -> Self {
        Self(Box::new(run))
    }

    /// Repeats what needs no runtime.
    pub fn repeat<T, E>(mut operation: impl FnMut() -> Result<T, E> + 'static) -> Self
    where
        E: Into<BoxError>,
    {
        Self::new(move |operations| {
            let (done, took) = stopwatch::processor_time(|| {
                for _ in 0..operations {
                    black_box(operation()?);
                }
                Ok::<_, E>(())
            });
            done.map_err(Into::into).map(|()| took)
        })
    }

    /// Repeats what has to be awaited, one after the other in one task.
    ///
    /// # Errors
    ///
    /// What the system gave as the reason why there is no runtime.
    pub fn awaited<T, E>(
        mut operation: impl AsyncFnMut() -> Result<T, E> + 'static,
    ) -> io::Result<Self>
    where
        E: Into<BoxError>,
    {
        let runtime = runtime()?;
        Ok(Self::new(move |operations| {
            let repeated = async {
                for _ in 0..operations {
                    black_box(operation().await?);
                }
                Ok::<_, E>(())
            };
            let (done, took) = stopwatch::processor_time(|| block_on(&runtime, repeated));
            done.map_err(Into::into).map(|()| took)
        }))
    }

    /// Shares what needs no runtime out among so many threads, each with a clone of it.
    ///
    /// By the time on the wall: an operation takes as long as all of them together did, over their number. One thread is the
    /// caller's own, by the time of the processor, as in [`Subject::repeat`].
    pub fn repeat_by<T, E>(
        threads: NonZeroUsize,
        operation: impl FnMut() -> Result<T, E> + Clone + Send + 'static,
    ) -> Self
    where
        E: Into<BoxError>,
    {
        if threads == NonZeroUsize::MIN {
            return Self::repeat(operation);
        }
        let mut sides = vec![Apart(operation); threads.get()];
        Self::new(move |operations| {
            threads::time(&mut sides, |Apart(operation)| {
                for _ in 0..share(operations, threads) {
                    black_box(operation().map_err(Into::into)?);
                }
                Ok(())
            })
        })
    }

    /// The same with what has to be awaited, one after the other in one task on each thread; one is as in [`Subject::awaited`].
    ///
    /// # Errors
    ///
    /// What the system gave as the reason why there is no runtime.
    pub fn awaited_by<T, E>(
        threads: NonZeroUsize,
        operation: impl AsyncFnMut() -> Result<T, E> + Clone + Send + 'static,
    ) -> io::Result<Self>
    where
        E: Into<BoxError>,
    {
        if threads == NonZeroUsize::MIN {
            return Self::awaited(operation);
        }
        let sides = (0..threads.get()).map(|_| Ok(Apart((runtime()?, operation.clone()))));
        let mut sides: Vec<_> = sides.collect::<io::Result<_>>()?;
        Ok(Self::new(move |operations| {
            threads::time(&mut sides, |Apart((runtime, operation))| {
                let repeated = async {
                    for _ in 0..share(operations, threads) {
                        black_box(operation().await.map_err(Into::into)?);
                    }
                    Ok(())
                };
                block_on(runtime, repeated)
            })
        }))
    }

    /// Calls a service, one call after the other in one task.
    ///
    /// # Errors
    ///
    /// What the system gave as the reason why there is no runtime.
    pub fn calls<S>(mut service: S) -> io::Result<Self>
    where
        S: Service<Read, Error: Into<BoxError>> + 'static,
    {
        let runtime = runtime()?;
        Ok(Self::new(move |operations| {
            let called = call_repeatedly(&mut service, operations);
            let (done, took) = stopwatch::processor_time(|| block_on(&runtime, called));
            done.map_err(Into::into).map(|()| took)
        }))
    }

    /// Calls clones of a service at the same time, each from a thread of its own.
    ///
    /// An operation is one call on each thread: it takes as long as a call does, waiting included.
    ///
    /// # Errors
    ///
    /// What the system gave as the reason why there is no runtime.
    pub fn calls_from<S>(threads: NonZeroUsize, service: S) -> io::Result<Self>
    where
        S: Service<Read, Error: Into<BoxError>> + Clone + Send + 'static,
    {
        let sides = (0..threads.get()).map(|_| Ok(Apart((runtime()?, service.clone()))));
        let mut sides: Vec<_> = sides.collect::<io::Result<_>>()?;
        Ok(Self::new(move |operations| {
            threads::time(&mut sides, |Apart((runtime, service))| {
                let called = call_repeatedly(service, operations);
                block_on(runtime, called).map_err(Into::into)
            })
        }))
    }

    /// The same by the time on the wall, waiting included: for what spreads over threads, and what it is compared with.
    #[must_use]
    pub fn by_the_wall(mut self) -> Self {
        Self::new(move |operations| {
            let (done, took) = stopwatch::time(|| self.run(operations));
            done.map(|_| took)
        })
    }

    pub(crate) fn run(&mut self, operations: u64) -> Result<Duration, BoxError> {
        (self.0)(operations)
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subject")
    }
}

async fn call_repeatedly<S: Service<Read>>(service: &mut S, calls: u64) -> Result<(), S::Error> {
    for account in 0..calls {
        poll_fn(|cx| service.poll_ready(cx)).await?;
        black_box(service.call(black_box(read(account))).await?);
    }
    Ok(())
}

/// What each thread does of so many operations.
fn share(operations: u64, threads: NonZeroUsize) -> u64 {
    operations.div_ceil(threads.get() as u64)
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_time().build()
}

/// Drives `work` on this thread.
///
/// Without tokio's cooperative budget: a loop that never waits would be made to yield every 128 calls, which no handler of
/// single calls ever is.
fn block_on<F: Future>(runtime: &Runtime, work: F) -> F::Output {
    runtime.block_on(tokio::task::unconstrained(work))
}
