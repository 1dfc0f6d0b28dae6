//! Paths that the docs name in back-quotes are there.

use super::Violation;
use super::tree::File;

/// Whether the page at `path` describes the repository as it is; a changelog tells of what was.
pub(super) fn is_ours(path: &str) -> bool {
    path.starts_with("docs/") && path.ends_with(".md")
}

/// Checks the paths of `page`; `exists` answers for a path from the root.
pub(super) fn check(page: &File, exists: &dyn Fn(&str) -> bool) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut in_a_fence = false;
    for (number, line) in (1..).zip(page.text.lines()) {
        if line.trim_start().starts_with("```") {
            in_a_fence = !in_a_fence;
        } else if !in_a_fence {
            let missing = missing(line, exists).into_iter().map(|path| {
                let advice = format!("correct `{path}`: there is nothing of that name");
                Violation::new(&page.path, number, "paths in the docs are there", advice)
            });
            violations.extend(missing);
        }
    }
    violations
}

/// What `line` names that is not there.
fn missing<'a>(line: &'a str, exists: &dyn Fn(&str) -> bool) -> Vec<&'a str> {
    let mut missing = Vec::new();
    let mut before: Option<String> = None;
    for quoted in line.split('`').skip(1).step_by(2) {
        let places = match &before {
            _ if is_from_the_root(quoted) => vec![quoted.to_owned()],
            _ if is_from_the_crates(quoted) => vec![format!("crates/{quoted}")],
            Some(before) if is_a_path(quoted) => near(before, quoted),
            _ => continue,
        };
        match places.into_iter().find(|place| exists(place)) {
            Some(there) => before = Some(there),
            None => missing.push(quoted),
        }
    }
    missing
}

fn is_from_the_root(text: &str) -> bool {
    let starts = ["crates/", "docs/", "xtask/"];
    is_a_path(text) && starts.iter().any(|start| text.starts_with(start))
}

fn is_from_the_crates(text: &str) -> bool {
    is_a_path(text) && text.starts_with("leeward") && text.contains('/')
}

/// `retry/`, `retry/policy.rs`, `policy.rs`, and neither `a/b` of other things nor a pattern.
fn is_a_path(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    text.chars().all(is_plain)
        && !text.starts_with(['/', '.'])
        && (text.ends_with('/')
            || text.ends_with(".rs")
            || ["crates/", "docs/", "xtask/", "leeward"]
                .iter()
                .any(|start| text.starts_with(start)))
}

/// Where `path` may be that a line names behind `before`: in it, beside it, in a folder above it.
fn near(before: &str, path: &str) -> Vec<String> {
    let mut folder = before.trim_end_matches('/');
    let mut places = vec![format!("{folder}/{path}")];
    while let Some((above, _)) = folder.rsplit_once('/') {
        places.push(format!("{above}/{path}"));
        folder = above;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    const THERE: [&str; 7] = [
        "crates/leeward-a/fuzz/",
        "crates/leeward-a/src/key/",
        "crates/leeward-a/src/identity/",
        "crates/leeward-a/src/caching/",
        "crates/leeward-a/src/caching/usage.rs",
        "crates/leeward-a/tests/it/main.rs",
        "docs/SECURITY.md",
    ];

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let page = File::new("docs/map.md", text);
        let is_there = |path: &str| THERE.contains(&path);
        let found = super::check(&page, &is_there);
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_there_passes() {
        check("held by `crates/leeward-a/fuzz/`, `docs/SECURITY.md`", &[]);
        check("| keys | `leeward-a/src/key/`, `identity/` |", &[]);
        check("| `leeward-a/src/caching/`: limits in `usage.rs` |", &[]);
        check("| `leeward-a/fuzz/`, `tests/it/main.rs` |", &[]);
    }

    #[test]
    fn what_was_moved_is_named() {
        let of = |line: usize, path: &str| {
            format!(
                "docs/map.md:{line}: paths in the docs are there: \
                 correct `{path}`: there is nothing of that name"
            )
        };
        check(
            "a\n| `leeward-a/src/limits.rs` |\n`leeward-a/fuzz/`, `tests/it/old.rs`",
            &[&of(2, "leeward-a/src/limits.rs"), &of(3, "tests/it/old.rs")],
        );
        check("`xtask/src/gone.rs`", &[&of(1, "xtask/src/gone.rs")]);
    }

    #[test]
    fn other_things_are_none_of_ours() {
        check("`tests/it/main.rs` of each crate, `target/interop`", &[]);
        check("`leeward-a`, `leeward::kms`, `kms:Encrypt`, `a/b`", &[]);
        check("`crates/*/README.md`, `leeward_ci`", &[]);
        check("```sh\ncat `crates/leeward-b/`\n```\n", &[]);
    }

    #[test]
    fn a_changelog_may_tell_of_what_was() {
        assert!(is_ours("docs/architecture.md") && is_ours("docs/decisions/0001-a.md"));
        assert!(!is_ours("CHANGELOG.md") && !is_ours("crates/leeward-a/README.md"));
    }
}
