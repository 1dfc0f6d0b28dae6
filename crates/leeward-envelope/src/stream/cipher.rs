use crate::{Authenticated, DecryptError, Decryption, EncryptError, Encryption};
use std::{error::Error, io};

/// A message that is being written or read: an [`Encryption`] or a [`Decryption`], and nothing else.
pub trait Cipher: sealed::Cipher {}

impl Cipher for Encryption {}
impl Cipher for Decryption {}

pub(super) mod sealed {
    use super::*;

    /// Turns one side of a message into the other, bit by bit.
    pub trait Cipher: Unpin + Sized {
        /// Why it stopped.
        type Error: Error + Clone + Into<io::Error> + Unpin;
        /// What is known once it has come to its end.
        type Proof: Unpin;

        /// Writes what became of `input` from `at` on, over what stands there; answers where it ends.
        fn push_at(
            &mut self,
            input: &[u8],
            out: &mut Vec<u8>,
            at: usize,
        ) -> Result<usize, Self::Error>;

        /// Appends to `out` what is left, if the message has come to its end.
        fn finish(self, out: &mut Vec<u8>) -> Result<Self::Proof, Self::Error>;

        /// What `len` bytes take, in bytes that AES-GCM alone would do meanwhile.
        fn cost(&self, len: usize) -> usize;

        /// Notes that the source or the sink failed, so that nothing more comes.
        fn broken_off(&mut self);
    }

    impl Cipher for Encryption {
        type Error = EncryptError;
        type Proof = ();

        fn push_at(
            &mut self,
            input: &[u8],
            out: &mut Vec<u8>,
            at: usize,
        ) -> Result<usize, EncryptError> {
            Self::push_at(self, input, out, at)
        }

        fn finish(self, out: &mut Vec<u8>) -> Result<(), EncryptError> {
            Self::finish(self, out)
        }

        fn cost(&self, len: usize) -> usize {
            self.cost(len)
        }

        fn broken_off(&mut self) {
            self.broken_off();
        }
    }

    impl Cipher for Decryption {
        type Error = DecryptError;
        type Proof = Authenticated;

        fn push_at(
            &mut self,
            input: &[u8],
            out: &mut Vec<u8>,
            at: usize,
        ) -> Result<usize, DecryptError> {
            Self::push_at(self, input, out, at)
        }

        fn finish(self, _: &mut Vec<u8>) -> Result<Authenticated, DecryptError> {
            Self::finish(self)
        }

        fn cost(&self, len: usize) -> usize {
            self.cost(len)
        }

        fn broken_off(&mut self) {
            self.broken_off();
        }
    }
}
