use crate::{Area, Bar, BoxError, Figure, Plan, Tally, world::World};
use aws_sdk_cloudwatchlogs::Client;
use leeward_logs::{EventFilter, GroupSettings, LogWriter, Logs};
use std::{collections::HashSet, time::Duration};
use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval},
};

/// The tally of events that come as fast as a busy service writes them.
const EVENTS: &str = "10,000 log events a second from 8 tasks";

const GROUP: &str = "/bench/orders";
const TASKS: u64 = 8;
const EVENTS_PER_SECOND: u64 = 10_000;
/// Between two turns of a task.
const TURN: Duration = Duration::from_millis(10);
const SECONDS: u64 = 5;

pub(super) fn tally(plan: &Plan) -> Tally {
    let seconds = if plan.is_whole() { SECONDS } else { 1 };
    Tally::new(Area::Facades, EVENTS, move || {
        let world = World::plain()?;
        let pool = world.pool()?;
        let (wrote, took, kept) = world.block_on(async {
            let logs = Logs::new(pool.caller::<Client>().await?);
            let group = GROUP.parse()?;
            let writer = logs
                .writer(group, "host-1".parse()?)
                .creating_group(GroupSettings::new())
                .build()?;
            let began = Instant::now();
            let mut tasks: JoinSet<u64> = (0..TASKS)
                .map(|task| write(writer.clone(), task, seconds))
                .collect();
            let mut wrote = 0;
            while let Some(taken) = tasks.join_next().await {
                wrote += taken?;
            }
            let took = began.elapsed();
            writer.shutdown(Duration::from_secs(30)).await?;
            Ok::<_, BoxError>((wrote, took, kept(&logs).await?))
        })?;
        let there = world.aws().counts().calls("logs", "PutLogEvents");
        let figure = |subject: &'static str, value, unit, bar| Figure {
            subject: subject.into(),
            value,
            unit,
            bar,
        };
        let rate = wrote as f64 / took.as_secs_f64();
        // A tick that is late is made up for, but for the last one.
        let least = Bar::AtLeast(EVENTS_PER_SECOND as f64 * 0.95);
        Ok(vec![
            figure("leeward, events taken", rate, "events/s", Some(least)),
            figure(
                "leeward, events not in the stream",
                (seconds * EVENTS_PER_SECOND) as f64 - kept as f64,
                "events",
                Some(Bar::AtMost(0.0)),
            ),
            figure("leeward, calls", there as f64, "calls", None),
        ])
    })
}

/// How many different events there are in the stream, as the other side tells.
async fn kept(logs: &Logs) -> Result<usize, BoxError> {
    let mut events = logs.filter_events(&EventFilter::new(GROUP.parse()?));
    let mut messages = HashSet::new();
    while let Some(event) = events.next().await {
        messages.insert(event?.message);
    }
    Ok(messages.len())
}

/// One of the tasks: so many events by turns; how many were taken.
async fn write(writer: LogWriter, task: u64, seconds: u64) -> u64 {
    let turns = seconds * 1_000 / TURN.as_millis() as u64;
    let events = EVENTS_PER_SECOND * seconds / TASKS;
    let mut ticks = interval(TURN);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut taken = 0;
    for turn in 0..turns {
        ticks.tick().await;
        for event in turn * events / turns..(turn + 1) * events / turns {
            let message = format!(r#"{{"level":"info","task":{task},"order":{event}}}"#);
            taken += u64::from(writer.write(message).is_ok());
        }
    }
    taken
}
