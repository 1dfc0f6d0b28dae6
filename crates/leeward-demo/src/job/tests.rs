use super::*;
use crate::{args::Args, failure::one_line, input, printer::Printer};
use clap::Parser;
use leeward::error_taxonomy::Region;
use leeward_testkit::{Fault, Scope};
use std::{fs, io::stdout};
use tempfile::TempDir;

const WEST: Region = Region::from_static("us-west-2");

/// Runs the job on three files, the last of which is under way when the first Region falls silent.
async fn run(scope: Scope, fault: Fault) -> (Result<Done>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (source, output) = (folder.path().join("input"), folder.path().join("output"));
    fs::create_dir(&source).unwrap();
    fs::write(source.join("a"), b"a small secret").unwrap();
    fs::write(source.join("b"), vec![2; 200_000]).unwrap();
    fs::write(source.join("c"), vec![3; 800_000]).unwrap();
    let destination = Destination::at(&output).unwrap();
    let files = input::find(Some(&source), &destination).unwrap().files;
    let lengths: Vec<u64> = files.iter().map(|file| file.bytes).collect();
    let cloud = Cloud::open(&Args::parse_from(["demo"])).await.unwrap();
    cloud.faults().unwrap().inject(scope, fault);
    let printer = Printer::new(stdout());
    let job = Job::new(
        &cloud,
        Plan::new(&lengths),
        When::Middle,
        1,
        Arc::new(Ledger::new()),
        Progress::new(true, &printer),
    )
    .unwrap();
    let done = job.run(files, &destination).await;
    cloud.close().await;
    (done, folder)
}

/// The names of the files whose encrypted form is there.
fn written(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path().join("output")).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Strikes three calls in a row, so that a hedge of the first does not save its record.
fn briefly(fault: Fault) -> Fault {
    fault.with_calls(7..=9)
}

/// What the counts say, without the buckets of every histogram.
fn shown(done: &Done) -> String {
    format!(
        "failed {:?}, unwritten {:?}, unread {:?}, changed {:?}, router {:?}",
        done.failed, done.unwritten, done.unread, done.changed, done.router
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_fail_are_counted_and_only_their_file_is_lost() {
    let scope = Scope::any().service("kms").operation("GenerateDataKey");
    let (done, folder) = run(scope, briefly(Fault::access_denied())).await;
    let done = done.unwrap();
    assert!((1..100).contains(&done.failed.count), "{}", shown(&done));
    assert!(done.records > 10_000, "{}", shown(&done));
    let first = &done.failed.first[0];
    assert_eq!(first.work, "encrypt");
    assert_eq!(first.error.matches("AccessDeniedException").count(), 1);
    assert!(first.advice.unwrap().contains("kms:GenerateDataKey"));
    assert_eq!(first.file, done.unwritten[0].display().to_string());
    assert!(done.unread.is_empty() && done.changed.is_empty());
    let is_lost = |name: &&str| done.unwritten.iter().any(|path| path.ends_with(name));
    let others = ["a", "b", "c"].into_iter().filter(|name| !is_lost(name));
    let others: Vec<_> = others.map(|name| format!("{name}.leeward")).collect();
    assert!(!others.is_empty(), "{}", shown(&done));
    assert_eq!(written(&folder), others);
    assert!(done.returned_after.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_cannot_be_read_back_are_counted_and_their_files_named() {
    let scope = Scope::any().service("kms").operation("Decrypt");
    let (done, folder) = run(scope, briefly(Fault::access_denied())).await;
    let done = done.unwrap();
    assert!((1..100).contains(&done.failed.count), "{}", shown(&done));
    let first = &done.failed.first[0];
    assert_eq!(first.work, "decrypt");
    assert!(first.advice.unwrap().contains("kms:Decrypt"), "{first:?}");
    assert_eq!(first.file, done.unread[0].display().to_string());
    assert!(done.unwritten.is_empty() && done.changed.is_empty());
    assert_eq!(written(&folder), ["a.leeward", "b.leeward", "c.leeward"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_lasts_ends_the_run_after_a_hundred_records() {
    // Who takes over from the first Region makes no data keys.
    let scope = Scope::region(WEST)
        .service("kms")
        .operation("GenerateDataKey");
    let (done, folder) = run(scope, Fault::access_denied()).await;
    let text = one_line(&done.unwrap_err());
    assert!(text.starts_with("100 records failed, so the run was ended; the first was "));
    assert!(text.contains("input/c, record "), "{text}");
    assert!(text.contains("encrypt, during the outage: "), "{text}");
    assert_eq!(text.matches("AccessDeniedException").count(), 1, "{text}");
    assert!(text.contains("allow kms:DescribeKey"), "{text}");
    assert_eq!(written(&folder), ["a.leeward", "b.leeward"]);
}
