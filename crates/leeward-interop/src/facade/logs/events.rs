use super::{LONG, logs, messages, writer};
use crate::{
    facade::site::Site,
    ministack::{Case, Trouble, same, there},
};
use leeward_logs::{EventFilter, LogGroupName, Tail};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::timeout;

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![
        Case::new("logs: a filter goes by pattern, stream and time", |site| {
            Box::pin(filter(site))
        }),
        Case::new("logs: a tail tells each event once", |site| {
            Box::pin(tail(site))
        }),
    ]
}

fn at(second: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_000_000 + second)
}

async fn filter(site: &Site) -> Result<(), Trouble> {
    let logs = logs(site).await?;
    let group: LogGroupName = "/events/filter".parse()?;
    let writer = writer(&logs, &group)?;
    for (second, message) in [(10, "INFO one"), (20, "ERROR two"), (30, "ERROR three")] {
        writer.write_at(at(second), message)?;
    }
    writer.shutdown(LONG).await?;
    same("all", messages(&logs, &group).await?.len(), 3)?;
    let all = EventFilter::new(group);
    let errors = all.clone().with_pattern("ERROR");
    for (what, filter, expected) in [
        ("pattern", errors.clone(), 2),
        ("from", errors.from(at(21)), 1),
        ("to", all.clone().to(at(10)), 1),
        ("stream", all.clone().with_stream("host-1".parse()?), 3),
        ("other stream", all.with_stream("host-2".parse()?), 0),
    ] {
        let found = logs.filter_events(&filter).collect_up_to(10).await?;
        same(what, found.items.len(), expected)?;
    }
    Ok(())
}

async fn tail(site: &Site) -> Result<(), Trouble> {
    let logs = logs(site).await?;
    let group: LogGroupName = "/events/tail".parse()?;
    let writer = writer(&logs, &group)?;
    writer.write("0")?;
    writer.flush(LONG).await?;
    let tail = Tail::new(EventFilter::new(group).from(UNIX_EPOCH));
    let tail = tail.with_interval(Duration::from_millis(100));
    let mut tail = logs.tail(&tail)?;
    // Each is within the overlap of all later looks.
    for number in 0..6 {
        let event = there(timeout(LONG, tail.next()).await?)??;
        same("event", event.message, number.to_string())?;
        writer.write((number + 1).to_string())?;
        writer.flush(LONG).await?;
    }
    Ok(())
}
