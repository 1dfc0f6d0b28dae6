//! Python, and what is installed for it: each in a virtual environment of its own.

use std::path::Path;

use super::{install, version};
use crate::cargo;

/// The interpreter, from the folder of the environment.
pub(super) const PROGRAM: &str = if cfg!(windows) {
    "Scripts/python.exe"
} else {
    "bin/python"
};

/// The oldest that the packages take.
const LEAST: [u32; 2] = [3, 11];
const CANDIDATES: [&str; 6] = [
    "python3",
    "python3.14",
    "python3.13",
    "python3.12",
    "python3.11",
    "python",
];

/// An interpreter that is new enough.
pub(super) struct Python {
    program: String,
    version: String,
}

/// Looks for one, or says what to do.
pub(super) fn look() -> Result<Python, String> {
    let found = CANDIDATES
        .iter()
        .filter_map(|program| Some((program, version::of(program)?)));
    let good = found
        .clone()
        .find(|(_, version)| version::is_at_least(version, &LEAST));
    if let Some((program, version)) = good {
        return Ok(Python::at(program, &version));
    }
    let there: Vec<_> = found.map(|(_, version)| version).collect();
    let there = match there.is_empty() {
        true => "there is none".to_owned(),
        false => format!("there is {}", there.join(", ")),
    };
    Err(format!(
        "no Python of version 3.11 or newer on the PATH, {there}: install one for what is played with it"
    ))
}

impl Python {
    pub(super) fn at(program: &str, version: &str) -> Self {
        Self {
            program: program.to_owned(),
            version: version.to_owned(),
        }
    }

    /// Makes an environment in `folder` with the `requirements.txt` of `pins`, unless it is as it should be.
    pub(super) fn install(
        &self,
        folder: &Path,
        pins: &Path,
        options: &[&str],
    ) -> anyhow::Result<()> {
        let requirements = pins.join("requirements.txt");
        let wanted = install::pinned(&requirements, &self.version)?;
        install::once(folder, &wanted, |folder| {
            let mut make = cargo::program(&self.program);
            make.args(["-m", "venv", "--clear"]).arg(folder);
            let mut fill = cargo::program(cargo::root().join(folder).join(PROGRAM));
            fill.args(["-m", "pip", "install", "--disable-pip-version-check"]);
            fill.arg("--quiet").args(options);
            fill.arg("--requirement").arg(&requirements);
            Ok(vec![make, fill])
        })
    }
}
