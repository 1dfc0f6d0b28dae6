use super::{LONG, logs, messages, writer};
use crate::{
    facade::site::Site,
    ministack::{Case, Lacking, Trouble, same},
};
use leeward_logs::{EventFilter, EventRefused, LogGroupName, Logs};
use std::time::{Duration, UNIX_EPOCH};

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![
        Case::new("logs: a writer makes what it misses, and drains", |site| {
            Box::pin(drains(site))
        }),
        Case::new("logs: 25,000 events arrive in batches", |site| {
            Box::pin(many(site))
        }),
        Case::new(
            "logs: batches stay within AWS's size, order and span of time",
            |site| Box::pin(batches(site)),
        ),
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
    let at = |second: u64| UNIX_EPOCH + Duration::from_secs(1_795_000_000 + second);
    for number in 0..25_000 {
        writer.write_at(at(number / 5_000), number.to_string())?;
    }
    writer.shutdown(LONG).await?;
    same("sent", writer.stats().sent, 25_000)?;
    let mut found = Vec::new();
    // The other side gives no second page of events, and 10,000 on the first.
    for second in 0..5 {
        let filter = EventFilter::new(group.clone());
        let filter = filter.from(at(second)).to(at(second));
        let events = logs.filter_events(&filter).collect_up_to(100_000).await?;
        let numbers = events.items.iter().map(|event| event.message.parse());
        found.extend(numbers.collect::<Result<Vec<u64>, _>>()?);
    }
    found.sort_unstable();
    same("each once", found == (0..25_000).collect::<Vec<_>>(), true)
}

async fn batches(site: &Site) -> Result<(), Trouble> {
    let (aws, pool) = site.behind_faults().await?;
    let logs = Logs::new(pool.caller().await?);
    let group: LogGroupName = "/writer/batches".parse()?;
    let writer = writer(&logs, &group)?;
    let at = |minutes: u64| UNIX_EPOCH + Duration::from_secs(1_795_000_000 + 60 * minutes);
    let large = |name: char| name.to_string().repeat(300 << 10);
    // Three of these are less than a MiB, and four are more.
    for (minute, name) in (0..7).zip('a'..) {
        writer.write_at(at(minute), large(name))?;
    }
    writer.flush(LONG).await?;
    let calls = || aws.counts().tally("logs", "PutLogEvents").ok;
    same("calls by their size", calls(), 3)?;
    // They come out of order; the last is a day behind the first of its time.
    for minute in [103, 101, 102, 100, 100 + 24 * 60] {
        writer.write_at(at(minute), minute.to_string())?;
    }
    writer.shutdown(LONG).await?;
    same("calls by their time", calls(), 5)?;
    let stats = writer.stats();
    let counts = (stats.sent, stats.batches, stats.lost + stats.rejected());
    same("sent, batches, lost", counts, (12, 5, 0))?;
    let minutes = ["100", "101", "102", "103", "1540"].map(str::to_owned);
    let expected: Vec<_> = ('a'..='g').map(large).chain(minutes).collect();
    let found = messages(&logs, &group).await?;
    same("all in the order of time", found == expected, true)?;
    aws.shutdown().await;
    Ok(())
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
