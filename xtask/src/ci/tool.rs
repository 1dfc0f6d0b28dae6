//! Programs that the checks need, installed at the version that this repository names.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::cargo;

/// A cargo subcommand at its pinned version.
#[derive(Debug)]
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
}

pub(crate) const DENY: Tool = Tool {
    name: "cargo-deny",
    version: "0.20.2",
};
pub(crate) const HACK: Tool = Tool {
    name: "cargo-hack",
    version: "0.6.46",
};

impl Tool {
    /// The program, ready for its arguments.
    pub(crate) fn command(&self) -> anyhow::Result<Command> {
        let mut command = cargo::program(self.ready()?);
        command.arg(self.subcommand());
        Ok(command)
    }

    /// The one below `target/tools`, or on the PATH if its version is the same; installed if there is none.
    fn ready(&self) -> anyhow::Result<PathBuf> {
        let ours = cargo::root().join("target/tools/bin").join(self.name);
        if self.is_at(&ours) {
            return Ok(ours);
        }
        let on_the_path = PathBuf::from(self.name);
        if self.is_at(&on_the_path) {
            return Ok(on_the_path);
        }
        cargo::run(self.install()).with_context(|| {
            format!(
                "{} {} is missing and could not be installed",
                self.name, self.version
            )
        })?;
        ensure!(
            self.is_at(&ours),
            "{} is installed, yet does not call itself {}",
            ours.display(),
            self.version
        );
        Ok(ours)
    }

    /// What cargo calls it by, and what it expects to hear from cargo.
    fn subcommand(&self) -> &'static str {
        self.name.trim_start_matches("cargo-")
    }

    fn install(&self) -> Command {
        let version = format!("={}", self.version);
        let mut install = cargo::command([
            "install",
            "--locked",
            "--version",
            &version,
            "--root",
            "target/tools",
        ]);
        // A shared target folder would keep gigabytes of it for good.
        install.arg(self.name).env_remove("CARGO_TARGET_DIR");
        install
    }

    fn is_at(&self, program: &Path) -> bool {
        let answer = Command::new(program)
            .args([self.subcommand(), "--version"])
            .output();
        answer.is_ok_and(|answer| self.is_named(&String::from_utf8_lossy(&answer.stdout)))
    }

    /// Whether `answer` is what `--version` says at the pinned version: `cargo-deny 0.20.2`.
    fn is_named(&self, answer: &str) -> bool {
        answer
            .split_whitespace()
            .take(2)
            .eq([self.name, self.version])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(answer: &str, expected: bool) {
        assert_eq!(DENY.is_named(answer), expected, "{answer}");
    }

    #[test]
    fn another_version_is_another_tool() {
        check("cargo-deny 0.20.2\n", true);
        check("cargo-deny 0.20.20\n", false);
        check("cargo-deny 0.18.0\n", false);
        check("cargo-hack 0.20.2\n", false);
        check("", false);
    }

    #[test]
    fn the_version_is_pinned() {
        let line = cargo::line(&HACK.install());
        assert_eq!(
            line,
            "cargo install --locked --version =0.6.46 --root target/tools cargo-hack"
        );
    }
}
