#![doc = include_str!("../README.md")]

mod advice;
mod args;
mod cloud;
mod command_line;
mod destination;
mod failure;
mod input;
mod job;
mod ledger;
mod line;
mod meter;
mod output;
mod part;
mod plan;
mod printer;
mod progress;
mod report;
mod repository;
mod signal;

use anyhow::Context;
use args::Args;
use cloud::Cloud;
use destination::Destination;
use failure::Failure;
use input::Found;
use job::{Done, Job};
use ledger::Ledger;
use leeward::resilience::{Clock, TscClock};
use output::blocking;
use plan::Plan;
use printer::{Printer, complain};
use progress::Progress;
use report::{Input, Kms, PhaseTimes, Report, Router};
use std::{io::stdout, path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

fn main() -> ExitCode {
    let printer = Printer::new(stdout());
    let code = match command_line::read(&printer) {
        Ok(args) => played(&args, &printer),
        Err(code) => code,
    };
    let Some(error) = printer.failure() else {
        return ExitCode::from(code);
    };
    complain(format_args!(
        "error: standard output takes no more lines: {error}; send it to where there is room"
    ));
    ExitCode::from(code.max(1))
}

/// Plays the demo, and says what the exit code is.
fn played(args: &Args, printer: &Printer) -> u8 {
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(format_args!(
                "error: the system gives no threads to run on: {error}"
            ));
            return 1;
        }
    };
    let outcome = runtime.block_on(until_interrupted(args, printer));
    // Whoever still writes in the background removes what it wrote; that is waited for.
    runtime.shutdown_timeout(Duration::from_secs(5));
    match outcome {
        Ok(holds) => u8::from(!holds),
        Err(failure) => {
            failure.tell(args.json, printer);
            failure.exit_code()
        }
    }
}

async fn until_interrupted(args: &Args, printer: &Printer) -> Result<bool, Failure> {
    tokio::select! {
        outcome = run(args, printer) => outcome,
        () = signal::interrupted() => Err(Failure::Interrupted),
    }
}

async fn run(args: &Args, printer: &Printer) -> Result<bool, Failure> {
    cloud::check(args)?;
    let destination = Destination::at(&args.output()?)?;
    let found = input::find(args.input.as_deref(), &destination)?;
    let cloud = Cloud::open(args).await?;
    let report = play(args, &cloud, found, &destination, printer).await;
    cloud.close().await;
    let report = report?;
    if args.json {
        let text = serde_json::to_string_pretty(&report)
            .context("the report cannot be written as JSON")?;
        printer.line(text);
    } else {
        printer.line(report.to_string());
    }
    Ok(report.holds())
}

async fn play(
    args: &Args,
    cloud: &Cloud,
    found: Found,
    destination: &Destination,
    printer: &Printer,
) -> Result<Report, Failure> {
    let Found { files, skipped } = found;
    let lengths: Vec<u64> = files.iter().map(|file| file.bytes).collect();
    let plan = Plan::new(&lengths);
    let down = usize::from(args.down);
    let folders = destination.folders(&files);
    let removed = blocking(move || Ok(part::sweep(&folders))).await;
    let removed = removed.context("the output was not looked through for parts of files")?;
    let ledger = Arc::new(Ledger::new());
    let clock = TscClock::new();
    let begun = clock.now();
    let job = Job::new(
        cloud,
        plan,
        args.outage,
        down,
        ledger.clone(),
        Progress::new(args.json, printer),
    )?;
    let Done {
        records,
        reads,
        failed,
        unwritten,
        unread,
        changed,
        returned_after,
        router,
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
        removed_parts: names(removed),
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
        router: Router::new(&router)?,
        failures_seen: figures.failures,
        fail_over_ms: figures.fail_over.map(millis),
        first_region_back_after_ms: returned_after.map(millis),
        phases: PhaseTimes::all(&meter),
        connections_opened: cloud.pool.stats().connections.opened,
        seconds: clock.now().since(begun).as_secs_f64(),
        bars: Vec::new(),
    };
    report.judge();
    Ok(report)
}
