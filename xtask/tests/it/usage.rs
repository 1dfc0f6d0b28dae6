use std::path::Path;

use crate::repository::{Run, run_in};

fn run(arguments: &[&str]) -> Run {
    run_in(
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap(),
        arguments,
    )
}

#[test]
fn help_lists_every_command() {
    let Run { code, out, .. } = run(&["--help"]);
    assert_eq!(code, Some(0));
    for command in [
        "ci", "test", "demo", "bench", "sim", "interop", "layers", "tidy",
    ] {
        let line = out
            .lines()
            .find(|line| line.trim_start().starts_with(&format!("{command} ")));
        assert!(
            line.is_some_and(|line| line.split_whitespace().count() > 3),
            "{command} is not explained in\n{out}"
        );
    }
}

#[track_caller]
fn is_refused(arguments: &[&str], message: &str) {
    let Run { code, out, err } = run(arguments);
    assert_eq!(code, Some(2), "{err}");
    assert_eq!(out, "");
    assert!(err.contains(message), "{err}");
}

#[test]
fn what_is_unknown_is_refused() {
    is_refused(&["layer"], "unrecognized subcommand 'layer'");
    is_refused(&["layers", "--deep"], "unexpected argument '--deep'");
    is_refused(
        &["ci", "--only", "lint"],
        "[possible values: layers, tidy, fmt, clippy, test, loom, docs,",
    );
    is_refused(
        &["ci", "--only", "fmt", "--from", "fmt"],
        "cannot be used with",
    );
    is_refused(&[], "Usage: cargo xtask <COMMAND>");
}
