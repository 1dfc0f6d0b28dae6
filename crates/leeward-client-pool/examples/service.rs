//! A service as ECS runs it: set up by its environment alone, and told by SIGTERM to end what it has begun.
//!
//! Without an ECS this program plays it: it emulates AWS and the endpoint where a task finds its credentials, runs itself once
//! more as the service, and stops that. There is nothing to set up.

use aws_sdk_kms::Client;
use leeward_client_pool::Pool;
use leeward_error_taxonomy::{AwsError, Region};
use leeward_testkit::{ACCESS_KEY_ID, Aws, Fault, SECRET_ACCESS_KEY, Scope};
use std::{error::Error, io, process::Command, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    runtime::Runtime,
    task::{JoinError, JoinSet},
    time::{interval, sleep, timeout},
};

/// ECS sets it, or its sister for a relative path, where the task has a role.
const CREDENTIALS: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
/// Less than the 30 s after which ECS kills what has not ended; its `stopTimeout` can be longer.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(20);

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = Runtime::new()?;
    match std::env::var_os(CREDENTIALS) {
        Some(_) => runtime.block_on(serve()),
        None => play_ecs(&runtime),
    }
}

async fn serve() -> Result<(), Box<dyn Error>> {
    // Region, credentials and the numbers are those of the environment.
    let pool = Pool::builder().build().await?;
    // Tells at the start, rather than to the first caller, that nothing can be called.
    pool.client::<Client>().await?.list_keys().send().await?;

    let mut told_to_stop = std::pin::pin!(told_to_stop());
    let mut arrivals = interval(Duration::from_millis(2));
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            told = &mut told_to_stop => break told?,
            _ = arrivals.tick() => { tasks.spawn(answer(pool.clone())); }
            Some(ended) = tasks.join_next() => tell(ended),
        }
    }
    // No more is taken on; what was begun is ended while the pool still serves it.
    println!("told to stop, with {} requests under way", tasks.len());
    let drained = timeout(DRAIN_TIMEOUT, async {
        while let Some(ended) = tasks.join_next().await {
            tell(ended);
        }
    });
    if drained.await.is_err() {
        eprintln!("{} requests did not end in time", tasks.len());
    }

    let stats = pool.stats();
    println!(
        "{} attempts, {} answered well, over {} connections; {} client made; credentials loaded {} time",
        stats.http.attempts,
        stats.http.successes,
        stats.connections.opened,
        stats.clients.builds,
        stats.credentials.loads
    );
    pool.shutdown().await;
    Ok(())
}

/// What the service is there for.
async fn answer(pool: Pool) -> Result<(), AwsError> {
    let kms: Client = pool.client().await?;
    kms.list_keys().send().await?;
    Ok(())
}

/// A request that failed is told to whoever sent it and to the log, and ends nothing but itself.
fn tell(ended: Result<Result<(), AwsError>, JoinError>) {
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => eprintln!("a request failed: {error}"),
        Err(gone) => eprintln!("a request has panicked: {gone}"),
    }
}

/// Waits for SIGTERM, by which ECS and Kubernetes end a task; on systems without signals, for Ctrl-C.
async fn told_to_stop() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate())?.recv().await;
        Ok(())
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

fn play_ecs(runtime: &Runtime) -> Result<(), Box<dyn Error>> {
    let region = Region::from_static("us-east-1");
    let aws = runtime.block_on(Aws::start(std::slice::from_ref(&region)))?;
    let agent = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let credentials = format!("http://{}/role", agent.local_addr()?);
    let agent = runtime.spawn(async move { while lend(&agent).await.is_ok() {} });

    let mut task = Command::new(std::env::current_exe()?)
        .env("LEEWARD_PROFILE", "staging")
        .env("AWS_REGION", region.as_str())
        .env("AWS_ENDPOINT_URL", aws.endpoint(&region))
        .env("NO_PROXY", "127.0.0.1")
        .env(CREDENTIALS, credentials)
        .envs(["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"].map(|name| (name, "/none")))
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_PROFILE")
        .spawn()?;
    let tally = || aws.counts().tally("kms", "ListKeys");
    let mut wait_for = |calls: u64| -> io::Result<()> {
        while tally().ok < calls && task.try_wait()?.is_none() {
            runtime.block_on(async { sleep(Duration::from_millis(10)).await });
        }
        Ok(())
    };
    wait_for(100)?;
    // Requests that fail do not end it.
    let denied = Fault::access_denied().with_rate(0.1);
    let denied = aws.faults().inject(Scope::any().service("kms"), denied);
    wait_for(200)?;
    denied.clear();
    stop(&mut task)?;
    let status = task.wait()?;
    agent.abort();
    if !status.success() {
        return Err(format!("the service ended with {status}").into());
    }
    println!("it went on over {} requests that failed", tally().faulted);
    Ok(())
}

fn stop(task: &mut std::process::Child) -> io::Result<()> {
    if cfg!(unix) {
        let kill = format!("kill -TERM {}", task.id());
        Command::new("sh").args(["-c", &kill]).status().map(drop)
    } else {
        task.kill()
    }
}

/// Answers one request for credentials, as the agent of ECS does.
async fn lend(agent: &TcpListener) -> io::Result<()> {
    let (mut stream, _) = agent.accept().await?;
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await?);
    }
    let keys = format!(
        r#"{{"AccessKeyId":"{ACCESS_KEY_ID}","SecretAccessKey":"{SECRET_ACCESS_KEY}","Token":"of-the-task","Expiration":"2099-01-01T00:00:00Z"}}"#
    );
    let length = keys.len();
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{keys}"
    );
    stream.write_all(answer.as_bytes()).await
}
