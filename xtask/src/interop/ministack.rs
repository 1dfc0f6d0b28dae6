//! What is played over ministack, an emulator of AWS.

use std::ffi::OsString;
use std::process::Command;

use super::{folder, needed, pins, python};
use crate::cargo;

/// The program, from the folder of the environment.
const PROGRAM: &str = if cfg!(windows) {
    "Scripts/ministack.exe"
} else {
    "bin/ministack"
};

/// Installs it, unless it is there, and plays the cases of a part.
pub(super) fn run(part: &str, mut command: Command, rest: &[OsString]) -> anyhow::Result<()> {
    let python = needed(python::look())?;
    let ministack = folder("ministack");
    // What is downloaded is what was looked at: every file of every version by its hash.
    python.install(&ministack, &pins("ministack"), &["--require-hashes"])?;
    command.arg("--ministack").arg(ministack.join(PROGRAM));
    command
        .arg("--log")
        .arg(folder("ministack").with_extension(format!("{part}.log")));
    command.args(rest);
    cargo::run(command)
}
