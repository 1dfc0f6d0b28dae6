use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

/// The folder of the repository, as it was when the demo was built.
pub(crate) fn root() -> PathBuf {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR"));
    ours.ancestors().nth(2).unwrap_or(ours).to_path_buf()
}

/// The folder that cargo builds into; `configured` is what `CARGO_TARGET_DIR` says, from the folder of the caller on.
/// Nothing if the repository has gone.
pub(crate) fn target(configured: Option<&OsStr>) -> Option<PathBuf> {
    match configured {
        Some(folder) if !folder.is_empty() => Some(folder.into()),
        _ => {
            let root = root();
            root.is_dir().then(|| root.join("target"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_folder_is_that_of_the_repository_unless_the_caller_says_another() {
        let root = root();
        assert!(root.is_absolute() && root.join("Cargo.lock").is_file());
        let ours = Some(root.join("target"));
        assert_eq!(target(None), ours);
        assert_eq!(target(Some("".as_ref())), ours);
        assert_eq!(target(Some("other".as_ref())), Some("other".into()));
    }
}
