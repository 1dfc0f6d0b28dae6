//! Wraps data keys under KMS keys.

mod calls;
mod error;
mod operation;
mod setup;

pub use calls::KmsCalls;
pub use error::KmsError;
pub use operation::{Decrypt, GenerateDataKey};
pub use setup::KeyringSetupError;

use aws_sdk_kms::primitives::Blob;
use calls::call;
use error::UnusableAnswer;
use leeward_client_pool::regional::{InvalidResourceName, KeyArn};
use leeward_envelope::{
    BoxFuture, DataKey, DecryptionMaterials, EncryptedDataKey, EncryptionMaterials, KeyAttempt,
    Keyring, KeyringError,
};
use operation::{DECRYPT, GENERATE_DATA_KEY};
use std::{error::Error, fmt};

/// Wraps data keys under one multi-Region KMS key, in whichever of its Regions answers.
///
/// To encrypt it calls `kms:GenerateDataKey`, to decrypt `kms:Decrypt` with the key of the Region it calls, both with the
/// encryption context as it stands in the message. It decrypts what any replica of the key wrapped, and nothing else. How
/// long it waits, how often it tries and where is up to the service it is given; see [`KmsStack`](crate::KmsStack).
pub struct KmsKeyring<S> {
    key: KeyArn,
    kms: S,
    grant_tokens: Vec<String>,
}

impl<S: KmsCalls> KmsKeyring<S> {
    /// Wraps under `key`, a multi-Region key, through `kms`.
    ///
    /// # Errors
    ///
    /// [`KeyringSetupError::SingleRegion`] if the key is not a multi-Region key: it could not survive its Region.
    pub fn multi_region(key: KeyArn, kms: S) -> Result<Self, KeyringSetupError> {
        if !key.is_multi_region() {
            return Err(KeyringSetupError::SingleRegion { key });
        }
        Ok(Self {
            key,
            kms,
            grant_tokens: Vec::new(),
        })
    }

    /// Shows KMS these grant tokens, for a grant that is not yet in effect everywhere.
    ///
    /// # Errors
    ///
    /// [`KeyringSetupError::TooManyGrantTokens`] if there are more than ten, as many as KMS takes.
    pub fn with_grant_tokens(
        self,
        tokens: impl IntoIterator<Item = String>,
    ) -> Result<Self, KeyringSetupError> {
        let grant_tokens: Vec<String> = tokens.into_iter().collect();
        if grant_tokens.len() > 10 {
            return Err(KeyringSetupError::TooManyGrantTokens {
                count: grant_tokens.len(),
            });
        }
        Ok(Self {
            grant_tokens,
            ..self
        })
    }

    /// What it calls KMS through: of a [`KmsStack`](crate::KmsStack) the service that tells how its Regions stand.
    pub const fn kms(&self) -> &S {
        &self.kms
    }

    async fn wrap(
        &self,
        materials: EncryptionMaterials,
    ) -> Result<EncryptionMaterials, KeyringError> {
        if materials.data_key().is_some() {
            return Err(KeyringError::unsupported(
                "a KMS keyring makes its own data keys: put it first among the keyrings",
            ));
        }
        let bytes = i32::try_from(materials.suite().data_key_len()).unwrap_or(i32::MAX);
        let request =
            operation::generate_data_key(&self.key, bytes, materials.context(), &self.grant_tokens);
        let failed =
            |error: Box<dyn Error + Send + Sync>| KeyringError::wrap(self.key.to_string(), error);
        let output = call(self.kms.clone(), request)
            .await
            .map_err(|error| failed(KmsError::new(GENERATE_DATA_KEY, error).into()))?;
        // Taken first, so that it is wiped whatever else is wrong with the answer.
        let data_key = output.plaintext.map(secret);
        let arn = self
            .answering_key(output.key_id.as_deref())
            .map_err(|error| failed(error.into()))?;
        let (Some(data_key), Some(wrapped)) = (data_key, output.ciphertext_blob) else {
            return Err(failed(UnusableAnswer::NoKey.into()));
        };
        let wrapped = EncryptedDataKey::new(PROVIDER_ID, arn.to_string(), wrapped.into_inner())?;
        Ok(materials
            .with_data_key(data_key)?
            .with_encrypted_data_key(wrapped))
    }

