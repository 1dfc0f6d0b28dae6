#![doc = include_str!("../README.md")]

mod advice;
mod args;
mod cloud;
mod destination;
mod failure;
mod input;
mod job;
mod ledger;
mod line;
mod meter;
mod output;
mod plan;
mod progress;
mod report;

use anyhow::Context;
use args::Args;
use clap::Parser;
use cloud::Cloud;
use destination::Destination;
use failure::Failure;
use input::Found;
use job::{Done, Job};
use ledger::Ledger;
use leeward::resilience::{Clock, TscClock};
use plan::Plan;
use progress::Progress;
use report::{Input, Kms, PhaseTimes, Report};
use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the system gives no threads to run on: {error}");
            return ExitCode::from(1);
        }
    };
    let outcome = runtime.block_on(until_interrupted(&args));
    // Whoever still writes in the background removes what it wrote; that is waited for.
    runtime.shutdown_timeout(Duration::from_secs(5));
    let outcome = outcome.map_err(|failure| {
        tell(&failure, args.json);
        ExitCode::from(failure.exit_code())
    });
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(code) => code,
    }
}

fn tell(failure: &Failure, json: bool) {
    let text = failure.describe();
    if json {
        println!(
            "{}",
            serde_json::json!({ "error": text, "exit_code": failure.exit_code() })
        );
    } else {
        eprintln!("error: {text}");
    }
}

async fn until_interrupted(args: &Args) -> Result<bool, Failure> {
    tokio::select! {
        outcome = run(args) => outcome,
        () = interrupted() => Err(Failure::Interrupted),
    }
}

/// Waits for Ctrl-C, or for a supervisor's SIGTERM where there is one.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without a signal handler the system's default ends the process.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn run(args: &Args) -> Result<bool, Failure> {
    let destination = Destination::at(&args.output)?;
    let found = input::find(args.input.as_deref(), &destination)?;
    let cloud = Cloud::open(args).await?;
    let report = play(args, &cloud, found, &destination).await;
    cloud.close().await;
    let report = report?;
    if args.json {
        let text = serde_json::to_string_pretty(&report)
            .context("the report cannot be written as JSON")?;
        println!("{text}");
    } else {
        println!("{report}");
    }
    Ok(report.holds())
}

async fn play(
    args: &Args,
    cloud: &Cloud,
    found: Found,
    destination: &Destination,
) -> Result<Report, Failure> {
    let Found { files, skipped } = found;
    let lengths: Vec<u64> = files.iter().map(|file| file.bytes).collect();
    let plan = Plan::new(&lengths);
    let down = usize::from(args.down);
    let ledger = Arc::new(Ledger::new());
    let clock = TscClock::new();
    let begun = clock.now();
    let job = Job::new(
        cloud,
        plan,
        args.outage,
        down,
        ledger.clone(),
        Progress::new(args.json),
    )?;
    let Done {
        records,
        reads,
        failed,
        unwritten,
        unread,
        changed,
        returned_after,
        meter,
    } = job.run(files, destination).await?;
    let figures = ledger.figures();
    let millis = |duration: Duration| duration.as_secs_f64() * 1000.0;
    let names = |paths: Vec<PathBuf>| {
        paths
            .iter()
            .map(|path| path.display().to_string())
            .collect()
    };
    let silenced = &cloud.regions[..down.min(cloud.regions.len())];
    let mut report = Report {
        input: Input::new(&lengths, plan, skipped),
        regions: cloud.regions.iter().map(ToString::to_string).collect(),
        silenced: silenced.iter().map(ToString::to_string).collect(),
        records,
        reads,
        failed_records: failed.count,
        first_failed_records: failed.first,
        unwritten_files: names(unwritten),
        unread_files: names(unread),
        changed_files: names(changed),
        kms: Kms::new(&figures, records + reads),
        failures_seen: figures.failures,
        fail_over_ms: figures.fail_over.map(millis),
        first_region_back_after_ms: returned_after.map(millis),
        phases: PhaseTimes::all(&meter),
        connections_opened: cloud.pool.stats().connections_opened,
        seconds: clock.now().since(begun).as_secs_f64(),
        bars: Vec::new(),
    };
    report.judge();
    Ok(report)
}
