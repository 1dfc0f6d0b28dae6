use crate::repository::{Repository, Run};

#[test]
fn lists_everything_at_once_by_place() {
    let repository = Repository::new();
    repository.add("leeward-envelope", "");
    repository.write(
        "crates/leeward-envelope/src/util.rs",
        "//! Odds and ends.\n// TODO: sort them\n",
    );
    repository.write(
        "docs/architecture.md",
        "leeward-envelope: [messages](envelope.md)\n",
    );
    let Run { code, err, .. } = repository.run(&["tidy"]);
    assert_eq!(code, Some(1));
    for line in [
        "README.md:1: every crate is on the front page: write it, with a table of crates",
        "crates/leeward-envelope/Cargo.toml:1: one set of lints: add `[lints]` with `workspace = true`",
        "crates/leeward-envelope/src/lib.rs:1: the README is the crate's documentation: \
         begin with `#![doc = include_str!(\"../README.md\")]`",
        "crates/leeward-envelope/src/util.rs:1: names say what a thing is: rename util after what is in it",
        "crates/leeward-envelope/src/util.rs:2: nothing is left for later: do it now, or open an issue and remove TODO",
        "docs/architecture.md:1: links lead somewhere: correct `envelope.md`: there is no such file, seen from this page",
    ] {
        assert!(
            err.lines().any(|found| found == line),
            "no `{line}` in\n{err}"
        );
    }
}

#[test]
fn what_is_built_is_not_read() {
    let repository = Repository::new();
    repository.add("leeward-envelope", "");
    repository.write("target/package/util.rs", "// TODO\n");
    let Run { err, .. } = repository.run(&["tidy"]);
    assert!(!err.contains("target/"), "{err}");
}
