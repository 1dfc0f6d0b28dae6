//! Rotations of a password under load, with a real database.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use super::{debian, folder, version};
use crate::cargo;

/// A database that is there, or in a package of Debian.
pub(super) struct Database {
    /// What the driver calls it.
    part: &'static str,
    /// What people call it.
    name: &'static str,
    package: &'static str,
    /// What is needed of it.
    programs: &'static [&'static str],
    /// Where Debian puts these, from the root of the machine or of what was unpacked; a `*` stands for a version.
    place: &'static str,
}

pub(super) const POSTGRES: Database = Database {
    part: "postgres",
    name: "PostgreSQL",
    package: "postgresql",
    programs: &["initdb", "postgres"],
    place: "usr/lib/postgresql/*/bin",
};

pub(super) const MARIADB: Database = Database {
    part: "mysql",
    name: "MariaDB",
    package: "mariadb-server-core",
    programs: &["mariadbd"],
    place: "usr/sbin",
};

impl Database {
    /// Finds one or unpacks one, and plays the rotations.
    pub(super) fn run(&self, mut command: Command, rest: &[OsString]) -> anyhow::Result<()> {
        match self.on_the_path().or_else(|| self.newest(Path::new("/"))) {
            Some(programs) => command.arg("--programs").arg(programs),
            None => {
                let (name, package) = (self.name, self.package);
                let unpacked = debian::unpack(package)
                    .with_context(|| format!("there is no {name} on this machine: install it"))?;
                let Some(programs) = self.newest(&unpacked) else {
                    let place = self.place;
                    bail!(
                        "the package {package} of this system has no {place}: install {name} by hand"
                    );
                };
                if let Some(libraries) = debian::libraries(&unpacked) {
                    command.arg("--libraries").arg(libraries);
                }
                command.arg("--programs").arg(programs)
            }
        };
        let log = folder(self.part).with_extension("log");
        if let Some(folder) = log.parent() {
            fs::create_dir_all(cargo::root().join(folder))
                .with_context(|| format!("could not make {}", folder.display()))?;
        }
        command.arg("--log").arg(log).args(rest);
        cargo::run(command)
    }

    fn is_in(&self, folder: &Path) -> bool {
        let mut programs = self.programs.iter();
        programs.all(|name| folder.join(name).is_file())
    }

    fn on_the_path(&self) -> Option<PathBuf> {
        let path = env::var_os("PATH")?;
        env::split_paths(&path).find(|folder| self.is_in(folder))
    }

    /// The newest that Debian's packages have put below `root`.
    fn newest(&self, root: &Path) -> Option<PathBuf> {
        let Some((versions, programs)) = self.place.split_once("/*/") else {
            let programs = root.join(self.place);
            return self.is_in(&programs).then_some(programs);
        };
        let versions = fs::read_dir(root.join(versions)).ok()?.flatten();
        let versions = versions.filter_map(|version| {
            let numbers = version::parse(version.file_name().to_str()?)?;
            let programs = version.path().join(programs);
            self.is_in(&programs).then_some((numbers, programs))
        });
        versions.max().map(|(_, programs)| programs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(folder: &Path, programs: &[&str]) {
        fs::create_dir_all(folder).unwrap();
        for program in programs {
            fs::write(folder.join(program), "").unwrap();
        }
    }

    #[test]
    fn the_newest_version_that_is_whole_is_taken() {
        let root = tempfile::tempdir().unwrap();
        let folder = |version| {
            root.path()
                .join("usr/lib/postgresql")
                .join(version)
                .join("bin")
        };
        put(&folder("9.6"), POSTGRES.programs);
        put(&folder("17"), &POSTGRES.programs[..1]);
        put(&folder("15"), POSTGRES.programs);
        assert_eq!(POSTGRES.newest(root.path()), Some(folder("15")));
        assert_eq!(POSTGRES.newest(&root.path().join("elsewhere")), None);
    }

    #[test]
    fn what_has_one_place_is_looked_for_there() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(MARIADB.newest(root.path()), None);
        let folder = root.path().join("usr/sbin");
        put(&folder, MARIADB.programs);
        assert_eq!(MARIADB.newest(root.path()), Some(folder));
    }
}
