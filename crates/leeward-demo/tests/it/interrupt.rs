//! Ctrl-C in the middle of the work.

#![cfg(unix)]

use crate::run::{demo, files};
use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

#[test]
fn ctrl_c_leaves_no_half_written_file() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("input"), folder.path().join("output"));
    fs::create_dir(&input).unwrap();
    fs::write(input.join("first"), b"done before anybody interrupts").unwrap();
    fs::write(input.join("second"), vec![7; 4_000_000]).unwrap();
    // From the middle on the first Region is silent, so that there is a moment to interrupt.
    let mut child = demo(&output, &["--input", input.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let silent = lines
        .map(Result::unwrap)
        .find(|line| line.contains("silent from now on"));
    assert!(silent.is_some());
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let done = child.wait_with_output().unwrap();
    assert_eq!(
        done.status.code(),
        Some(130),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    assert_eq!(files(&output), [output.join("first.leeward")]);
}
