//! Serves the health of a router over HTTP and prints what changes, while the first of two Regions in memory falls silent for
//! six seconds. Ask it meanwhile: `curl -i http://127.0.0.1:<port>/healthz`.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use leeward_error_taxonomy::{OperationName, Region, Rejected};
use leeward_region_router::{HealthCheck, RegionRouter};
use leeward_resilience::Plain;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Handle,
    time::{Instant, sleep, timeout},
};
use tower::{ServiceExt, service_fn, util::BoxCloneSyncService};

type Account = Plain<&'static str>;
type Ledger = BoxCloneSyncService<Account, Region, Rejected>;
type Router = RegionRouter<Ledger>;

const READ: OperationName = OperationName::new("ledger", "Read");
const PING: OperationName = OperationName::new("ledger", "Ping");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let silent = Arc::new(AtomicBool::new(false));
    let regions = ["us-east-1", "eu-west-1"].map(Region::from_static);
    // Cheap and free of effects, as a check should be.
    let ping = HealthCheck::sending(Plain::new("nobody").named(PING).idempotent());
    let router = RegionRouter::builder(regions)
        .with_health_check(ping)
        .build(service_fn({
            let silent = Arc::clone(&silent);
            move |region: Region| {
                let silent = Arc::clone(&silent);
                let read = move |_: Account| answer(region.clone(), Arc::clone(&silent));
                async { Ok::<_, Rejected>(Ledger::new(service_fn(read))) }
            }
        }))?;

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("curl -i http://{}/healthz", listener.local_addr()?);
    let server = Handle::current().spawn(serve(listener, router.clone()));
    let printer = Handle::current().spawn(print_changes(router.clone()));

    for call in 0..400 {
        silent.store((40..160).contains(&call), Ordering::Relaxed);
        let account = Plain::new("42").named(READ).idempotent();
        router.clone().oneshot(account).await?;
        sleep(Duration::from_millis(50)).await;
    }
    println!("{}", router.health_json());
    router.shutdown().await;
    server.abort();
    printer.abort();
    Ok(())
}

/// Answers in the name of `region`; while it is `silent`, the first Region does not answer at all.
async fn answer(region: Region, silent: Arc<AtomicBool>) -> Result<Region, Rejected> {
    sleep(Duration::from_millis(5)).await;
    if region.as_str() == "us-east-1" && silent.load(Ordering::Relaxed) {
        pending::<()>().await;
    }
    Ok(region)
}

async fn print_changes(router: Router) {
    let start = Instant::now();
    let mut watch = router.watch();
    while let Some(view) = watch.changed().await {
        let first_choice = view.first_choice.as_ref().map_or("nowhere", Region::as_str);
        let elapsed = start.elapsed();
        println!(
            "{elapsed:>6.1?}  {}, calls go to {first_choice} first",
            view.health
        );
        for region in &view.regions {
            let check = region.check.map_or("none yet", |check| check.as_str());
            println!(
                "         {}: {}, last check: {check}",
                region.region, region.state
            );
        }
    }
}

async fn serve(listener: TcpListener, router: Router) {
    loop {
        let Ok((mut caller, _)) = listener.accept().await else {
            // No file descriptor is left, say; there may be one soon.
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        let router = router.clone();
        Handle::current().spawn(async move {
            let answered = timeout(Duration::from_secs(2), answer_http(&mut caller, &router)).await;
            if !matches!(answered, Ok(Ok(()))) {
                println!("a caller went away, or took too long to ask");
            }
        });
    }
}

async fn answer_http(caller: &mut TcpStream, router: &Router) -> std::io::Result<()> {
    // Enough for the head of any request that is meant for it.
    let mut head = [0; 4096];
    let mut read = 0;
    while !head[..read].ends_with(b"\r\n\r\n") && read < head.len() {
        match caller.read(&mut head[read..]).await? {
            0 => break,
            more => read += more,
        }
    }
    let (status, body) = if head.starts_with(b"GET /healthz ") {
        let status = router.status();
        let line = if status.is_healthy() {
            "200 OK"
        } else {
            "503 Service Unavailable"
        };
        (line, status.health_json())
    } else {
        (
            "404 Not Found",
            r#"{"error":"ask for /healthz"}"#.to_owned(),
        )
    };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    caller.write_all(answer.as_bytes()).await?;
    caller.shutdown().await
}
