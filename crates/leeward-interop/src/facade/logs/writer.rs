use super::{LONG, logs, messages, writer};
use crate::{
    facade::site::Site,
    ministack::{Case, Lacking, Trouble, same},
};
use leeward_logs::{EventRefused, LogGroupName};
use std::time::{Duration, UNIX_EPOCH};

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![
        Case::new("logs: a writer makes what it misses, and drains", |site| {
            Box::pin(drains(site))
        }),
        Case::new("logs: 25,000 events arrive in batches", |site| {
            Box::pin(many(site))
        }),
        Case::gap("logs: what is too old is rejected and counted", |site| {
            Box::pin(too_old(site))
        }),
    ]
}

async fn drains(site: &Site) -> Result<(), Trouble> {
    let logs = logs(site).await?;
    let group: LogGroupName = "/writer/drains".parse()?;
    let writer = writer(&logs, &group)?;
    writer.write("one")?;
    writer.flush(LONG).await?;
    same("flushed", messages(&logs, &group).await?, ["one"])?;
    writer.write("two")?;
    writer.shutdown(LONG).await?;
    same("drained", messages(&logs, &group).await?, ["one", "two"])?;
    same("closed", writer.write("three"), Err(EventRefused::Closed))?;
    let stats = writer.stats();
    same(
        "counts",
        (stats.taken, stats.sent, stats.waiting),
        (2, 2, 0),
    )
}

async fn many(site: &Site) -> Result<(), Trouble> {
    let logs = logs(site).await?;
    let group: LogGroupName = "/writer/many".parse()?;
    let writer = writer(&logs, &group)?;
    for number in 0..25_000 {
        writer.write(number.to_string())?;
    }
    writer.shutdown(LONG).await?;
    let all = logs.filter_events(&leeward_logs::EventFilter::new(group));
    // The other side gives no second page of events.
    let found = all.collect_up_to(100_000).await?.items.len();
    same("sent", writer.stats().sent, 25_000)?;
    same("the most of one answer", found, 10_000)
}

async fn too_old(site: &Site) -> Result<(), Trouble> {
    let logs = logs(site).await?;
    let group: LogGroupName = "/writer/old".parse()?;
    let writer = writer(&logs, &group)?;
    writer.write_at(UNIX_EPOCH + Duration::from_secs(1_000_000_000), "old")?;
    match writer.shutdown(LONG).await {
        Ok(()) => Err(Lacking("events of any age are taken").into()),
        Err(_) => same("rejected", writer.stats().too_old, 1),
    }
}
