//! Messages on their way from a source or to a sink: [`Encryption`](crate::Encryption) and [`Decryption`](crate::Decryption)
//! behind the traits that sources and sinks have.
//!
//! What goes on between is one thing, `Conversion`, which does no input or output; readers, writers and streams are shells
//! around it, blocking or not. Each holds one chunk of input and what became of it. Whoever waits for the keyring does so
//! before: [`Encryptor::begin`](crate::Encryptor::begin), [`HeaderReader::open`](crate::HeaderReader::open).

#[cfg(feature = "stream")]
mod chunks;
mod cipher;
mod conversion;
mod failure;
mod header;
mod reader;
mod writer;

#[cfg(feature = "stream")]
pub use chunks::{CipherStream, DecryptingStream, EncryptingStream};
pub use cipher::Cipher;
pub use reader::{CipherReader, DecryptingReader, EncryptingReader};
pub use writer::{CipherWriter, DecryptingWriter, EncryptingWriter};

/// How much input is worked on between two looks at the other side: enough for calls to cost nothing beside the cipher, and
/// little enough to stay in the cache of a processor, output included.
pub(crate) const CHUNK: usize = 64 << 10;
