//! Regions that go silent, before the first record and half way through.

use crate::run::{demo, names, report};
use serde_json::Value;
use std::{fs, path::Path};
use tempfile::TempDir;

/// An input with what is easily lost: an empty file, a folder, a name with a space, and a megabyte.
fn input() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("below")).unwrap();
    fs::write(folder.path().join("empty"), b"").unwrap();
    fs::write(folder.path().join("below/a name.txt"), b"short").unwrap();
    let million: Vec<u8> = (0..1_000_000_u32).map(|at| (at % 251) as u8).collect();
    fs::write(folder.path().join("million"), million).unwrap();
    folder
}

fn run(output: &Path, args: &[&str]) -> Value {
    let input = input();
    let path = input.path().to_str().unwrap().to_owned();
    let done = demo(output, &["--json", "--input", &path])
        .args(args)
        .output()
        .unwrap();
    let report = report(&done);
    assert_eq!(done.status.code(), Some(0), "{report:#}");
    report
}

fn loses_nothing(report: &Value, silenced: usize) {
    assert_eq!(report["failed_records"], 0);
    assert_eq!(report["changed_files"], serde_json::json!([]));
    assert_eq!(report["input"]["files"], 3);
    assert_eq!(report["silenced"].as_array().unwrap().len(), silenced);
    assert!(report["records"].as_u64().unwrap() >= 10_000);
    assert!(report["kms"]["calls_in_outage"].as_u64().unwrap() >= 5);
    assert!(report["kms"]["saved_percent"].as_f64().unwrap() >= 95.0);
    assert!(report["fail_over_ms"].is_f64());
    for bar in report["bars"].as_array().unwrap() {
        assert_eq!(bar["holds"], true, "{bar}");
    }
}

#[test]
fn a_region_that_falls_silent_half_way_costs_no_record() {
    let output = tempfile::tempdir().unwrap();
    let report = run(output.path(), &[]);
    loses_nothing(&report, 1);
    // Half of the records is calls enough to know what is normal, and a silent Region shows by what is not.
    assert!(
        report["router"]["hedges_won"].as_u64().unwrap() > 0,
        "{report:#}"
    );
    assert_eq!(report["router"]["health"]["status"], "ok");
    assert_eq!(report["router"]["health"]["first_choice"], "us-east-1");
    let phases: Vec<_> = report["phases"].as_array().unwrap().iter().collect();
    assert_eq!(phases.len(), 3);
    assert!(
        phases
            .iter()
            .all(|phase| phase["encrypt"]["records"].as_u64() > Some(0)),
        "{report:#}"
    );
    assert_eq!(
        names(output.path()),
        [
            "below/a name.txt.leeward",
            "empty.leeward",
            "million.leeward"
        ]
    );
}

#[test]
fn a_region_that_is_silent_from_the_start_costs_no_record() {
    let output = tempfile::tempdir().unwrap();
    let report = run(output.path(), &["--outage", "start"]);
    loses_nothing(&report, 1);
    assert_eq!(
        report["phases"][0]["encrypt"],
        Value::Null,
        "nothing came before the outage"
    );
}

#[test]
fn two_of_three_regions_may_fall_silent() {
    let output = tempfile::tempdir().unwrap();
    let report = run(output.path(), &["--down", "2"]);
    loses_nothing(&report, 2);
    assert!(
        report["kms"]["calls_by_region"]["eu-west-1"]
            .as_u64()
            .unwrap()
            > 0
    );
}

#[test]
fn when_all_are_silent_one_error_names_each_and_what_it_answered() {
    let output = tempfile::tempdir().unwrap();
    let input = input();
    let path = input.path().to_str().unwrap();
    let done = demo(output.path(), &["--input", path, "--down", "3"])
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(1));
    let text = String::from_utf8(done.stderr).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert_eq!(text.matches("no Region answered").count(), 1, "{text}");
    for region in ["us-east-1", "us-west-2", "eu-west-1"] {
        assert!(text.contains(&format!("{region}: ")), "{text}");
    }
    // What was whole before the outage stands; of the file that was under way, not even the part under another name.
    assert_eq!(
        names(output.path()),
        ["below/a name.txt.leeward", "empty.leeward"]
    );
}

#[test]
fn a_small_input_is_gone_through_often_enough() {
    let output = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("small");
    fs::write(&file, b"a small secret").unwrap();
    let done = demo(
        output.path(),
        &["--json", "--input", file.to_str().unwrap()],
    )
    .output()
    .unwrap();
    let report = report(&done);
    assert_eq!(done.status.code(), Some(0), "{report:#}");
    assert_eq!(report["input"]["passes"], 10_000);
    assert!(report["records"].as_u64().unwrap() >= 10_000);
}
