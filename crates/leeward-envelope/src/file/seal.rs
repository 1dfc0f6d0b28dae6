use super::{
    FileError, Pipe, off_the_runtime,
    place::{Interest, Readers},
};
use crate::{Encryption, EncryptionContext, Encryptor};
use std::path::Path;

impl Encryptor {
    /// Encrypts the file `from` to the file `to`, bound to `context`, and answers how many bytes of plaintext there were.
    ///
    /// What is at `to` is replaced at once, when all of the message is on the disk; its mode stays, and nothing else of it. A
    /// symbolic link is followed, and has to lead to a file. On any error but
    /// [`FileError::Unsynced`], and when the future is dropped, it stays as it was, and no other file is left; after a drop
    /// that is so a moment later. A drop while the file is about to get its name may come too late: then it is there, whole.
    /// A process that is killed leaves a file `.leeward-….tmp` beside the target. `progress` is told how many bytes were
    /// encrypted, on the thread that does it: after each 256 KiB, and at the end.
    ///
    /// Needs a tokio runtime. A file that grows or shrinks meanwhile is an error.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    pub async fn seal_file(
        &self,
        from: impl AsRef<Path>,
        to: impl AsRef<Path>,
        context: &EncryptionContext,
        progress: impl FnMut(u64) + Send + 'static,
    ) -> Result<u64, FileError> {
        let (from, to) = (from.as_ref().to_owned(), to.as_ref().to_owned());
        let pipe = off_the_runtime(move || Pipe::new(&from, &to, Readers::Usual)).await?;
        let encryption = self.begin(context, Some(pipe.len())).await;
        let encryption = encryption.map_err(FileError::encrypt(pipe.from()))?;
        let interest = Interest::default();
        let is_wanted = interest.watch();
        let sealed = off_the_runtime(move || seal(encryption, pipe, progress, is_wanted)).await;
        drop(interest);
        sealed
    }
}

fn seal(
    mut encryption: Encryption,
    mut pipe: Pipe,
    mut progress: impl FnMut(u64),
    is_wanted: impl Fn() -> bool,
) -> Result<u64, FileError> {
    let from = pipe.from().to_owned();
    let (mut out, mut done) = (Vec::new(), 0);
    loop {
        if !is_wanted() {
            return Err(FileError::NoThread);
        }
        let read = pipe.read();
        let plaintext = read.inspect_err(|_| encryption.broken_off())?;
        if plaintext.is_empty() {
            break;
        }
        done += plaintext.len() as u64;
        let pushed = encryption.push(plaintext, &mut out);
        pushed.map_err(FileError::encrypt(&from))?;
        let written = pipe.write(&out);
        written.inspect_err(|_| encryption.broken_off())?;
        out.clear();
        progress(done);
    }
    let finished = encryption.finish(&mut out);
    finished.map_err(FileError::encrypt(&from))?;
    pipe.write(&out)?;
    pipe.keep(is_wanted)?;
    progress(done);
    Ok(done)
}
