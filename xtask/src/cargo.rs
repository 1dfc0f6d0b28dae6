//! Runs cargo and other programs at the root of the workspace, and says what was run when they fail.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use anyhow::{Context as _, bail};

/// The folder of the workspace that this run is about.
pub(crate) fn root() -> PathBuf {
    // `cargo run` names our folder while it runs us; outside of cargo the folder of the build stands in.
    let ours = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    ours.parent()
        .map_or_else(|| ours.clone(), Path::to_path_buf)
}

/// The cargo that runs us, with `arguments`.
pub(crate) fn command<I: IntoIterator<Item: AsRef<OsStr>>>(arguments: I) -> Command {
    let mut command = program(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// `program` at the root of the workspace, in the environment that a caller of plain cargo would have.
pub(crate) fn program(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    // What cargo tells us about the package xtask is nobody else's business: build scripts that read such a
    // variable would run again each time that the same build is started by hand and by us in turn.
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(is_about_our_package) {
            command.env_remove(name);
        }
    }
    command
}

fn is_about_our_package(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"]
        .iter()
        .any(|prefix| variable.starts_with(prefix))
        || ["CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "OUT_DIR"].contains(&variable)
}

/// Runs `command` to its end, showing its line first.
pub(crate) fn run(mut command: Command) -> anyhow::Result<()> {
    let line = line(&command);
    eprintln!("$ {line}");
    let status = command
        .status()
        .with_context(|| format!("could not start `{line}`"))?;
    succeeded(&line, status)
}

/// Turns a failure of what `line` ran into an error that tells how to repeat it.
pub(crate) fn succeeded(line: &str, status: ExitStatus) -> anyhow::Result<()> {
    if status.success() {
        return Ok(());
    }
    bail!("`{line}` failed ({status})")
}

/// `command` as one would type it at the root of the workspace.
pub(crate) fn line(command: &Command) -> String {
    let set = command
        .get_envs()
        .filter_map(|(name, value)| Some(format!("{}={}", name.to_string_lossy(), quoted(value?))));
    let program = Path::new(command.get_program());
    let program = match program.file_stem() {
        Some(stem) if stem == "cargo" => "cargo".to_owned(),
        _ => {
            let short = program.strip_prefix(root()).unwrap_or(program);
            quoted(short.as_os_str())
        }
    };
    set.chain([program])
        .chain(command.get_args().map(quoted))
        .collect::<Vec<_>>()
        .join(" ")
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.into_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_can_be_typed_again() {
        let mut command = Command::new("/opt/rust/bin/cargo");
        command
            .args(["test", "--", "it's", ""])
            .env("RUSTDOCFLAGS", "-D warnings")
            .env_remove("OUT_DIR");
        assert_eq!(
            line(&command),
            r"RUSTDOCFLAGS='-D warnings' cargo test -- 'it'\''s' ''"
        );
    }

    #[test]
    fn a_program_of_the_workspace_is_shown_from_its_root() {
        let command = Command::new(root().join("target/tools/bin/cargo-deny"));
        assert_eq!(line(&command), "target/tools/bin/cargo-deny");
    }

    #[test]
    fn what_cargo_says_about_xtask_stays_here() {
        assert!(is_about_our_package("CARGO_PKG_NAME"));
        assert!(is_about_our_package("CARGO_MANIFEST_DIR"));
        assert!(!is_about_our_package("CARGO_TARGET_DIR"));
        assert!(!is_about_our_package("CARGO_HOME"));
    }
}
