//! Finds the sources of the SDK crates, and reads off them which error codes they know.
//!
//! The generated crates hold each code twice. The operation's parser matches on what comes over the wire,
//! `"EntityAlreadyExists" => crate::operation::create_role::CreateRoleError::EntityAlreadyExistsException({`, and
//! `types/error/` has a file for each shape, whose `Display` writes `Name [Code]`. A shape that no operation matches on
//! comes in event streams, or will come.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};
use walkdir::WalkDir;

/// The folder of each SDK crate that this crate depends on.
pub(crate) fn of_sdk_crates() -> Vec<(String, PathBuf)> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // For this platform alone, whose crates are all here: those of others need not be.
    let output = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--offline"])
        .args(["--filter-platform", &host()])
        .args([
            "--manifest-path",
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        ])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo metadata: {told}");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let own = packages
        .iter()
        .find(|package| package["name"] == env!("CARGO_PKG_NAME"))
        .unwrap();
    let wanted: BTreeSet<String> = own["dependencies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|dependency| text(&dependency["name"]))
        .filter(|name| name.starts_with("aws-sdk-"))
        .collect();
    packages
        .iter()
        .filter(|package| wanted.contains(package["name"].as_str().unwrap()))
        .map(|package| {
            let name = text(&package["name"]);
            let manifest = PathBuf::from(text(&package["manifest_path"]));
            let service = name.trim_start_matches("aws-sdk-").to_owned();
            (service, manifest.parent().unwrap().to_owned())
        })
        .collect()
}

fn host() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc names its host").to_owned()
}

/// Every error code that the sources in `folder` name.
pub(crate) fn codes_in(folder: &Path) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    let mut parsed = BTreeSet::new();
    for text in rust_files(&folder.join("src/protocol_serde")) {
        for (code, shape) in arms(&text) {
            codes.insert(code.to_owned());
            parsed.insert(shape.to_owned());
        }
    }
    for text in rust_files(&folder.join("src/types/error")) {
        let Some((shape, code)) = shape(&text) else {
            continue;
        };
        if !parsed.contains(shape) {
            codes.insert(code.to_owned());
        }
    }
    codes
}

/// How many shapes of errors the sources in `folder` export.
pub(crate) fn shapes_in(folder: &Path) -> usize {
    let list = fs::read_to_string(folder.join("src/types/error.rs")).unwrap();
    list.matches("pub use crate::types::error::_").count()
}

/// Every operation that the sources in `folder` offer, as AWS writes it: `pub struct ListObjectsV2;`.
pub(crate) fn operations_in(folder: &Path) -> Vec<String> {
    let mut operations = Vec::new();
    for text in rust_files(&folder.join("src/operation")) {
        for line in text.lines() {
            let name = line.strip_prefix("pub struct ");
            let name = name.and_then(|rest| rest.strip_suffix(';'));
            // A paginator has a field: `pub struct ListKeysPaginatorItems(…);`.
            operations.extend(name.filter(|name| !name.contains('(')).map(str::to_owned));
        }
    }
    operations
}

fn rust_files(folder: &Path) -> impl Iterator<Item = String> {
    assert!(
        folder.is_dir(),
        "{} is gone: the SDK has another form",
        folder.display()
    );
    WalkDir::new(folder)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| {
            entry
                .path()
                .extension()
                .is_some_and(|extension| extension == "rs")
        })
        .map(|entry| fs::read_to_string(entry.path()).unwrap())
}

/// Pairs of code and shape, from the arms that make an error of an operation.
fn arms(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.match_indices("\" => ").filter_map(|(at, arrow)| {
        let code = &text[text[..at].rfind('"')? + 1..at];
        let made = text[at + arrow.len()..].trim_start_matches(['{', ' ', '\n']);
        let path = &made.strip_prefix("crate::operation::")?;
        let shape = path[..path.find('(')?].rsplit("::").next()?;
        Some((code, shape))
    })
}

/// The name of the shape in a file of `types/error/` and the code that its `Display` writes.
fn shape(text: &str) -> Option<(&str, &str)> {
    let shape = text.split_once("pub struct ")?.1;
    let shape = &shape[..shape.find(' ')?];
    let written = text.split_once("write!(f, \"")?.1;
    let written = &written[..written.find('"')?];
    let code = match written.split_once(" [") {
        Some((_, code)) => code.trim_end_matches(']'),
        None => written,
    };
    Some((shape, code))
}

#[test]
fn both_forms_of_the_generated_sources_are_read() {
    let parser = "\
        Err(match error_code {\n\
            \"EC2ThrottledException\" => crate::operation::invoke::InvokeError::Ec2ThrottledException({\n\
            \"NoSuchEntity\" => {\n    crate::operation::get_role::GetRoleError::NoSuchEntityException({\n\
            \"Key\" => Some(1),\n";
    let found: Vec<_> = arms(parser).collect();
    let expected = [
        ("EC2ThrottledException", "Ec2ThrottledException"),
        ("NoSuchEntity", "NoSuchEntityException"),
    ];
    assert_eq!(found, expected);
    let file =
        "pub struct EfsioException {\n … ::std::write!(f, \"EfsioException [EFSIOException]\")?;";
    assert_eq!(shape(file), Some(("EfsioException", "EFSIOException")));
    let file = "pub struct TagException {\n … ::std::write!(f, \"TagException\")?;";
    assert_eq!(shape(file), Some(("TagException", "TagException")));
}
