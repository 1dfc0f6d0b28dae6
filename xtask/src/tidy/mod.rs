//! `cargo xtask tidy`: the part of the house style that a program can see.
//!
//! `tree` reads the sources, `krate` the manifests; every other file is one subject, checked by pure functions.

use std::fmt;

use anyhow::bail;

use crate::cargo;

mod contents;
mod krate;
mod length;
mod link;
mod listing;
mod name;
mod path;
mod tree;
mod word;

/// Checks the workspace; all violations go to standard error at once.
pub(crate) fn run() -> anyhow::Result<()> {
    let root = cargo::root();
    let files = tree::read(&root)?;
    let crates = krate::read()?;
    let mut violations = check(&files, &crates, &|path| root.join(path).exists());
    if violations.is_empty() {
        println!(
            "tidy: {} files of {} crates are in order",
            files.len(),
            crates.len()
        );
        return Ok(());
    }
    violations.sort();
    for violation in &violations {
        eprintln!("{violation}");
    }
    bail!(
        "{} against the house style (docs/CONTRIBUTING.md)",
        violations.len()
    )
}

fn check(
    files: &[tree::File],
    crates: &[krate::Crate],
    exists: &dyn Fn(&str) -> bool,
) -> Vec<Violation> {
    let mut violations: Vec<_> = crates.iter().flat_map(krate::check).collect();
    violations.extend(listing::check(files, crates));
    for file in files {
        if file.is_rust() {
            violations.extend(
                [length::check, name::check, word::check]
                    .iter()
                    .flat_map(|subject| subject(file)),
            );
        }
        if link::is_ours(&file.path) {
            violations.extend(link::check(file, exists));
        }
        if path::is_ours(&file.path) {
            violations.extend(path::check(file, exists));
        }
    }
    for krate in crates {
        violations.extend(contents::check(krate, files));
    }
    violations
}

/// One break of the style: where, which rule, and what to do.
#[derive(Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Violation {
    path: String,
    line: usize,
    rule: &'static str,
    advice: String,
}

impl Violation {
    fn new(path: &str, line: usize, rule: &'static str, advice: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            rule,
            advice: advice.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {}: {}",
            self.path, self.line, self.rule, self.advice
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_violation_is_where_an_editor_finds_it() {
        let violation = Violation::new("xtask/src/main.rs", 3, "no word for later", "do it now");
        assert_eq!(
            violation.to_string(),
            "xtask/src/main.rs:3: no word for later: do it now"
        );
    }
}
