use super::*;
use crate::{args::Args, input};
use clap::Parser;
use leeward::error_taxonomy::Region;
use leeward_testkit::{Fault, Scope};
use std::fs;
use tempfile::TempDir;

const WEST: Region = Region::from_static("us-west-2");

/// Runs the job on three files, the last of which is under way when the first Region falls silent.
async fn run(scope: Scope, fault: Fault) -> (Done, TempDir) {
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
    let job = Job::new(
        &cloud,
        Plan::new(&lengths),
        When::Middle,
        1,
        Arc::new(Ledger::new()),
        Progress::new(true),
    )
    .unwrap();
    let done = job.run(files, &destination).await.unwrap();
    cloud.close().await;
    (done, folder)
}

fn written(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path().join("output")).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_fail_are_counted_and_only_their_file_is_lost() {
    // Who takes over from the first Region makes no data keys.
    let scope = Scope::region(WEST)
        .service("kms")
        .operation("GenerateDataKey");
    let (done, folder) = run(scope, Fault::access_denied()).await;
    // The data key of the outage's beginning has 500 messages at most; what comes after them fails.
    assert!(done.failed.count > 4_000, "{done:?}");
    // All but those of the rehearsal: there, one record of each file goes there and back.
    assert!(done.records > 5_000, "{done:?}");
    let first = &done.failed.first[0];
    assert_eq!(done.failed.first.len(), 5);
    assert!(first.file.ends_with("input/c"), "{first:?}");
    assert!((2_950..3_600).contains(&first.record), "{first:?}");
    assert_eq!((first.work, first.outage), ("encrypt", "during"));
    assert_eq!(first.error.matches("AccessDeniedException").count(), 1);
    assert!(first.advice.unwrap().contains("kms:GenerateDataKey"));
    assert_eq!(done.unwritten, [folder.path().join("input/c")]);
    assert!(done.unread.is_empty() && done.changed.is_empty());
    assert_eq!(written(&folder), ["a.leeward", "b.leeward"]);
    assert!(done.returned_after.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_cannot_be_read_back_are_counted_and_their_files_named() {
    let scope = Scope::any().service("kms").operation("Decrypt");
    let (done, folder) = run(scope, Fault::access_denied()).await;
    assert_eq!(done.failed.count, 10_001);
    let first = &done.failed.first[0];
    assert_eq!((first.work, first.record), ("decrypt", 1));
    assert!(first.advice.unwrap().contains("kms:Decrypt"), "{first:?}");
    let names = ["a", "b", "c"].map(|name| folder.path().join("input").join(name));
    assert_eq!(done.unread, names);
    assert!(done.unwritten.is_empty() && done.changed.is_empty());
    assert_eq!(written(&folder), ["a.leeward", "b.leeward", "c.leeward"]);
}
