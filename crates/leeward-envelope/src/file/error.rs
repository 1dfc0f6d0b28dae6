use crate::{DecryptError, EncryptError};
use std::{
    io,
    path::{Path, PathBuf},
};

/// Says why a file was not sealed or opened. The target is as it was before, unless it says otherwise, and no other file is
/// left.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The system did not do what was asked of it.
    #[error("could not {doing} {path}", path = path.display())]
    Io {
        /// What was to be done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The target is there, whole and under its name, which the system could not write to the disk: should the machine go
    /// down now, what was there before may come back.
    #[error("{path} is there, but its name may not outlast a crash of the machine", path = path.display())]
    Unsynced {
        /// The target.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The source is a folder, a pipe or a device.
    #[error("{path} is not a regular file: name one, or take a reader", path = path.display())]
    NotAFile {
        /// What was named.
        path: PathBuf,
    },
    /// The target is called as no file can be: by nothing, or by what ends in a slash.
    #[error("{path:?} is not the name of a file: say which file in which folder")]
    NoName {
        /// What was named.
        path: PathBuf,
    },
    /// Source and target are one file.
    #[error("{path} would be replaced by what becomes of it: name another target", path = path.display())]
    SameFile {
        /// What was named.
        path: PathBuf,
    },
    /// The file was not encrypted.
    #[error("could not encrypt {path}", path = path.display())]
    Encrypt {
        /// What was to be encrypted.
        path: PathBuf,
        /// Why it was not.
        source: EncryptError,
    },
    /// The file was not decrypted.
    #[error("could not decrypt {path}", path = path.display())]
    Decrypt {
        /// What was to be decrypted.
        path: PathBuf,
        /// Why it was not.
        source: DecryptError,
    },
    /// There is no runtime whose blocking threads could do the work, or it is shutting down, or the callback panicked.
    #[error(
        "no thread finished the work: call within a tokio runtime that lives on, with a callback that does not panic"
    )]
    NoThread,
}

impl FileError {
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            doing,
            path: path.to_owned(),
            source,
        }
    }

    pub(super) fn encrypt(path: &Path) -> impl FnOnce(EncryptError) -> Self {
        move |source| Self::Encrypt {
            path: path.to_owned(),
            source,
        }
    }

    pub(super) fn decrypt(path: &Path) -> impl FnOnce(DecryptError) -> Self {
        move |source| Self::Decrypt {
            path: path.to_owned(),
            source,
        }
    }
}
