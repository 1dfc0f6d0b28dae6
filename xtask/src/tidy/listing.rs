//! Every crate is on the map.

use super::Violation;
use super::krate::Crate;
use super::tree::File;

const MAP: &str = "docs/architecture.md";
const FRONT_PAGE: &str = "README.md";

/// Looks for each crate in `docs/architecture.md`, and for what is published in the README's table too.
pub(super) fn check(files: &[File], crates: &[Crate]) -> Vec<Violation> {
    let ours: Vec<&Crate> = crates
        .iter()
        .filter(|krate| krate.folder.starts_with("crates/"))
        .collect();
    let mut violations = Vec::new();
    match files.iter().find(|file| file.path == MAP) {
        None => violations.push(Violation::new(
            MAP,
            1,
            "every crate is on the map",
            "write it: layers, code map, invariants",
        )),
        Some(file) => {
            let missing = ours
                .iter()
                .filter(|krate| !file.text.lines().any(|line| names(line, &krate.name)));
            violations.extend(missing.map(|krate| {
                Violation::new(
                    MAP,
                    1,
                    "every crate is on the map",
                    format!("say in the code map what {} is for", krate.name),
                )
            }));
        }
    }
    match files.iter().find(|file| file.path == FRONT_PAGE) {
        None => violations.push(Violation::new(
            FRONT_PAGE,
            1,
            "every crate is on the front page",
            "write it, with a table of crates",
        )),
        Some(file) => {
            let rows: Vec<&str> = file
                .text
                .lines()
                .filter(|line| line.trim_start().starts_with('|'))
                .collect();
            let missing = ours
                .iter()
                .filter(|krate| krate.published && !rows.iter().any(|row| names(row, &krate.name)));
            violations.extend(missing.map(|krate| {
                let advice = format!("add a row for {} to the table of crates", krate.name);
                Violation::new(FRONT_PAGE, 1, "every crate is on the front page", advice)
            }));
        }
    }
    violations
}

/// Whether `name` stands in `line` by itself: `leeward` is not in `leeward-s3`.
fn names(line: &str, name: &str) -> bool {
    let continues = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    line.match_indices(name).any(|(at, _)| {
        !line[..at].ends_with(continues) && !line[at + name.len()..].starts_with(continues)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(map: &str, front: &str, expected: &[&str]) {
        let files = [File::new(MAP, map), File::new(FRONT_PAGE, front)];
        let testkit = Crate {
            published: false,
            ..Crate::complete("leeward-testkit")
        };
        let found = super::check(
            &files,
            &[
                Crate::complete("leeward"),
                Crate::complete("leeward-s3"),
                testkit,
            ],
        );
        assert_eq!(
            found.iter().map(ToString::to_string).collect::<Vec<_>>(),
            expected
        );
    }

    #[test]
    fn a_name_counts_only_by_itself() {
        let map = "leeward/ all\nleeward-s3/ buckets\nleeward-testkit/ tests";
        check(
            map,
            "| `leeward` | all |\n| [leeward-s3](crates/leeward-s3) | buckets |",
            &[],
        );
        check(
            "leeward-s3 leeward-testkit",
            "leeward\n| leeward-s3 |",
            &[
                "docs/architecture.md:1: every crate is on the map: say in the code map what leeward is for",
                "README.md:1: every crate is on the front page: add a row for leeward to the table of crates",
            ],
        );
    }

    #[test]
    fn a_missing_page_is_one_complaint() {
        let found = super::check(&[], &[Crate::complete("leeward")]);
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "docs/architecture.md:1: every crate is on the map: write it: layers, code map, invariants",
                "README.md:1: every crate is on the front page: write it, with a table of crates",
            ]
        );
    }
}
