//! Files, modules, functions and types are called after what they are about.

use super::Violation;
use super::tree::File;

/// Such a file becomes the attic: whatever has no place ends up there.
const ATTICS: &[&str] = &[
    "base", "common", "helper", "helpers", "impl", "manager", "misc", "shared", "types", "util",
    "utils",
];

/// Checks the file's own name, those of its folders, of its modules, types and public functions.
pub(super) fn check(file: &File) -> Vec<Violation> {
    let mut violations: Vec<_> = path(file).into_iter().collect();
    for (number, line) in file.code() {
        let words: Vec<&str> = line
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|word| !word.is_empty())
            .collect();
        for pair in words.windows(2) {
            let advice = match (pair[0], pair[1]) {
                ("mod", name) if ATTICS.contains(&name) => {
                    format!("call the module {name} after what is in it")
                }
                ("fn", name) if is_a_getter(name) && words[0] == "pub" => {
                    format!("call {name} {}", name.trim_start_matches("get_"))
                }
                ("struct" | "enum" | "trait" | "type" | "union", name) if is_a_manager(name) => {
                    format!("call {name} after what it does")
                }
                _ => continue,
            };
            violations.push(Violation::new(
                &file.path,
                number,
                "names say what a thing is",
                advice,
            ));
        }
    }
    violations
}

fn path(file: &File) -> Option<Violation> {
    let parts = file.path.trim_end_matches(".rs").split('/');
    let attic = parts.into_iter().find(|part| ATTICS.contains(part))?;
    let advice = format!("rename {attic} after what is in it");
    Some(Violation::new(
        &file.path,
        1,
        "names say what a thing is",
        advice,
    ))
}

/// `get_or_make` is none: it says that it may make what it gives.
fn is_a_getter(name: &str) -> bool {
    name.starts_with("get_") && !name.starts_with("get_or_")
}

/// The materials manager is called so by the specification of the AWS Encryption SDK.
fn is_a_manager(name: &str) -> bool {
    name.ends_with("Manager") && !name.ends_with("MaterialsManager")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, text: &str, expected: &[&str]) {
        let found = super::check(&File::new(path, text));
        let found: Vec<_> = found
            .iter()
            .map(|violation| format!("{}: {}", violation.line, violation.advice))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn attics_are_refused_at_every_level() {
        check(
            "crates/a/src/util.rs",
            "",
            &["1: rename util after what is in it"],
        );
        check(
            "crates/a/src/common/mod.rs",
            "",
            &["1: rename common after what is in it"],
        );
        check(
            "crates/a/tests/it/helpers.rs",
            "",
            &["1: rename helpers after what is in it"],
        );
        check(
            "crates/a/src/a.rs",
            "\npub(crate) mod types {\n}",
            &["2: call the module types after what is in it"],
        );
        check("crates/a/src/circuit.rs", "mod budget;", &[]);
    }

    #[test]
    fn getters_do_not_say_so() {
        check(
            "a.rs",
            "pub fn get_region(&self) {}",
            &["1: call get_region region"],
        );
        check(
            "a.rs",
            "    pub(crate) async fn get_key() {}",
            &["1: call get_key key"],
        );
        check(
            "a.rs",
            "pub fn get_or_make() {}\nfn get_key() {} pub fn target() {} // pub fn get_x()",
            &[],
        );
    }

    #[test]
    fn one_manager_is_enough() {
        check(
            "a.rs",
            "pub struct KeyManager<K>(K);",
            &["1: call KeyManager after what it does"],
        );
        check(
            "a.rs",
            "pub trait MaterialsManager {}\npub struct CachingMaterialsManager;",
            &[],
        );
        check("a.rs", "let manager: TransferManager = f();", &[]);
    }
}
