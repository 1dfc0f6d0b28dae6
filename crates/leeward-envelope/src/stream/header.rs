use super::failure::is_passing;
use crate::{DecryptError, HeaderReader};
use std::io;

impl HeaderReader {
    /// Reads the header from `source`, and not a byte beyond it.
    ///
    /// For what follows, in a program without a runtime under it: [`DecryptingReader::new`](crate::DecryptingReader::new).
    /// Reads in pieces of a few bytes, so give it a source that is buffered, if calls to it are dear.
    ///
    /// # Errors
    ///
    /// [`DecryptError`] as [`push`](Self::push), in an [`io::Error`]; the end of the source is
    /// [`Truncated`](crate::MalformedMessage::Truncated). What `source` answers goes through.
    pub fn read_from(&mut self, source: &mut impl io::Read) -> io::Result<()> {
        let mut buffer = [0; 1024];
        while let Some(len) = self.missing()? {
            let buffer = &mut buffer[..len.min(1024)];
            match source.read(buffer) {
                Ok(read) => self.take(&buffer[..read])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_passing(&error) => return Err(error),
                Err(error) => return Err(self.broken_off(error)),
            }
        }
        Ok(())
    }

    /// Reads the header from `source`, and not a byte beyond it.
    ///
    /// Nothing is lost when the future is dropped: what was read is kept, and the next call goes on.
    ///
    /// # Errors
    ///
    /// As [`read_from`](Self::read_from).
    pub async fn read_from_async<R>(&mut self, source: &mut R) -> io::Result<()>
    where
        R: tokio::io::AsyncRead + Unpin,
    {
        use std::{future::poll_fn, pin::Pin};

        let mut buffer = [0; 1024];
        while let Some(len) = self.missing()? {
            let mut buffer = tokio::io::ReadBuf::new(&mut buffer[..len.min(1024)]);
            let read = poll_fn(|cx| Pin::new(&mut *source).poll_read(cx, &mut buffer)).await;
            read.map_err(|error| self.broken_off(error))?;
            self.take(buffer.filled())?;
        }
        Ok(())
    }

    /// Takes bytes that were [missing](Self::missing), or the end of the source.
    fn take(&mut self, bytes: &[u8]) -> Result<(), DecryptError> {
        if bytes.is_empty() {
            return Err(self.truncated());
        }
        self.push(bytes).map(drop)
    }
}
