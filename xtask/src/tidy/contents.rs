//! `lib.rs` is a table of contents, and the README is the crate's documentation.

use super::Violation;
use super::krate::Crate;
use super::tree::File;
use crate::source;

const MAX_LINES: usize = 60;

/// Checks the library of `krate`, if it has one.
pub(super) fn check(krate: &Crate, files: &[File]) -> Vec<Violation> {
    let Some(path) = &krate.library else {
        return Vec::new();
    };
    let Some(file) = files.iter().find(|file| file.path == *path) else {
        return vec![Violation::new(
            path,
            1,
            "a library has a lib.rs",
            "create it, or correct [lib] in Cargo.toml",
        )];
    };
    let mut violations = Vec::new();
    if !file.text.lines().any(is_readme) {
        let advice = "begin with `#![doc = include_str!(\"../README.md\")]`";
        violations.push(Violation::new(
            path,
            1,
            "the README is the crate's documentation",
            advice,
        ));
    }
    if krate.published {
        violations.extend(table_of_contents(file));
    }
    violations
}

fn is_readme(line: &str) -> bool {
    line.starts_with("#![doc = include_str!(\"") && line.ends_with("README.md\")]")
}

fn table_of_contents(file: &File) -> Vec<Violation> {
    let rule = "lib.rs is a table of contents";
    let lines = file.text.lines().count();
    let too_long = (lines >= MAX_LINES).then(|| {
        Violation::new(
            &file.path,
            1,
            rule,
            format!("move what is not a name away: {lines} lines, fewer than {MAX_LINES} wanted"),
        )
    });
    let statements = source::statements(&file.separated.code);
    let other = statements
        .iter()
        .filter(|statement| !is_a_name(&statement.text))
        .map(|statement| {
            let advice = format!(
                "move `{}` into a module",
                source::shortened(&statement.text)
            );
            Violation::new(&file.path, statement.line, rule, advice)
        });
    too_long.into_iter().chain(other).collect()
}

/// `mod a;`, `pub mod a;`, `pub use a;` or `extern crate a;`
fn is_a_name(statement: &str) -> bool {
    let starts = [
        "mod ",
        "pub mod ",
        "pub(crate) mod ",
        "pub use ",
        "pub(crate) use ",
        "extern crate ",
    ];
    let is_a_module_with_a_body = statement.contains("mod ") && statement.ends_with('}');
    starts.iter().any(|start| statement.starts_with(start)) && !is_a_module_with_a_body
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = "#![doc = include_str!(\"../README.md\")]\n";

    #[track_caller]
    fn check(published: bool, text: &str, expected: &[&str]) {
        let krate = Crate {
            published,
            ..Crate::complete("leeward-a")
        };
        let found = super::check(&krate, &[File::new("crates/leeward-a/src/lib.rs", text)]);
        assert_eq!(
            found
                .iter()
                .map(|violation| format!("{}: {}", violation.line, violation.advice))
                .collect::<Vec<_>>(),
            expected
        );
    }

    #[test]
    fn names_pass() {
        check(
            true,
            &format!(
                "{README}#![cfg_attr(docsrs, feature(doc_cfg))]\n\nmod a;\n\npub use a::{{\n    B,\n}};\n"
            ),
            &[],
        );
    }

    #[test]
    fn code_belongs_into_a_module() {
        check(
            true,
            &format!("{README}\nmod a;\nfn b() {{}}\n"),
            &["4: move `fn b() {}` into a module"],
        );
        check(
            true,
            &format!("{README}mod a {{ fn b() {{}} }}\n"),
            &["2: move `mod a { fn b() {} }` into a module"],
        );
        check(false, &format!("{README}fn b() {{}}\n"), &[]);
    }

    #[test]
    fn sixty_lines_are_too_many() {
        check(true, &format!("{README}{}", "mod a;\n".repeat(58)), &[]);
        let too_long = format!("{README}{}", "mod a;\n".repeat(59));
        check(
            true,
            &too_long,
            &["1: move what is not a name away: 60 lines, fewer than 60 wanted"],
        );
    }

    #[test]
    fn the_readme_speaks_for_the_crate() {
        check(
            false,
            "//! Something else.\n",
            &["1: begin with `#![doc = include_str!(\"../README.md\")]`"],
        );
    }
}
