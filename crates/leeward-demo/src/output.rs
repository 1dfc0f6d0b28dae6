use crate::part;
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;
use tokio::task::spawn_blocking;

/// A file that is there whole or not at all.
///
/// It is written under another name in the same folder. Dropping it, at whatever point, removes what was written: the
/// temporary file goes with whoever holds it last, the blocking task included.
#[derive(Debug)]
pub(crate) struct Output {
    part: NamedTempFile,
    path: PathBuf,
}

impl Output {
    pub(crate) async fn create(path: PathBuf) -> io::Result<Self> {
        blocking(move || {
            let folder = path.parent().unwrap_or(Path::new("."));
            std::fs::create_dir_all(folder)?;
            let part = part::make(folder)?;
            Ok(Self { part, path })
        })
        .await
    }

    pub(crate) async fn append(mut self, bytes: Vec<u8>) -> io::Result<Self> {
        blocking(move || {
            self.part.write_all(&bytes)?;
            Ok(self)
        })
        .await
    }

    /// Puts the file in its place, once it is safely on the disk.
    pub(crate) async fn finish(self) -> io::Result<PathBuf> {
        blocking(move || {
            self.part.as_file().sync_all()?;
            self.part
                .persist(&self.path)
                .map_err(|failed| failed.error)?;
            Ok(self.path)
        })
        .await
    }
}

/// Runs what blocks where blocking is allowed.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    spawn_blocking(work).await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn what_is_not_finished_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let output = Output::create(folder.path().join("a")).await.unwrap();
        let output = output.append(b"half".to_vec()).await.unwrap();
        assert_eq!(names(folder.path()).len(), 1);
        drop(output);
        assert!(names(folder.path()).is_empty());
    }

    #[tokio::test]
    async fn what_is_finished_stands_under_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("below/a");
        let output = Output::create(path.clone()).await.unwrap();
        let output = output.append(b"whole".to_vec()).await.unwrap();
        output.finish().await.unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
        assert_eq!(names(path.parent().unwrap()), ["a"]);
    }
}
