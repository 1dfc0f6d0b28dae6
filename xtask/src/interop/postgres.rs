//! Rotations of a password under load, with a real PostgreSQL.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::{driver, folder, install, version};
use crate::cargo;

/// Where Debian puts its versions, from the root of the machine or of what was unpacked.
const VERSIONS: &str = "usr/lib/postgresql";
/// What is needed of it.
const PROGRAMS: [&str; 2] = ["initdb", "postgres"];

/// Finds one or unpacks one, and plays the rotations.
pub(super) fn run(rest: &[OsString]) -> anyhow::Result<()> {
    let unpacked = cargo::root().join(folder("postgres"));
    let mut command = driver("postgres");
    match on_the_path().or_else(|| newest(Path::new("/"))) {
        Some(programs) => command.arg("--programs").arg(programs),
        None => {
            unpack()?;
            let Some(programs) = newest(&unpacked) else {
                bail!(
                    "the package postgresql of this system has no {VERSIONS}/*/bin: install PostgreSQL by hand"
                );
            };
            command.arg("--programs").arg(programs);
            command.arg("--libraries").arg(libraries(&unpacked)?)
        }
    };
    command.arg("--log").arg(folder("postgres.log"));
    command.args(rest);
    cargo::run(command)
}

fn is_there(programs: &Path) -> bool {
    PROGRAMS.iter().all(|name| programs.join(name).is_file())
}

fn on_the_path() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).find(|folder| is_there(folder))
}

/// The newest that Debian's packages have put below `root`.
fn newest(root: &Path) -> Option<PathBuf> {
    let versions = fs::read_dir(root.join(VERSIONS)).ok()?.flatten();
    let programs = versions.filter_map(|version| {
        let numbers = version::parse(version.file_name().to_str()?)?;
        let programs = version.path().join("bin");
        is_there(&programs).then_some((numbers, programs))
    });
    programs.max().map(|(_, programs)| programs)
}

/// Downloads Debian's package and what it needs beyond what is installed, and unpacks it without installing anything: nobody
/// has to be root for it, and nothing of the machine is changed.
fn unpack() -> anyhow::Result<()> {
    for tool in ["apt-get", "dpkg"] {
        if version::of(tool).is_none() {
            bail!(
                "no PostgreSQL on the PATH or in /{VERSIONS}, and no {tool} to fetch one with: install PostgreSQL"
            );
        }
    }
    let packages = cargo::root().join(folder("packages"));
    install::once(&folder("postgres"), "postgresql", |to| {
        for folder in ["lists/partial", "archives/partial"] {
            let folder = packages.join(folder);
            fs::create_dir_all(&folder)
                .with_context(|| format!("could not make {}", folder.display()))?;
        }
        let apt = |arguments: &[&str]| {
            let mut apt = cargo::program("apt-get");
            for (option, value) in [
                ("Dir::State::Lists", packages.join("lists")),
                ("Dir::Cache", packages.clone()),
                ("Dir::Cache::archives", packages.join("archives")),
            ] {
                apt.arg("-o").arg(format!("{option}={}/", value.display()));
            }
            apt.args(["-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User="]);
            apt.args(["--quiet", "--quiet"]).args(arguments);
            apt
        };
        let mut unpack = cargo::program("sh");
        unpack.args([
            "-ec",
            r#"for package in "$1"/*.deb; do dpkg -x "$package" "$2"; done"#,
            "sh",
        ]);
        unpack.arg(packages.join("archives")).arg(to);
        Ok(vec![
            apt(&["update"]),
            apt(&[
                "install",
                "--download-only",
                "--yes",
                "--no-install-recommends",
                "postgresql",
            ]),
            unpack,
        ])
    })
}

/// Where the libraries are that the machine lacks: `usr/lib/x86_64-linux-gnu`, say.
fn libraries(unpacked: &Path) -> anyhow::Result<PathBuf> {
    let folders = fs::read_dir(unpacked.join("usr/lib")).context("nothing was unpacked")?;
    let is_of_a_machine = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.contains("-linux-"))
    };
    let mut folders = folders.flatten().map(|folder| folder.path());
    Ok(folders
        .find(is_of_a_machine)
        .unwrap_or_else(|| unpacked.join("usr/lib")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_that_is_whole_is_taken() {
        let root = tempfile::tempdir().unwrap();
        for (version, programs) in [("9.6", 2), ("17", 1), ("15", 2)] {
            let folder = root.path().join(VERSIONS).join(version).join("bin");
            fs::create_dir_all(&folder).unwrap();
            for program in &PROGRAMS[..programs] {
                fs::write(folder.join(program), "").unwrap();
            }
        }
        let expected = root.path().join(VERSIONS).join("15/bin");
        assert_eq!(newest(root.path()), Some(expected));
        assert_eq!(newest(&root.path().join("elsewhere")), None);
    }
}
