use super::{LONG, logs, writer};
use crate::{
    facade::site::Site,
    ministack::{Case, Trouble, same, soon},
};
use leeward_logs::{GroupSettings, LogGroupName, Query};
use leeward_resilience::Waiter;
use serde::Deserialize;
use std::time::{Duration, UNIX_EPOCH};

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![
        Case::new(
            "logs: a query is waited for, its rows are had by field",
            |site| Box::pin(rows(site)),
        ),
        Case::new("logs: a query that is dropped is stopped", |site| {
            Box::pin(dropped(site))
        }),
        Case::new(
            "logs: a query over no such group fails by its code",
            |site| Box::pin(no_group(site)),
        ),
    ]
}

/// All that was written from a day before to a day after.
fn query(group: LogGroupName) -> Query {
    let written = UNIX_EPOCH + Duration::from_secs(1_795_000_000);
    let day = Duration::from_secs(86_400);
    let text = "fields @timestamp, @message | sort @timestamp desc";
    Query::new(text, written - day, written + day).over(group)
}

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "@message")]
    message: u64,
}

async fn rows(site: &Site) -> Result<(), Trouble> {
    let logs = logs(site).await?;
    let group: LogGroupName = "/queries/rows".parse()?;
    let writer = writer(&logs, &group)?;
    for number in 0..5 {
        let at = UNIX_EPOCH + Duration::from_secs(1_795_000_000 + number);
        writer.write_at(at, number.to_string())?;
    }
    writer.shutdown(LONG).await?;
    let waiter = Waiter::new(LONG);
    let found = logs
        .query(&query(group.clone()), &waiter, |_, _| {})
        .await?;
    let numbers = found.rows.iter().map(|row| row.parse("@message"));
    let numbers: Option<Result<Vec<u64>, _>> = numbers.collect();
    same("newest first", numbers, Some(Ok(vec![4, 3, 2, 1, 0])))?;
    let newest: Row = found.rows.first().ok_or("no row")?.read()?;
    same("a row of one's own type", newest.message, 4)?;
    same("read", found.statistics.records_scanned, 5.0)?;
    let some = query(group).with_max_rows(2);
    let some = logs.query(&some, &waiter, |_, _| {}).await?;
    same("bounded", (some.rows.len(), some.has_more), (2, true))
}

async fn dropped(site: &Site) -> Result<(), Trouble> {
    let logs = logs(site).await?;
    let group: LogGroupName = "/queries/dropped".parse()?;
    logs.create_group(&group, &GroupSettings::new()).await?;
    let (query, waiter) = (query(group), Waiter::new(LONG));
    let (asked, stopped) = (
        site.tally("logs", "GetQueryResults").calls,
        site.tally("logs", "StopQuery").ok,
    );
    let held = site.hold("logs", "GetQueryResults");
    let is_asked = || site.tally("logs", "GetQueryResults").calls > asked;
    let outcome = tokio::select! {
        biased;
        _ = logs.query(&query, &waiter, |_, _| {}) => Err("it was not waited for".into()),
        begun = soon("the query is asked for its rows", is_asked) => begun,
    };
    held.clear();
    outcome?;
    let is_stopped = || site.tally("logs", "StopQuery").ok > stopped;
    soon("the query is stopped", is_stopped).await
}

async fn no_group(site: &Site) -> Result<(), Trouble> {
    let logs = logs(site).await?;
    let query = query("/queries/nobodys".parse()?);
    let found = logs.query(&query, &Waiter::new(LONG), |_, _| {}).await;
    let code = found
        .err()
        .and_then(|error| error.code().map(str::to_owned));
    same("code", code.as_deref(), Some("ResourceNotFoundException"))
}
