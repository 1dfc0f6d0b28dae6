//! A secret that is rotated every hour, through a day of tokio's paused clock.

use super::upstream::FIRST;
use crate::{Area, Bar, BoxError, Figure, Tally};
use aws_sdk_secretsmanager::operation::get_secret_value::{
    GetSecretValueError, GetSecretValueOutput,
};
use leeward_client_pool::Failed;
use leeward_resilience::TokioClock;
use leeward_secret_cache::{GetSecretValue, SecretCache, SecretCacheStats, ValuesOnly};
use std::time::Duration;
use tokio::{
    runtime::Builder,
    time::{Instant, sleep},
};
use tower::service_fn;

const DAY: &str = "100 gets a second for a virtual day, rotated hourly";

const HOUR: Duration = Duration::from_secs(60 * 60);
/// Between one get and the next.
const REST: Duration = Duration::from_millis(10);
/// How long Secrets Manager takes to answer.
const UPSTREAM: Duration = Duration::from_millis(200);
/// How old a value may be by default.
const MAX_AGE: f64 = 300.0;

/// Of the whole day, or of two hours of it where there is little time.
pub(super) fn tally(crowd: usize) -> Tally {
    let hours = match crowd {
        Tally::CROWD.. => 24,
        _ => 2,
    };
    Tally::new(Area::Secrets, DAY, move || {
        let runtime = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()?;
        let seen = runtime.block_on(live(hours))?;
        let hit_rate = 100.0 * seen.stats.hit_rate().unwrap_or_default();
        let figure = |subject: &'static str, value, unit, bar| Figure {
            subject: subject.into(),
            value,
            unit,
            bar,
        };
        let late = seen.longest_late.as_secs_f64();
        Ok(vec![
            figure(
                "leeward, hit rate",
                hit_rate,
                "%",
                Some(Bar::AtLeast(99.99)),
            ),
            figure(
                "leeward, gets that waited",
                seen.waited as f64,
                "gets",
                Some(Bar::AtMost(0.0)),
            ),
            figure(
                "leeward, longest that the version before was served",
                late,
                "s",
                Some(Bar::AtMost(MAX_AGE)),
            ),
            figure(
                "leeward, requests",
                seen.stats.fetches() as f64,
                "requests",
                None,
            ),
        ])
    })
}

#[derive(Debug, Default)]
struct Seen {
    /// How many gets took any time at all.
    waited: u64,
    longest_late: Duration,
    stats: SecretCacheStats,
}

/// Asks from the moment on at which the value is there for the first time.
async fn live(hours: u32) -> Result<Seen, BoxError> {
    let midnight = Instant::now();
    let answer = service_fn(move |_: GetSecretValue| async move {
        sleep(UPSTREAM).await;
        Ok::<_, Failed<GetSecretValueError>>(version(midnight))
    });
    let cache = SecretCache::builder(ValuesOnly::new(answer))
        .with_clock(TokioClock::new())
        .with_seed(0x6c65_6577)
        .build()?;
    cache.get("db").await?;
    let mut seen = Seen::default();
    while midnight.elapsed() < HOUR * hours {
        let asked = Instant::now();
        let secret = cache.get("db").await?;
        seen.waited += u64::from(Instant::now() > asked);
        let served: u32 = secret.version_id().parse()?;
        let replaced = midnight + HOUR * (served + 1);
        let late = asked.saturating_duration_since(replaced);
        seen.longest_late = seen.longest_late.max(late);
        sleep(REST).await;
    }
    seen.stats = cache.stats();
    Ok(seen)
}

/// The version of the present hour.
fn version(midnight: Instant) -> GetSecretValueOutput {
    let hour = midnight.elapsed().as_secs() / HOUR.as_secs();
    GetSecretValueOutput::builder()
        .arn("arn:aws:secretsmanager:eu-central-1:111122223333:secret:db-a1b2c3")
        .name("db")
        .version_id(hour.to_string())
        .secret_string(FIRST)
        .build()
}
