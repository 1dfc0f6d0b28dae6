use crate::repository::{Repository, Run};

#[test]
fn stops_at_the_first_failure_with_the_command_to_repeat_it() {
    let repository = Repository::new();
    repository.add("leeward-envelope", "");
    let Run { code, out, err } = repository.run(&["ci"]);
    assert_eq!(code, Some(1));
    let outcomes: Vec<_> = out
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(step, rest)| (step, rest.trim()))
        .collect();
    let outcome = |step: &str| {
        outcomes
            .iter()
            .find(|(name, _)| *name == step)
            .map(|(_, outcome)| outcome.split("  ").next())
    };
    assert_eq!(outcome("layers"), Some(Some("passed")), "{out}");
    assert_eq!(outcome("tidy"), Some(Some("FAILED")), "{out}");
    assert_eq!(outcome("fmt"), Some(Some("not run")), "{out}");
    assert_eq!(outcome("examples"), Some(Some("not run")), "{out}");
    assert!(
        err.ends_with("repeat this step with `cargo xtask ci --only tidy`\n"),
        "{err}"
    );
}

#[test]
fn a_failing_program_is_shown_as_it_was_called() {
    let repository = Repository::new();
    repository.add("leeward-envelope", "");
    repository.write("crates/leeward-envelope/src/lib.rs", "fn   a( ){}\n");
    let Run { code, out, err } = repository.run(&["ci", "--only", "fmt"]);
    assert_eq!(code, Some(1));
    assert!(out.contains("fmt    FAILED"), "{out}");
    assert!(
        err.contains("error: `cargo fmt --all --check` failed (exit status: 1)\n"),
        "{err}"
    );
}

#[test]
fn examples_are_run_to_their_end() {
    let repository = Repository::new();
    repository.add("leeward-envelope", "");
    repository.write(
        "crates/leeward-envelope/examples/a.rs",
        "fn main() { eprintln!(\"a ran\"); println!(\"bytes\"); }\n",
    );
    let Run { code, out, err } = repository.run(&["ci", "--only", "examples"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("a ran\n"), "{err}");
    assert!(out.starts_with("examples: 1 ran to their end\n"), "{out}");

    repository.write(
        "crates/leeward-envelope/examples/b.rs",
        "fn main() { std::process::exit(3); }\n",
    );
    let Run { code, out, err } = repository.run(&["ci", "--only", "examples"]);
    assert_eq!(code, Some(1));
    assert!(out.contains("examples  FAILED"), "{out}");
    assert!(
        err.contains("examples/b` failed (exit status: 3)\n"),
        "{err}"
    );
}

#[test]
fn tests_of_every_kind_are_run_and_their_report_is_seen() {
    let repository = Repository::new();
    repository.add("leeward-envelope", "");
    repository.write(
        "crates/leeward-envelope/src/lib.rs",
        "//! ```\n//! assert!(true);\n//! ```\n#[test]\nfn inside() {}\n",
    );
    repository.write("crates/leeward-envelope/tests/it.rs", "#[test]\nfn outside() {\n    let full = std::env::var(\"LEEWARD_FULL\");\n    assert_eq!(full.as_deref(), Ok(\"1\"));\n}\n");
    let Run { code, out, err } = repository.run(&["test", "--full"]);
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(out.matches("test result: ok. 1 passed").count(), 3, "{out}");

    let Run { code, out, err } = repository.run(&["test"]);
    assert_eq!(code, Some(1));
    assert!(out.contains("test result: FAILED"), "{out}");
    assert!(
        err.ends_with("error: `cargo test --workspace --all-features` failed (exit status: 101)\n"),
        "{err}"
    );
}
