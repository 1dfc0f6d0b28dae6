use crate::{failure::Failure, input::InputFile};
use std::{
    collections::{BTreeSet, HashMap},
    io::ErrorKind,
    path::{Component, Path, PathBuf},
};

/// The folder that the encrypted files go to.
#[derive(Debug)]
pub(crate) struct Destination {
    folder: PathBuf,
    /// Where that is, links resolved.
    real: PathBuf,
}

impl Destination {
    /// Looks at where `--output` leads. Nothing is written yet, nor does the folder have to be there.
    pub(crate) fn at(folder: &Path) -> Result<Self, Failure> {
        let unusable = |reason| unusable(folder, reason);
        let whole = std::path::absolute(folder).map_err(|error| unusable(error.to_string()))?;
        let there = nearest(&whole);
        let name = there.display();
        let real = there
            .canonicalize()
            .map_err(|error| unusable(format!("{name}: {error}")))?;
        if !real.is_dir() {
            return Err(unusable(format!("{name} is there and is no folder")));
        }
        let missing = whole.strip_prefix(there).unwrap_or(&whole);
        if missing
            .components()
            .any(|part| part == Component::ParentDir)
        {
            return Err(unusable(format!(
                "it goes back with .. from a folder that is not there, below {name}"
            )));
        }
        Ok(Self {
            folder: folder.to_path_buf(),
            real: real.join(missing),
        })
    }

    /// Whether this is the folder itself; `real` is a path without links.
    pub(crate) fn is(&self, real: &Path) -> bool {
        real == self.real
    }

    /// Whether this lies in the folder, or is it.
    pub(crate) fn holds(&self, real: &Path) -> bool {
        real.starts_with(&self.real)
    }

    /// Where the file goes, encrypted.
    pub(crate) fn place(&self, input: &InputFile) -> PathBuf {
        let mut name = input.relative.clone().into_os_string();
        name.push(".leeward");
        self.folder.join(name)
    }

    /// The folders that the files go to, be they there or not.
    pub(crate) fn folders(&self, files: &[InputFile]) -> Vec<PathBuf> {
        let places = files.iter().map(|file| self.place(file));
        let folders: BTreeSet<PathBuf> = places
            .filter_map(|place| place.parent().map(Path::to_path_buf))
            .collect();
        folders.into_iter().collect()
    }

    /// Refuses what would overwrite an input, or a folder, and folders in which no file can be made.
    pub(crate) fn check(&self, files: &[InputFile]) -> Result<(), Failure> {
        self.check_places(files)?;
        // From the root on: of a relative way, nothing at all may be there.
        let folders = self.folders(files).into_iter();
        let folders: Vec<_> = folders.flat_map(std::path::absolute).collect();
        let there: BTreeSet<&Path> = folders.iter().map(|folder| nearest(folder)).collect();
        for folder in there {
            // A file without a name, or one whose name is gone at once: nothing of it is to be seen.
            if let Err(error) = tempfile::tempfile_in(folder) {
                let (name, kind) = (folder.display(), error.kind());
                let reason = format!("no file can be made in {name}: {kind}");
                return Err(unusable(&self.folder, reason));
            }
        }
        Ok(())
    }

    fn check_places(&self, files: &[InputFile]) -> Result<(), Failure> {
        let inputs: HashMap<&Path, &Path> = files
            .iter()
            .map(|file| (file.real.as_path(), file.path.as_path()))
            .collect();
        for file in files {
            let place = self.place(file);
            let (from, to) = (file.path.display(), place.display());
            if place.is_dir() {
                return Err(Failure::bad_input(format!(
                    "{from} would become {to}, and that is a folder: give another --output"
                )));
            }
            let real = place.canonicalize().ok();
            if let Some(input) = real.and_then(|real| inputs.get(real.as_path()).copied()) {
                let input = input.display();
                return Err(Failure::bad_input(format!(
                    "{from} would become {to}, and that is the input {input}: give another --output"
                )));
            }
        }
        Ok(())
    }
}

fn unusable(folder: &Path, reason: String) -> Failure {
    let folder = folder.display();
    Failure::bad_input(format!(
        "cannot write to --output {folder}: {reason}; give a folder that you may write to, or the name of one that can be made"
    ))
}

/// The last part of the way that is there, if only as a link to nothing.
fn nearest(path: &Path) -> &Path {
    let is_missing = |path: &&Path| {
        let missing = [ErrorKind::NotFound, ErrorKind::NotADirectory];
        let met = path.symlink_metadata();
        met.is_err_and(|error| missing.contains(&error.kind()))
    };
    path.ancestors()
        .find(|path| !is_missing(path))
        .unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refuses(folder: &Path, says: &str) {
        let text = Destination::at(folder).unwrap_err().to_string();
        assert!(text.contains(says), "{text}");
        assert!(
            text.contains("give a folder that you may write to"),
            "{text}"
        );
    }

    #[test]
    fn a_folder_need_not_be_there_yet() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        let destination = Destination::at(&folder.path().join("a/b")).unwrap();
        assert!(destination.is(&real.join("a/b")));
        assert!(destination.holds(&real.join("a/b/c")));
        assert!(!destination.holds(&real.join("a/bc")));
        assert!(!folder.path().join("a").exists());
    }

    #[test]
    fn what_is_no_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, b"x").unwrap();
        refuses(&file, "file is there and is no folder");
        refuses(&file.join("below"), "file is there and is no folder");
        refuses(&folder.path().join("no/../where"), "goes back with ..");
        assert_eq!(std::fs::read(&file).unwrap(), b"x");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_resolved_unless_it_leads_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let (there, link) = (folder.path().join("there"), folder.path().join("link"));
        std::os::unix::fs::symlink(&there, &link).unwrap();
        refuses(&link, "link: No such file");
        std::fs::create_dir(&there).unwrap();
        let real = there.canonicalize().unwrap();
        let destination = Destination::at(&link.join("new")).unwrap();
        assert!(destination.is(&real.join("new")));
    }
}
