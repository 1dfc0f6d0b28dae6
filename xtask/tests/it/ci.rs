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
