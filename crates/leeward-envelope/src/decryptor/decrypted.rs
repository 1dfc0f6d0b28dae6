use crate::{AlgorithmSuite, EncryptionContext};
use std::{fmt, mem};
use zeroize::Zeroizing;

/// A message whose every byte has been verified; wiped on drop.
pub struct Decrypted {
    plaintext: Zeroizing<Vec<u8>>,
    authenticated: Authenticated,
}

/// What a message says of itself, once that has been verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    context: EncryptionContext,
    suite: AlgorithmSuite,
}

impl Authenticated {
    pub(crate) const fn new(context: EncryptionContext, suite: AlgorithmSuite) -> Self {
        Self { context, suite }
    }

    /// The pairs that the message is bound to: those of its header, and those expected beyond it.
    #[must_use]
    pub const fn context(&self) -> &EncryptionContext {
        &self.context
    }

    /// The suite that it was written under.
    #[must_use]
    pub const fn suite(&self) -> AlgorithmSuite {
        self.suite
    }
}

impl Decrypted {
    pub(crate) fn new(plaintext: Vec<u8>, authenticated: Authenticated) -> Self {
        Self {
            plaintext: Zeroizing::new(plaintext),
            authenticated,
        }
    }

    /// What was encrypted.
    #[must_use]
    pub fn plaintext(&self) -> &[u8] {
        &self.plaintext
    }

    /// What was encrypted, to keep, and to wipe.
    #[must_use]
    pub fn into_plaintext(mut self) -> Vec<u8> {
        mem::take(&mut *self.plaintext)
    }

    /// The pairs that the message is bound to: those of its header, and those expected beyond it.
    #[must_use]
    pub const fn context(&self) -> &EncryptionContext {
        self.authenticated.context()
    }

    /// The suite that it was written under.
    #[must_use]
    pub const fn suite(&self) -> AlgorithmSuite {
        self.authenticated.suite()
    }
}

impl fmt::Debug for Decrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decrypted")
            .field("plaintext_len", &self.plaintext.len())
            .field("context", self.context())
            .field("suite", &self.suite())
            .finish()
    }
}
