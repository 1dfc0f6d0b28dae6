//! Installs into a folder, once for each state of what is wanted.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use crate::cargo;

/// Runs what `steps` names for `folder`, unless that was done for the same `wanted` before.
///
/// Paths are from the root of the workspace.
pub(super) fn once(
    folder: &Path,
    wanted: &str,
    steps: impl FnOnce(&Path) -> anyhow::Result<Vec<Command>>,
) -> anyhow::Result<()> {
    let root = cargo::root();
    let note = root.join(folder).with_extension("installed");
    if fs::read_to_string(&note).is_ok_and(|noted| noted == wanted) {
        return Ok(());
    }
    fs::create_dir_all(root.join(folder))
        .with_context(|| format!("could not make {}", folder.display()))?;
    // What breaks off half way is begun again.
    if note.exists() {
        fs::remove_file(&note).with_context(|| format!("could not remove {}", note.display()))?;
    }
    for step in steps(folder)? {
        cargo::run(step).with_context(|| {
            format!(
                "could not install what belongs into {}: is the network there?",
                folder.display()
            )
        })?;
    }
    fs::write(&note, wanted).with_context(|| format!("could not write {}", note.display()))
}

/// What is wanted, where a file pins it: for a program of this `version`, what the file says.
pub(super) fn pinned(pins: &Path, version: &str) -> anyhow::Result<String> {
    let pinned = fs::read_to_string(cargo::root().join(pins))
        .with_context(|| format!("could not read {}", pins.display()))?;
    Ok(format!("{version}\n{pinned}"))
}