    async fn unwrap(
        &self,
        materials: DecryptionMaterials,
        keys: &[EncryptedDataKey],
    ) -> Result<DecryptionMaterials, KeyringError> {
        if materials.data_key().is_some() {
            return Err(KeyringError::contract(
                "asked to unwrap a data key that is there already",
            ));
        }
        let mut met = Vec::new();
        for key in keys {
            match self.matches(key) {
                Ok(false) => met.push(KeyAttempt::skipped(key)),
                Err(error) => met.push(KeyAttempt::failed(key, error)),
                Ok(true) => match self.unwrap_one(&materials, key).await {
                    Ok(data_key) => return materials.with_data_key(data_key),
                    Err(error) => met.push(KeyAttempt::failed(key, error)),
                },
            }
        }
        Err(KeyringError::undecryptable(met))
    }

    /// Whether `key` was wrapped under a replica of ours. An ARN that cannot be read is an error, not another's key.
    fn matches(&self, key: &EncryptedDataKey) -> Result<bool, InvalidResourceName> {
        if key.provider_id() != PROVIDER_ID {
            return Ok(false);
        }
        let arn: KeyArn = String::from_utf8_lossy(key.provider_info()).parse()?;
        Ok(arn.is_replica_of(&self.key))
    }

    async fn unwrap_one(
        &self,
        materials: &DecryptionMaterials,
        key: &EncryptedDataKey,
    ) -> Result<DataKey, Box<dyn Error + Send + Sync>> {
        let request = operation::decrypt(&self.key, key, materials.context(), &self.grant_tokens);
        let output = call(self.kms.clone(), request)
            .await
            .map_err(|error| KmsError::new(DECRYPT, error))?;
        let data_key = output.plaintext.map(secret);
        self.answering_key(output.key_id.as_deref())?;
        let data_key = data_key.ok_or(UnusableAnswer::NoKey)?;
        if data_key.expose().len() != materials.suite().data_key_len() {
            return Err(UnusableAnswer::Length.into());
        }
        Ok(data_key)
    }

    /// The key that KMS says it used, which must be a replica of the one that was asked for.
    fn answering_key(&self, answered: Option<&str>) -> Result<KeyArn, UnusableAnswer> {
        let arn = answered.and_then(|arn| arn.parse::<KeyArn>().ok());
        arn.filter(|arn| arn.is_replica_of(&self.key))
            .ok_or_else(|| UnusableAnswer::OtherKey {
                asked: self.key.to_string(),
                answered: answered.unwrap_or("none").to_owned(),
            })
    }
}

/// Under this name the AWS Encryption SDK files keys that KMS wrapped.
const PROVIDER_ID: &str = "aws-kms";

/// Moves the key out of the SDK's answer into a place that wipes itself; what the SDK read it from is not ours to wipe.
fn secret(plaintext: Blob) -> DataKey {
    DataKey::new(plaintext.into_inner())
}

impl<S: KmsCalls> Keyring for KmsKeyring<S> {
    fn on_encrypt<'a>(
        &'a self,
        materials: EncryptionMaterials,
    ) -> BoxFuture<'a, Result<EncryptionMaterials, KeyringError>> {
        Box::pin(self.wrap(materials))
    }

    fn on_decrypt<'a>(
        &'a self,
        materials: DecryptionMaterials,
        keys: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<DecryptionMaterials, KeyringError>> {
        Box::pin(self.unwrap(materials, keys))
    }
}

/// A grant token is a credential, hence only its number is shown.
impl<S> fmt::Debug for KmsKeyring<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KmsKeyring")
            .field("key", &self.key)
            .field("grant_tokens", &self.grant_tokens.len())
            .finish_non_exhaustive()
    }
}
