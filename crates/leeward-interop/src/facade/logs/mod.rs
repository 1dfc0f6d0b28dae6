mod events;
mod groups;
mod queries;
mod writer;

use super::site::Site;
use crate::ministack::{Case, Trouble};
use leeward_logs::{EventFilter, GroupSettings, LogGroupName, LogWriter, Logs};
use std::time::Duration;

/// Far more than an answer of the other side takes.
const LONG: Duration = Duration::from_secs(30);

pub(super) fn cases() -> Vec<Case<Site>> {
    [
        groups::cases(),
        writer::cases(),
        events::cases(),
        queries::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

async fn logs(site: &Site) -> Result<Logs, Trouble> {
    Ok(Logs::new(site.pool.caller().await?))
}

/// A writer to a group of a case's own, which it makes.
fn writer(logs: &Logs, group: &LogGroupName) -> Result<LogWriter, Trouble> {
    Ok(logs
        .writer(group.clone(), "host-1".parse()?)
        .creating_group(GroupSettings::new())
        .build()?)
}

/// The texts of all events of a group, in the order of their time.
async fn messages(logs: &Logs, group: &LogGroupName) -> Result<Vec<String>, Trouble> {
    let events = logs.filter_events(&EventFilter::new(group.clone()));
    let events = events.collect_up_to(100_000).await?.items.into_iter();
    Ok(events.map(|event| event.message).collect())
}
