use super::{engine::Engine, session::Session};
use leeward_secret_cache::{DatabaseLogin, RotatingPool};
use sqlx::{ConnectOptions, Connection, pool::PoolOptions};
use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{runtime::Handle, task::JoinHandle, time::Instant};

const TASKS: u32 = 8;

/// How a task comes to a connection for its query; each logs in, since what is open sees nothing of a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// A new one, by `with_secret`.
    New,
    /// A new one of a pool that they share, which does not get it back.
    Pool,
    /// A new one with what the cache has, and nothing else is tried: what happens without `with_secret`.
    NewByGet,
}

/// Tasks that query all the time.
pub(super) struct Load {
    is_over: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<Tally>>,
}

/// What came of the queries.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) queries: u64,
    pub(super) failed: u64,
    pub(super) slowest: Duration,
    /// What the first was told that failed.
    pub(super) failure: Option<String>,
}

impl Load {
    pub(super) async fn begin<E: Engine>(
        way: Way,
        login: DatabaseLogin<E::Options>,
    ) -> Result<Self, Box<dyn Error>> {
        let source = Arc::new(Source::<E>::open(way, login).await?);
        let is_over = Arc::new(AtomicBool::new(false));
        let task = |_| Handle::current().spawn(work(source.clone(), is_over.clone()));
        let tasks = (0..TASKS).map(task).collect();
        Ok(Self { is_over, tasks })
    }

    /// Lets every task end its last query.
    pub(super) async fn end(mut self) -> Result<Tally, Box<dyn Error>> {
        self.is_over.store(true, Ordering::Relaxed);
        let mut all = Tally::default();
        for task in self.tasks.drain(..) {
            let tally = task.await?;
            all.queries += tally.queries;
            all.failed += tally.failed;
            all.slowest = all.slowest.max(tally.slowest);
            all.failure = all.failure.or(tally.failure);
        }
        Ok(all)
    }
}

/// Who is not waited for ends with its load.
impl Drop for Load {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn work<E: Engine>(source: Arc<Source<E>>, is_over: Arc<AtomicBool>) -> Tally {
    let mut tally = Tally::default();
    while !is_over.load(Ordering::Relaxed) {
        let start = Instant::now();
        let outcome = source.query().await;
        tally.queries += 1;
        tally.slowest = tally.slowest.max(start.elapsed());
        if let Err(error) = outcome {
            tally.failed += 1;
            tally
                .failure
                .get_or_insert_with(|| crate::error::told(&*error));
        }
    }
    tally
}

enum Source<E: Engine> {
    New(DatabaseLogin<E::Options>),
    Pool(RotatingPool<E::Options>),
    NewByGet(DatabaseLogin<E::Options>),
}

impl<E: Engine> Source<E> {
    async fn open(way: Way, login: DatabaseLogin<E::Options>) -> Result<Self, Box<dyn Error>> {
        Ok(match way {
            Way::New => Self::New(login),
            Way::Pool => {
                let options = PoolOptions::new().max_connections(TASKS);
                Self::Pool(login.pool(options).await?)
            }
            Way::NewByGet => Self::NewByGet(login),
        })
    }

    async fn query(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        let mut connection = match self {
            Self::New(login) => login.connect().await?,
            Self::Pool(pool) => {
                let mut connection = pool.acquire().await?;
                connection.ask_for_orders().await?;
                return Ok(connection.close().await?);
            }
            Self::NewByGet(login) => {
                let secret = login.secret().get().await?;
                login.options(&secret)?.connect().await?
            }
        };
        connection.ask_for_orders().await?;
        Ok(connection.close().await?)
    }
}
