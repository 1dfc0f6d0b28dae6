use super::FileError;
use std::{
    ffi::OsStr,
    fs::{self, File, Permissions},
    io::{Read, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tempfile::NamedTempFile;
use tokio::runtime::Handle;
use zeroize::Zeroizing;

/// How much is read at once: enough for the calls to the system to cost nothing beside the cipher.
const CHUNK: usize = 256 << 10;

/// Does `work` on a blocking thread.
pub(super) async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FileError> + Send + 'static,
) -> Result<T, FileError> {
    let runtime = Handle::try_current().map_err(|_| FileError::NoThread)?;
    let done = runtime.spawn_blocking(work).await;
    done.map_err(|_| FileError::NoThread)?
}

/// A source that is open, and a temporary file that will be the target; dropped before, it is deleted.
pub(super) struct Pipe {
    from: PathBuf,
    to: PathBuf,
    source: File,
    len: u64,
    target: NamedTempFile,
    /// Who may read what the target takes the place of.
    mode: Option<Permissions>,
    buffer: Zeroizing<Vec<u8>>,
}

/// Who may read a target that is new, and what is left of the mode of one that is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readers {
    /// Its owner alone, as plaintext wants it.
    Owner,
    /// Whoever the process lets read its files.
    Usual,
}

impl Pipe {
    pub(super) fn new(from: &Path, to: &Path, readers: Readers) -> Result<Self, FileError> {
        let kind = fs::metadata(from).map_err(FileError::io("look at", from))?;
        if !kind.is_file() {
            let path = from.to_owned();
            return Err(FileError::NotAFile { path });
        }
        let to = &*place(to)?;
        let there = fs::metadata(to).ok();
        if let Some(there) = &there {
            if !there.is_file() {
                let path = to.to_owned();
                return Err(FileError::NotAFile { path });
            }
            if is_same(from, &kind, to, there) {
                let path = to.to_owned();
                return Err(FileError::SameFile { path });
            }
        }
        let source = File::open(from).map_err(FileError::io("open", from))?;
        let len = source.metadata().map_err(FileError::io("look at", from))?;
        let mode = there.and_then(|there| mode(&there, readers));
        // What takes the place of a file is read by nobody who may not read that, from the first byte on.
        let readers = mode.as_ref().map_or(readers, |_| Readers::Owner);
        let target = temporary(folder(to), readers)
            .map_err(FileError::io("make a temporary file beside", to))?;
        Ok(Self {
            from: from.to_owned(),
            to: to.to_owned(),
            source,
            len: len.len(),
            target,
            mode,
            buffer: Zeroizing::new(vec![0; CHUNK]),
        })
    }

    pub(super) fn from(&self) -> &Path {
        &self.from
    }

    pub(super) fn source(&mut self) -> &mut File {
        &mut self.source
    }

    /// How many bytes the source had when it was opened.
    pub(super) const fn len(&self) -> u64 {
        self.len
    }

    /// The next bytes of the source; none at its end.
    pub(super) fn read(&mut self) -> Result<&[u8], FileError> {
        loop {
            match self.source.read(&mut self.buffer) {
                Ok(len) => return Ok(&self.buffer[..len]),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(FileError::io("read", &self.from)(error)),
            }
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        let written = self.target.as_file_mut().write_all(bytes);
        written.map_err(FileError::io("write", &self.to))
    }

    /// Gives the target its name, once it is on the disk, unless nobody waits for it any more.
    pub(super) fn keep(self, is_wanted: impl Fn() -> bool) -> Result<(), FileError> {
        let Self {
            to, target, mode, ..
        } = self;
        if let Some(mode) = mode {
            let set = target.as_file().set_permissions(mode);
            set.map_err(FileError::io("set the mode of", &to))?;
        }
        let synced = target.as_file().sync_all();
        synced.map_err(FileError::io("write", &to))?;
        if !is_wanted() {
            return Err(FileError::NoThread);
        }
        let kept = target.persist(&to);
        kept.map_err(|error| FileError::io("give its name to", &to)(error.error))?;
        // The name is in the folder, which has to reach the disk too; not all systems let a folder be opened for that.
        #[cfg(unix)]
        File::open(folder(&to))
            .and_then(|folder| folder.sync_all())
            .map_err(|source| FileError::Unsynced { path: to, source })?;
        Ok(())
    }
}

/// Where the target is, which is behind the link if it is one.
fn place(to: &Path) -> Result<PathBuf, FileError> {
    let name = to.file_name().map(OsStr::as_encoded_bytes);
    if !name.is_some_and(|name| to.as_os_str().as_encoded_bytes().ends_with(name)) {
        let path = to.to_owned();
        return Err(FileError::NoName { path });
    }
    match fs::symlink_metadata(to) {
        Ok(there) if there.is_symlink() => {
            fs::canonicalize(to).map_err(FileError::io("follow the link", to))
        }
        _ => Ok(to.to_owned()),
    }
}

/// What a file keeps of the mode of the one whose place it takes.
#[cfg(unix)]
fn mode(there: &fs::Metadata, readers: Readers) -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt;
    let kept = match readers {
        Readers::Owner => 0o700,
        Readers::Usual => 0o777,
    };
    let mode = there.permissions().mode() & kept;
    Some(Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn mode(_: &fs::Metadata, _: Readers) -> Option<Permissions> {
    None
}

/// The folder that a file is in.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

fn temporary(folder: &Path, readers: Readers) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".leeward-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The mask of the process takes from these.
        let mode = match readers {
            Readers::Owner => 0o600,
            Readers::Usual => 0o666,
        };
        builder.permissions(Permissions::from_mode(mode));
    }
    #[cfg(not(unix))]
    let _ = readers;
    builder.tempfile_in(folder)
}

#[cfg(unix)]
fn is_same(_: &Path, a: &fs::Metadata, _: &Path, b: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

#[cfg(not(unix))]
fn is_same(a: &Path, _: &fs::Metadata, b: &Path, _: &fs::Metadata) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// Tells the thread that works for a future when that is gone.
#[derive(Debug, Default)]
pub(super) struct Interest(Arc<AtomicBool>);

impl Interest {
    pub(super) fn watch(&self) -> impl Fn() -> bool + Send + 'static {
        let is_gone = Arc::clone(&self.0);
        move || !is_gone.load(Ordering::Relaxed)
    }
}

impl Drop for Interest {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
