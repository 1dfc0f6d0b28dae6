//! What is logged, and how loudly.

use crate::upstream::{Answer, Upstream, seconds};
use leeward_secret_cache::{Freshness, SecretRef};
use leeward_testkit::Log;
use tokio::time::{advance, sleep};
use tracing::Level;

#[tokio::test(start_paused = true)]
async fn what_outlasts_an_outage_is_told_loudly_and_once() {
    let upstream = Upstream::new();
    let outlasting = Freshness::new().with_stale_on_outage(seconds(600));
    let cache = upstream.builder().with_freshness(outlasting);
    let cache = cache.build().unwrap();
    let (log, _guard) = Log::begin();
    for outage in 1..=2 {
        cache.get("db").await.unwrap();
        upstream.answers(Answer::Throttled);
        advance(seconds(301)).await;
        for _ in 0..60 {
            cache.get("db").await.unwrap();
            sleep(seconds(1)).await;
        }
        let lines = log.take(Level::WARN);
        let told = lines
            .iter()
            .filter(|line| line.contains("is served although"));
        let told: Vec<_> = told.collect();
        let [line] = told[..] else {
            panic!("{outage}: {lines:?}");
        };
        assert!(
            line.starts_with("WARN") && line.contains("secret=db"),
            "{line}"
        );
        upstream.answers(Answer::Version(1));
        sleep(seconds(31)).await;
        cache.get("db").await.unwrap();
        sleep(seconds(1)).await;
    }
    let stats = cache.stats();
    assert!(stats.stale_serves >= 100, "{stats:?}");
}

#[tokio::test(start_paused = true)]
async fn names_that_strangers_make_up_forge_no_line_and_fill_none() {
    let (log, _guard) = Log::begin();
    let upstream = Upstream::new();
    upstream.answers(Answer::Throttled);
    let cache = upstream.cache();
    let forged = format!("db\nERROR all is lost\u{1b}[31m{}", "x".repeat(100_000));
    for secret in [
        SecretRef::new(&forged),
        SecretRef::new("db").at_stage(&forged),
    ] {
        let error = cache.get(secret).await.unwrap_err();
        // Who asked knows it as it was asked for.
        assert_eq!(error.secret(), secret.to_string());
        assert!(is_one_line(&error.to_string()) && is_one_line(&format!("{error:?}")));
        assert!(is_one_line(&format!("{secret:?}")));
    }
    assert!(
        cache
            .statuses()
            .iter()
            .all(|it| is_one_line(&it.to_string()))
    );
    let lines = log.take(Level::WARN);
    assert_eq!(lines.len(), 2);
    for line in lines {
        assert!(line.contains("db") && is_one_line(&line), "{line}");
    }
}

fn is_one_line(text: &str) -> bool {
    !text.contains(char::is_control) && text.len() < 3_000
}
