//! Parts: files that are being written, under a name that says so until they are whole.

use std::{
    ffi::OsStr,
    fs::{self, DirEntry, File, TryLockError},
    io,
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

const PREFIX: &str = ".leeward-part-";
/// How many letters and digits come after the prefix.
const RANDOM: usize = 6;

/// Makes an empty part, which is locked for as long as it is open, so that no other run takes it for abandoned.
pub(crate) fn make(folder: &Path) -> io::Result<NamedTempFile> {
    loop {
        let part = tempfile::Builder::new()
            .prefix(PREFIX)
            .rand_bytes(RANDOM)
            .tempfile_in(folder)?;
        // Between making and locking a sweep may have taken it. Where there are no locks nobody sweeps.
        let locked = part.as_file().try_lock();
        if !matches!(locked, Err(TryLockError::WouldBlock)) && part.path().exists() {
            return Ok(part);
        }
    }
}

/// Removes the parts in these folders, but not below, that a run which was killed has left; says which.
pub(crate) fn sweep(folders: &[PathBuf]) -> Vec<PathBuf> {
    let entries = folders
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flat_map(Iterator::flatten);
    let abandoned = entries.filter(is_abandoned);
    let removed = abandoned.filter_map(|entry| {
        let path = entry.path();
        take(&path).ok()?.then_some(path)
    });
    let mut removed: Vec<PathBuf> = removed.collect();
    removed.sort();
    removed
}

fn is_abandoned(entry: &DirEntry) -> bool {
    is_part(&entry.file_name()) && entry.file_type().is_ok_and(|kind| kind.is_file())
}

fn is_part(name: &OsStr) -> bool {
    let random = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
    random.is_some_and(|random| {
        random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// Removes a part unless somebody writes it. The lock goes with the process that held it, however it ended.
fn take(path: &Path) -> io::Result<bool> {
    let file = File::options().write(true).open(path)?;
    if file.try_lock().is_err() {
        return Ok(false);
    }
    fs::remove_file(path)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_killed_run_left_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let ours = make(folder.path()).unwrap();
        fs::create_dir(path(".leeward-part-folder")).unwrap();
        fs::create_dir(path("below")).unwrap();
        let kept = [
            ".leeward-part-short",
            ".leeward-part-a.file",
            ".leeward-part-toolong",
            "x.leeward-part-abc123",
            "below/.leeward-part-abc123",
            "file.leeward",
        ];
        for name in kept {
            fs::write(path(name), b"x").unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink("file.leeward", path(".leeward-part-aalink")).unwrap();
        let left = [path(".leeward-part-0aZ9bY"), path(".leeward-part-abc123")];
        for path in &left {
            fs::write(path, b"half").unwrap();
        }
        let folders = [folder.path().to_path_buf(), path("missing")];
        assert_eq!(sweep(&folders), left);
        assert!(ours.path().exists(), "another run writes it");
        assert!(kept.iter().all(|name| path(name).exists()));
        assert!(path(".leeward-part-folder").exists());
        #[cfg(unix)]
        assert!(path(".leeward-part-aalink").is_symlink());
        assert_eq!(sweep(&folders), [] as [PathBuf; 0]);
    }
}
