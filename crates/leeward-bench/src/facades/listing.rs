//! A list of a thousand pages, as a stream and collected: what either takes in memory, in a process of its own.

use super::store::{BUCKET, KEYS_OF_A_PAGE, Store, prefix};
use crate::{
    Area, Bar, BoxError, Figure, Plan, Tally, resident, stopwatch,
    world::{HOME, credentials},
};
use aws_sdk_s3::Client;
use leeward_client_pool::{Environment, Pool};
use leeward_s3::{BucketName, S3};
use tokio::runtime::{Builder, Runtime};

const NAME: &str = "1,000 pages of 1,000 keys listed";
const MEBIBYTE: f64 = (1 << 20) as f64;

const PAGES: u32 = 1_000;
/// What is there once: the connection, the tables of the SDK, the room that an allocator keeps for pages.
const WARM_UP: u32 = 10;

const STREAMED: &str = "stream";
const COLLECTED: &str = "collect";

pub(super) fn tally(plan: &Plan) -> Tally {
    let plan = plan.clone();
    Tally::new(Area::Facades, NAME, move || {
        let pages = match plan.is_whole() {
            true => PAGES,
            false => WARM_UP,
        };
        let store = Store::open(1)?;
        let endpoint = store.endpoint();
        let weigh = |how: &str| {
            let arguments = ["--memory-of-listing", how, &endpoint, &pages.to_string()];
            resident::weighed_by(&plan.program, &arguments)
        };
        let mut figures = Vec::new();
        // Nothing where the system does not tell a process its weight.
        if let [keys, millis, grown] = weigh(STREAMED)?[..] {
            figures.extend(of_stream(pages, keys, millis, grown));
        }
        if let [_, _, grown] = weigh(COLLECTED)?[..] {
            figures.push(Figure {
                subject: "leeward, list() collected, grown".into(),
                value: grown as f64 / MEBIBYTE,
                unit: "MiB",
                bar: None,
            });
        }
        Ok(figures)
    })
}

fn of_stream(pages: u32, keys: u64, millis: u64, grown: u64) -> [Figure; 3] {
    let all = f64::from(pages) * f64::from(KEYS_OF_A_PAGE);
    let figure = |subject: &'static str, value, unit, bar| Figure {
        subject: subject.into(),
        value,
        unit,
        bar,
    };
    [
        figure(
            "leeward, list() streamed, keys",
            keys as f64,
            "keys",
            Some(Bar::AtLeast(all)),
        ),
        figure(
            "leeward, list() streamed, keys a second",
            keys as f64 * 1_000.0 / millis.max(1) as f64,
            "keys/s",
            None,
        ),
        figure(
            "leeward, list() streamed, grown since page 10",
            grown as f64 / MEBIBYTE,
            "MiB",
            Some(Bar::AtMost(2.0)),
        ),
    ]
}

/// Lists in this process, and prints how many keys there were, how many milliseconds it took, and by how many bytes it has grown at
/// the most.
pub(crate) fn print_memory(listing: &[String]) -> Result<(), BoxError> {
    let [how, endpoint, pages] = listing else {
        return Err("name stream or collect, an endpoint and a number of pages".into());
    };
    let pages: u32 = pages.parse()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (_pool, s3) = runtime.block_on(connect(endpoint))?;
    let bucket: BucketName = BUCKET.parse()?;
    list(&runtime, &s3, &bucket, STREAMED, WARM_UP)?;
    if resident::bytes()?.is_none() {
        return Ok(());
    }
    let idle = resident::peak()?;
    let (keys, took) = stopwatch::time(|| list(&runtime, &s3, &bucket, how, pages));
    println!("{}\n{}", keys?, took.as_millis());
    println!("{}", resident::peak()?.saturating_sub(idle));
    Ok(())
}

async fn connect(endpoint: &str) -> Result<(Pool, S3), BoxError> {
    let pool = Pool::builder()
        .with_environment(Environment::Production)
        .without_proxy()
        .with_credentials(credentials())
        .with_region(HOME)
        .with_endpoint(HOME, endpoint)
        .build()
        .await?;
    let s3 = S3::new(pool.caller::<Client>().await?);
    Ok((pool, s3))
}

fn list(
    runtime: &Runtime,
    s3: &S3,
    bucket: &BucketName,
    how: &str,
    pages: u32,
) -> Result<u64, BoxError> {
    let mut objects = s3.list(bucket, &prefix(pages));
    runtime.block_on(async {
        if how == COLLECTED {
            let all = objects.collect_up_to(usize::MAX).await?;
            return Ok(all.items.len() as u64);
        }
        let mut keys = 0;
        while let Some(object) = objects.next().await {
            object?;
            keys += 1;
        }
        Ok(keys)
    })
}
