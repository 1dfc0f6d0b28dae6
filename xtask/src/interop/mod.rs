//! `cargo xtask interop`: Leeward and programs of others.
//!
//! They are installed below `target/interop`, at the versions that `crates/leeward-interop/peers` pins, and kept between
//! runs; nothing is installed anywhere else. What is played with them is the business of `leeward-interop`.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use clap::ArgMatches;

use crate::{built, cargo, flag, rest, rest_of};

mod database;
mod debian;
mod install;
mod message;
mod ministack;
mod node;
mod python;
mod version;

const DRIVER: &str = "leeward-interop";
/// Where the programs are installed, and their logs.
const FOLDER: &str = "target/interop";

/// What is played, and what the driver is told.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// All if there is none.
    parts: Vec<Part>,
    rest: Vec<OsString>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    Messages,
    Secrets,
    Facades,
    Postgres,
    Mysql,
}

impl Part {
    const ALL: [Self; 5] = [
        Self::Messages,
        Self::Secrets,
        Self::Facades,
        Self::Postgres,
        Self::Mysql,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Secrets => "secrets",
            Self::Facades => "facades",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
        }
    }

    fn run(self, driver: &Path, rest: &[OsString]) -> anyhow::Result<()> {
        let mut command = cargo::program(driver);
        command.arg(self.name());
        match self {
            Self::Messages => message::run(command, rest),
            Self::Secrets | Self::Facades => ministack::run(self.name(), command, rest),
            Self::Postgres => database::POSTGRES.run(command, rest),
            Self::Mysql => database::MARIADB.run(command, rest),
        }
    }
}

/// The command line.
pub(crate) fn arguments() -> clap::Command {
    let part = |part: Part, help| flag(part.name()).help(help);
    clap::Command::new("interop")
        .about("Plays Leeward against programs of others, installed in target/interop: all five parts unless some are named")
        .arg(part(
            Part::Messages,
            "Round trips of messages with the official Encryption SDKs for Python and Node",
        ))
        .arg(part(
            Part::Secrets,
            "The cache of secrets over ministack, an emulator of AWS in Python",
        ))
        .arg(part(
            Part::Facades,
            "Every call of every facade over ministack",
        ))
        .arg(part(
            Part::Postgres,
            "Rotations of a password under load, with a real PostgreSQL",
        ))
        .arg(part(
            Part::Mysql,
            "The same with a real MariaDB, by the protocol of MySQL",
        ))
        .arg(rest("ARGUMENTS OF LEEWARD-INTEROP").help(
            "Goes to the one part that is named as it stands: `--messages -- --case KMS` plays what has this text in its name",
        ))
}

impl From<&ArgMatches> for Options {
    fn from(matches: &ArgMatches) -> Self {
        let parts = Part::ALL.into_iter();
        Self {
            parts: parts.filter(|part| matches.get_flag(part.name())).collect(),
            rest: rest_of(matches),
        }
    }
}

/// Installs what is missing, and plays the parts.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let plan = options.plan()?;
    let driver = driver()?;
    for part in plan {
        part.run(&driver, &options.rest)?;
    }
    Ok(())
}

impl Options {
    fn plan(&self) -> anyhow::Result<Vec<Part>> {
        match &*self.parts {
            [] if self.rest.is_empty() => Ok(Part::ALL.to_vec()),
            [part] => Ok(vec![*part]),
            parts if self.rest.is_empty() => Ok(parts.to_vec()),
            _ => bail!(
                "which part is told this? Name one: --messages, --secrets, --facades, --postgres or --mysql"
            ),
        }
    }
}

/// Leaves out who is missing, and says so; in CI that is a failure.
fn found<T>(looked: Result<T, String>) -> anyhow::Result<Option<T>> {
    match looked {
        Ok(peer) => Ok(Some(peer)),
        Err(missing) if is_ci() => bail!("{missing}; in CI nothing is left out"),
        Err(missing) => {
            eprintln!("left out: {missing}");
            Ok(None)
        }
    }
}

/// Without whom nothing can be played.
fn needed<T>(looked: Result<T, String>) -> anyhow::Result<T> {
    looked.map_err(|missing| anyhow!(missing))
}

fn is_ci() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true")
}

/// What plays the parts.
fn driver() -> anyhow::Result<PathBuf> {
    let built = built::programs("bin", &["--bin", DRIVER])?;
    let driver = built.into_iter().find(|built| built.name == DRIVER);
    let driver = driver.context("cargo has built the driver, and does not say where it is")?;
    Ok(driver.program)
}

/// Where something of this name is installed, from the root of the workspace.
fn folder(name: &str) -> PathBuf {
    Path::new(FOLDER).join(name)
}

/// Where its versions are pinned.
fn pins(name: &str) -> PathBuf {
    Path::new("crates/leeward-interop/peers").join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(words: &[&str], expected: Result<&[Part], &str>) {
        let words = ["interop"].iter().chain(words);
        let matches = arguments().try_get_matches_from(words).unwrap();
        let plan = Options::from(&matches).plan();
        let plan = plan.map_err(|error| error.to_string());
        let plan = plan.as_ref().map(|parts| &**parts);
        assert_eq!(plan.map_err(|error| &**error), expected);
    }

    #[test]
    fn all_is_played_unless_parts_are_named() {
        use Part::{Facades, Messages, Mysql, Postgres, Secrets};
        check(&[], Ok(&[Messages, Secrets, Facades, Postgres, Mysql]));
        check(&["--secrets"], Ok(&[Secrets]));
        check(&["--postgres", "--messages"], Ok(&[Messages, Postgres]));
        check(&["--mysql"], Ok(&[Mysql]));
        check(&["--secrets", "--", "--case", "text"], Ok(&[Secrets]));
        let which = "which part is told this? Name one: --messages, --secrets, --facades, --postgres or --mysql";
        check(&["--", "--case", "text"], Err(which));
        check(
            &["--secrets", "--postgres", "--", "--case", "a"],
            Err(which),
        );
    }
}
