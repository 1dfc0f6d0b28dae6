//! Between the ciphers and the keyring: asks for materials, holds the keyring to its contract, and uses data keys again
//! as far as a cache policy allows.

mod decryption;
mod encryption;
mod fingerprint;

pub(crate) use decryption::DecryptionMaterialsManager;
pub(crate) use encryption::EncryptionMaterialsManager;
