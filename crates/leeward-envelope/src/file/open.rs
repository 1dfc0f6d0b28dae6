use super::{
    FileError, Pipe, off_the_runtime,
    place::{Interest, Readers},
};
use crate::{Authenticated, DecryptError, Decryption, Decryptor, EncryptionContext, SignedStreams};
use std::{io, path::Path};
use zeroize::{Zeroize, Zeroizing};

impl Decryptor {
    /// Decrypts the file `from`, which is bound to every pair of `expected`, to the file `to`.
    ///
    /// What is at `to` is replaced at once, when all of the plaintext is verified, signature included, and on the disk. So
    /// signed messages are opened whatever [`with_signed_streams`](crate::DecryptorBuilder::with_signed_streams) says. On
    /// Unix its owner may read it, as far as what was there before said so, and nobody else, whatever that said; elsewhere
    /// whoever may read new files of its folder. A symbolic link is followed, and has to lead to a file. On any error but
    /// [`FileError::Unsynced`], and when the future is dropped, it stays as it was, and no other file is left; after a drop
    /// that is so a moment later. A drop while the file is about to get its name may come too late: then it is there, whole.
    /// A process that is killed leaves what was decrypted so far, each frame of it verified, in a file `.leeward-….tmp`
    /// beside the target. `progress` is told how many bytes of the message were decrypted, on the thread that does it.
    ///
    /// Needs a tokio runtime.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    pub async fn open_file(
        &self,
        from: impl AsRef<Path>,
        to: impl AsRef<Path>,
        expected: &EncryptionContext,
        progress: impl FnMut(u64) + Send + 'static,
    ) -> Result<Authenticated, FileError> {
        let (from, to) = (from.as_ref().to_owned(), to.as_ref().to_owned());
        // Nobody sees what is in the temporary file before the signature is verified.
        let reader = self.with_streams(SignedStreams::ReleaseUnverified);
        let mut header = reader.begin(expected);
        let (header, pipe) = off_the_runtime(move || {
            let mut pipe = Pipe::new(&from, &to, Readers::Owner)?;
            let read = header.read_from(pipe.source());
            read.map_err(|error| told(error, &from))?;
            Ok((header, pipe))
        })
        .await?;
        let decryption = header.open().await;
        let decryption = decryption.map_err(FileError::decrypt(pipe.from()))?;
        let interest = Interest::default();
        let is_wanted = interest.watch();
        let opened = off_the_runtime(move || open(decryption, pipe, progress, is_wanted)).await;
        drop(interest);
        opened
    }
}

/// What a header met, of its own or of the system's.
fn told(error: io::Error, from: &Path) -> FileError {
    match error.downcast::<DecryptError>() {
        Ok(error) => FileError::decrypt(from)(error),
        Err(error) => FileError::io("read", from)(error),
    }
}

fn open(
    mut decryption: Decryption,
    mut pipe: Pipe,
    mut progress: impl FnMut(u64),
    is_wanted: impl Fn() -> bool,
) -> Result<Authenticated, FileError> {
    let from = pipe.from().to_owned();
    let (mut out, mut done) = (Zeroizing::new(Vec::new()), 0);
    loop {
        if !is_wanted() {
            return Err(FileError::NoThread);
        }
        let read = pipe.read();
        let bytes = read.inspect_err(|_| decryption.broken_off())?;
        if bytes.is_empty() {
            break;
        }
        done += bytes.len() as u64;
        let pushed = decryption.push(bytes, &mut out);
        pushed.map_err(FileError::decrypt(&from))?;
        let written = pipe.write(&out);
        written.inspect_err(|_| decryption.broken_off())?;
        out.clear();
        progress(done);
    }
    let authenticated = decryption.finish().map_err(FileError::decrypt(&from))?;
    out.zeroize();
    pipe.keep(is_wanted)?;
    Ok(authenticated)
}
