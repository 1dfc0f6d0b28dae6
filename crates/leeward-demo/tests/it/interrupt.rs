//! Signals in the middle of the work.

#![cfg(unix)]

use crate::run::{demo, files, report};
use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// Sends the signal while the second of two files is under way.
fn interrupt(mut demo: Command, signal: &str) -> Output {
    // From the middle on the first Region is silent, so that there is a moment to interrupt.
    let mut child = demo
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let silent = lines
        .by_ref()
        .map(Result::unwrap)
        .find(|line| line.contains("silent from now on"));
    assert!(silent.is_some());
    let kill = ["-s", signal, &child.id().to_string()].map(str::to_owned);
    assert!(Command::new("kill").args(kill).status().unwrap().success());
    child.wait_with_output().unwrap()
}

/// A child inherits that a signal is ignored, and whoever runs the tests may do so under `nohup`.
#[cfg(target_os = "linux")]
fn heeding(demo: Command, signal: &str) -> Command {
    let mut env = Command::new("env");
    env.arg(format!("--default-signal={signal}"))
        .arg(demo.get_program())
        .args(demo.get_args());
    for (name, value) in demo.get_envs() {
        match value {
            Some(value) => env.env(name, value),
            None => env.env_remove(name),
        };
    }
    env
}

#[cfg(not(target_os = "linux"))]
fn heeding(demo: Command, _: &str) -> Command {
    demo
}

fn seed(folder: &Path) -> (PathBuf, PathBuf) {
    let (input, output) = (folder.join("input"), folder.join("output"));
    fs::create_dir(&input).unwrap();
    fs::write(input.join("first"), b"done before anybody interrupts").unwrap();
    fs::write(input.join("second"), vec![7; 4_000_000]).unwrap();
    (input, output)
}

#[track_caller]
fn leaves_no_half_written_file(signal: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = seed(folder.path());
    let demo = demo(&output, &["--input", input.to_str().unwrap()]);
    let done = interrupt(heeding(demo, signal), signal);
    let text = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(130), "{text}");
    assert_eq!(files(&output), [output.join("first.leeward")]);
}

#[test]
fn ctrl_c_leaves_no_half_written_file() {
    leaves_no_half_written_file("INT");
}

#[test]
fn a_supervisor_leaves_no_half_written_file() {
    leaves_no_half_written_file("TERM");
}

#[test]
fn a_terminal_that_closes_leaves_no_half_written_file() {
    leaves_no_half_written_file("HUP");
}

#[cfg(target_os = "linux")]
#[test]
fn who_asked_to_outlive_the_terminal_does() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = seed(folder.path());
    let demo = demo(&output, &["--input", input.to_str().unwrap()]);
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "trap '' HUP; exec \"$@\"", "sh"])
        .arg(demo.get_program())
        .args(demo.get_args());
    let done = interrupt(shell, "HUP");
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let both = ["first.leeward", "second.leeward"].map(|name| output.join(name));
    assert_eq!(files(&output), both);
}

#[test]
fn what_a_killed_run_left_is_gone_after_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = seed(folder.path());
    let args = ["--json", "--input", input.to_str().unwrap()];
    interrupt(demo(&output, &args[1..]), "KILL");
    let left: Vec<_> = files(&output);
    let is_part = |path: &&PathBuf| path.to_str().unwrap().contains("/.leeward-part-");
    assert_eq!(left.iter().filter(is_part).count(), 1, "{left:?}");
    let report = report(&demo(&output, &args).output().unwrap());
    let removed = report["removed_parts"].as_array().unwrap();
    assert_eq!(removed.len(), 1, "{report:#}");
    let removed = PathBuf::from(removed[0].as_str().unwrap());
    assert!(left.contains(&removed), "{removed:?}");
    let both = ["first.leeward", "second.leeward"].map(|name| output.join(name));
    assert_eq!(files(&output), both);
}
