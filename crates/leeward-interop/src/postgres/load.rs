use leeward_secret_cache::{Secret, SecretCache, SecretHandle};
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{runtime::Handle, task::JoinHandle, time::Instant};

/// What all connections of a load say that they are, and those of rotation functions do not.
pub(super) const APPLICATION: &str = "load";
const TASKS: usize = 8;

/// How a task comes to a connection for its query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// A new one for each, by `with_secret`.
    New,
    /// A new one for each with what the cache has, and nothing else is tried: what happens without `with_secret`.
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
    pub(super) fn begin(
        way: Way,
        cache: &SecretCache,
        secret: &str,
        options: &PgConnectOptions,
    ) -> Self {
        let source = Source {
            secret: cache.handle(secret),
            way,
            options: options.clone().application_name(APPLICATION),
        };
        let is_over = Arc::new(AtomicBool::new(false));
        let task = |_| Handle::current().spawn(work(source.clone(), is_over.clone()));
        let tasks = (0..TASKS).map(task).collect();
        Self { is_over, tasks }
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

#[derive(Clone)]
struct Source {
    secret: SecretHandle,
    way: Way,
    /// But for what the secret says.
    options: PgConnectOptions,
}

async fn work(source: Source, is_over: Arc<AtomicBool>) -> Tally {
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

impl Source {
    async fn query(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        let query = |secret| self.query_with(secret);
        match self.way {
            Way::New => Ok(self.secret.with_secret(query, is_auth_error).await?),
            Way::NewByGet => Ok(query(self.secret.get().await?).await?),
        }
    }

    async fn query_with(&self, secret: Arc<Secret>) -> Result<(), sqlx::Error> {
        let field = |name| {
            secret
                .key(name)
                .map_err(|error| sqlx::Error::Configuration(error.into()))
        };
        let options = self.options.clone().username(field("username")?);
        let options = options.password(field("password")?);
        let mut connection = PgConnection::connect_with(&options).await?;
        ask(&mut connection).await?;
        connection.close().await
    }
}

/// Whether the server refused the password (SQLSTATE 28P01).
fn is_auth_error(error: &sqlx::Error) -> bool {
    let answered = error.as_database_error();
    answered.is_some_and(|error| error.code().as_deref() == Some("28P01"))
}

/// Asks for what only they may read who logged in as they should.
pub(super) async fn ask(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let count = sqlx::query_scalar("SELECT count(*) FROM orders");
    let count: i64 = count.fetch_one(connection).await?;
    match count {
        100 => Ok(()),
        other => Err(sqlx::Error::Protocol(format!(
            "{other} orders instead of 100"
        ))),
    }
}
