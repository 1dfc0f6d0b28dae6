//! Readers who go away, devices that are full, and what a script gets to read.

use crate::run::{demo, names, report};
use std::{
    fs,
    io::{BufRead, BufReader},
    process::Stdio,
};

#[test]
fn a_reader_who_goes_away_does_not_end_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("input"), folder.path().join("output"));
    fs::write(&input, vec![7; 200_000]).unwrap();
    let mut child = demo(&output, &["--input", input.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    assert!(line.starts_with("encrypting: "), "{line}");
    drop(stdout);
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert!(done.stderr.is_empty(), "{done:?}");
    assert_eq!(names(&output), ["input.leeward"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_told_on_standard_error() {
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("input"), folder.path().join("output"));
    fs::write(&input, vec![7; 200_000]).unwrap();
    for args in [
        &["--input", input.to_str().unwrap()][..],
        &["--input", input.to_str().unwrap(), "--json"],
        &["--help"],
    ] {
        let done = demo(&output, args).stdout(full()).output().unwrap();
        let text = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(1), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.starts_with("error: standard output takes no more"));
        assert!(text.contains("No space left"), "{text}");
    }
    assert_eq!(names(&output), ["input.leeward"]);
    // With nowhere left to say it, the exit code still does.
    let mut nowhere = demo(&output, &["--input", "/no/such/file"]);
    let status = nowhere.stdout(full()).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(2));
}

#[test]
fn bad_input_is_json_to_whoever_asked_for_json() {
    let folder = tempfile::tempdir().unwrap();
    for (args, says) in [
        (["--json", "--down", "-1"], "it is no number in 1..=3"),
        (
            ["--json", "--outage", "tomorrow"],
            "[possible values: start, middle]",
        ),
        (
            ["--colour", "red", "--json"],
            "unexpected argument '--colour' found",
        ),
        (
            ["--json", "--input", "/no/such/file"],
            "cannot read --input",
        ),
    ] {
        let done = demo(&folder.path().join("output"), &args).output().unwrap();
        let json = report(&done);
        assert_eq!(done.status.code(), Some(2), "{json}");
        assert_eq!(json["exit_code"], 2);
        let text = json["error"].as_str().unwrap();
        assert!(text.contains(says) && !text.contains("Usage"), "{text}");
        assert!(done.stderr.is_empty(), "{done:?}");
    }
    assert!(names(folder.path()).is_empty());
}

#[test]
fn usage_and_version_name_the_command_that_is_typed() {
    let folder = tempfile::tempdir().unwrap();
    for (flag, says) in [
        ("--help", "\nUsage: cargo xtask demo [OPTIONS]\n"),
        ("--version", "cargo xtask demo "),
    ] {
        let done = demo(folder.path(), &[flag]).output().unwrap();
        let text = String::from_utf8(done.stdout).unwrap();
        assert_eq!(done.status.code(), Some(0));
        assert!(
            text.contains(says) && !text.contains("leeward-demo"),
            "{text}"
        );
    }
}
