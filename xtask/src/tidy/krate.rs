//! What a manifest says about its crate.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;

use super::Violation;
use crate::metadata::{self, is_published, items, text, texts};

/// A member of the workspace.
#[derive(Debug)]
pub(super) struct Crate {
    pub(super) name: String,
    /// From the root, with slashes.
    pub(super) folder: String,
    pub(super) published: bool,
    /// The path of its `lib.rs`, if it has a library.
    pub(super) library: Option<String>,
    pub(super) description: String,
    pub(super) keywords: Vec<String>,
    pub(super) categories: Vec<String>,
    pub(super) license: String,
    /// Says how docs.rs builds it.
    pub(super) documented: bool,
    /// Takes the lints of the workspace, `unsafe_code = "forbid"` among them.
    pub(super) linted: bool,
}

/// The members of the workspace.
pub(super) fn read() -> anyhow::Result<Vec<Crate>> {
    let metadata = metadata::read(&["--no-deps"])?;
    let root = Path::new(text(&metadata, "workspace_root"));
    items(&metadata, "packages")
        .iter()
        .map(|package| from_metadata(package, root))
        .collect()
}

fn from_metadata(package: &Value, root: &Path) -> anyhow::Result<Crate> {
    let from_root = |path: &str| {
        let path = Path::new(path);
        path.strip_prefix(root)
            .unwrap_or(path)
            .to_string_lossy()
            .replace('\\', "/")
    };
    let path = text(package, "manifest_path");
    let manifest = fs::read_to_string(path).with_context(|| format!("could not read {path}"))?;
    let is_library = |target: &&Value| items(target, "kind").iter().any(|kind| kind == "lib");
    let library = items(package, "targets").iter().find(is_library);
    Ok(Crate {
        name: text(package, "name").to_owned(),
        folder: from_root(path).trim_end_matches("/Cargo.toml").to_owned(),
        published: is_published(package),
        library: library.map(|target| from_root(text(target, "src_path"))),
        description: text(package, "description").to_owned(),
        keywords: texts(package, "keywords"),
        categories: texts(package, "categories"),
        license: text(package, "license").to_owned(),
        documented: package["metadata"]["docs"]["rs"].is_object(),
        linted: takes_the_lints(&manifest),
    })
}

/// Whether the manifest says `[lints] workspace = true`; cargo's metadata does not tell.
fn takes_the_lints(manifest: &str) -> bool {
    let mut lines = manifest
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != "[lints]")
        .skip(1);
    let of_the_table = lines.by_ref().take_while(|line| !line.starts_with('['));
    of_the_table
        .into_iter()
        .any(|line| line.replace(' ', "").starts_with("workspace=true"))
        || manifest.contains("\nlints.workspace = true")
}

/// Checks the manifest; the crates below `crates/` say more about themselves than the tools beside them.
pub(super) fn check(krate: &Crate) -> Vec<Violation> {
    let path = format!("{}/Cargo.toml", krate.folder);
    let mut violations = Vec::new();
    let mut want = |kept: bool, rule, advice: &str| {
        if !kept {
            violations.push(Violation::new(&path, 1, rule, advice));
        }
    };
    want(
        krate.linted,
        "one set of lints",
        "add `[lints]` with `workspace = true`",
    );
    let rule = "a crate says what it is";
    want(
        !krate.description.trim().is_empty(),
        rule,
        "add a `description` of one sentence",
    );
    want(
        !krate.license.is_empty(),
        rule,
        "add `license.workspace = true`",
    );
    if krate.folder.starts_with("crates/") {
        let keywords = &krate.keywords;
        let fits =
            (1..=5).contains(&keywords.len()) && keywords.iter().all(|keyword| keyword.len() <= 20);
        want(
            fits,
            rule,
            "give one to five `keywords` of at most 20 characters each (what crates.io takes)",
        );
        want(
            (1..=5).contains(&krate.categories.len()),
            rule,
            "add `categories.workspace = true`, or one to five of its own",
        );
        want(
            krate.documented,
            rule,
            "add `[package.metadata.docs.rs]` with `all-features = true`",
        );
        let folder = format!("crates/{}", krate.name);
        want(
            krate.folder == folder,
            "a folder is called like its crate",
            &format!("move it to {folder}"),
        );
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Crate {
        /// A crate with nothing to complain about.
        pub(in super::super) fn complete(name: &str) -> Self {
            Self {
                name: name.to_owned(),
                folder: format!("crates/{name}"),
                published: true,
                library: Some(format!("crates/{name}/src/lib.rs")),
                description: "Does one thing".to_owned(),
                keywords: vec!["aws".to_owned()],
                categories: vec!["asynchronous".to_owned()],
                license: "MIT".to_owned(),
                documented: true,
                linted: true,
            }
        }
    }

    #[track_caller]
    fn check(krate: &Crate, expected: &[&str]) {
        let found = super::check(krate);
        assert_eq!(
            found.iter().map(ToString::to_string).collect::<Vec<_>>(),
            expected
        );
    }

    #[test]
    fn a_complete_manifest_passes() {
        check(&Crate::complete("leeward-a"), &[]);
    }

    #[test]
    fn every_gap_is_named() {
        let krate = Crate {
            description: String::new(),
            keywords: vec!["longer-than-twenty-characters".to_owned()],
            categories: Vec::new(),
            license: String::new(),
            documented: false,
            linted: false,
            ..Crate::complete("leeward-a")
        };
        check(
            &krate,
            &[
                "crates/leeward-a/Cargo.toml:1: one set of lints: add `[lints]` with `workspace = true`",
                "crates/leeward-a/Cargo.toml:1: a crate says what it is: add a `description` of one sentence",
                "crates/leeward-a/Cargo.toml:1: a crate says what it is: add `license.workspace = true`",
                "crates/leeward-a/Cargo.toml:1: a crate says what it is: \
                 give one to five `keywords` of at most 20 characters each (what crates.io takes)",
                "crates/leeward-a/Cargo.toml:1: a crate says what it is: \
                 add `categories.workspace = true`, or one to five of its own",
                "crates/leeward-a/Cargo.toml:1: a crate says what it is: \
                 add `[package.metadata.docs.rs]` with `all-features = true`",
            ],
        );
    }

    #[test]
    fn a_tool_needs_no_keywords() {
        let krate = Crate {
            folder: "xtask".to_owned(),
            keywords: Vec::new(),
            documented: false,
            ..Crate::complete("xtask")
        };
        check(&krate, &[]);
    }

    #[test]
    fn a_folder_is_called_like_its_crate() {
        let krate = Crate {
            folder: "crates/b".to_owned(),
            ..Crate::complete("leeward-b")
        };
        check(
            &krate,
            &[
                "crates/b/Cargo.toml:1: a folder is called like its crate: move it to crates/leeward-b",
            ],
        );
    }

    #[test]
    fn the_lints_are_taken_from_the_workspace() {
        assert!(takes_the_lints(
            "[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n"
        ));
        assert!(takes_the_lints(
            "[package]\nname = \"a\"\n\n[lints]\nworkspace=true\n[dependencies]\n"
        ));
        assert!(!takes_the_lints("[package]\nversion.workspace = true\n"));
        assert!(!takes_the_lints(
            "[lints.rust]\nunsafe_code = \"allow\"\n\n[dependencies]\na.workspace = true\n"
        ));
        assert!(!takes_the_lints(
            "[lints]\n[dependencies]\nworkspace = true\n"
        ));
    }
}
