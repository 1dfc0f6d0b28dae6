//! Runs the program and looks at what it left behind.

use serde_json::Value;
use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

pub(crate) fn demo(output: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leeward-demo"));
    command.arg("--output").arg(output).args(args);
    // Whoever runs the tests may have credentials, endpoints or a proxy; the demo is not to find them.
    for (name, _) in std::env::vars_os().filter(|(name, _)| steers(name)) {
        command.env_remove(name);
    }
    command
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("HOME", "/nonexistent");
    command
}

/// Whether a variable tells an SDK whom to call, as whom, or by which way.
fn steers(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_uppercase();
    name.starts_with("AWS_") || name.ends_with("_PROXY")
}

pub(crate) fn report(output: &Output) -> Value {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// All files below a folder, hidden ones included, by their names from there on.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let name = |path: PathBuf| {
        let name = path.strip_prefix(folder).unwrap();
        name.to_str().unwrap().to_owned()
    };
    files(folder).into_iter().map(name).collect()
}

/// All files below a folder, hidden ones included.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path))
        } else {
            found.push(path)
        }
    }
    found.sort();
    found
}

#[test]
fn the_environment_of_the_caller_does_not_reach_the_demo() {
    for name in [
        "AWS_PROFILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_ENDPOINT_URL_KMS",
        "AWS_REGION",
        "https_proxy",
        "HTTP_PROXY",
        "no_proxy",
    ] {
        assert!(steers(name.as_ref()), "{name}");
    }
    for name in ["PATH", "HOME", "TMPDIR", "LAWS_", "PROXY_NOTES"] {
        assert!(!steers(name.as_ref()), "{name}");
    }
}
