//! Debian's packages, unpacked below `target/interop` without installing anything: nobody has to be root for it, and nothing of
//! the machine is changed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::{folder, install, version};
use crate::cargo;

/// Downloads `package` and what it needs beyond what is installed, and unpacks all of it; gives where.
pub(super) fn unpack(package: &str) -> anyhow::Result<PathBuf> {
    for tool in ["apt-get", "dpkg"] {
        if version::of(tool).is_none() {
            bail!("no {tool} to fetch the package {package} with");
        }
    }
    let packages = cargo::root().join(folder("packages"));
    let (lists, archives) = (packages.join("lists"), packages.join(package));
    install::once(&folder(package), package, |to| {
        for folder in [&lists, &archives] {
            let folder = folder.join("partial");
            fs::create_dir_all(&folder)
                .with_context(|| format!("could not make {}", folder.display()))?;
        }
        let apt = |arguments: &[&str]| {
            let mut apt = cargo::program("apt-get");
            for (option, value) in [
                ("Dir::State::Lists", &lists),
                ("Dir::Cache", &packages),
                ("Dir::Cache::archives", &archives),
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
        unpack.arg(&archives).arg(to);
        Ok(vec![
            apt(&["update"]),
            apt(&[
                "install",
                "--download-only",
                "--yes",
                "--no-install-recommends",
                package,
            ]),
            unpack,
        ])
    })?;
    Ok(cargo::root().join(folder(package)))
}

/// Where the libraries are that the machine lacks: `usr/lib/x86_64-linux-gnu`, say; nothing if it lacks none.
pub(super) fn libraries(unpacked: &Path) -> Option<PathBuf> {
    let folders = fs::read_dir(unpacked.join("usr/lib")).ok()?.flatten();
    let is_of_a_machine = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.contains("-linux-"))
    };
    folders.map(|folder| folder.path()).find(is_of_a_machine)
}
