//! Wraps data keys under KMS keys.

mod calls;
mod discovery;
mod error;
mod filter;
mod grant_tokens;
mod lost;
mod multi;
mod operation;
mod setup;
mod single;
mod unwrap;
mod wrapping_key;

pub use calls::KmsCalls;
pub use discovery::KmsDiscoveryKeyring;
pub use error::KmsError;
pub use filter::DiscoveryFilter;
pub use multi::KmsMultiKeyringBuilder;
pub use operation::{Decrypt, EncryptDataKey, EncryptDataKeyInput, GenerateDataKey};
pub use setup::KeyringSetupError;
pub use single::KmsKeyring;

use aws_sdk_kms::primitives::Blob;
use leeward_envelope::DataKey;

/// Under this name the AWS Encryption SDK files keys that KMS wrapped.
const PROVIDER_ID: &str = "aws-kms";

/// Moves the key out of the SDK's answer into a place that wipes itself; what the SDK read it from is not ours to wipe.
fn secret(plaintext: Blob) -> DataKey {
    DataKey::new(plaintext.into_inner())
}
