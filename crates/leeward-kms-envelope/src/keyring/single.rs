use super::{
    KeyringSetupError, KmsCalls, KmsError, PROVIDER_ID,
    error::UnusableAnswer,
    grant_tokens::GrantTokens,
    operation::{self, ENCRYPT, GENERATE_DATA_KEY},
    secret, unwrap,
    wrapping_key::WrappingKey,
};
use aws_sdk_kms::{operation::RequestId, primitives::Blob};
use leeward_client_pool::regional::{KeyArn, KeyId};
use leeward_envelope::{
    BoxFuture, DataKey, DecryptionMaterials, EncryptedDataKey, EncryptionMaterials, Keyring,
    KeyringError,
};
use std::{error::Error, fmt};
use tower::ServiceExt;

/// Wraps data keys under one KMS key: a multi-Region key in whichever of its Regions answers, any other key in its own.
///
/// To encrypt it calls `kms:GenerateDataKey`, or `kms:Encrypt` where another keyring has made the data key; to decrypt
/// `kms:Decrypt` with the key named, all of them with the encryption context as it stands in the message. It decrypts what
/// its key wrapped, and nothing else. How long it waits, how often it tries and where is up to the service it is given; see
/// [`KmsStack`](crate::KmsStack).
///
/// A call that is dropped is given up: KMS may have counted it, and the data key that it may have made is known to nobody. Behind a
/// [cache](leeward_envelope::CachePolicy) many messages share one call, which goes on until the last of them is dropped.
///
/// Specification: aws-kms-keyring and aws-kms-mrk-keyring, "OnEncrypt" and "OnDecrypt".
pub struct KmsKeyring<S> {
    key: WrappingKey,
    kms: S,
    grant_tokens: GrantTokens,
}

impl<S: KmsCalls> KmsKeyring<S> {
    /// Wraps under `key`, a multi-Region key, through `kms`: in whichever Region answers, the key being called as it is there.
    ///
    /// # Errors
    ///
    /// [`KeyringSetupError::SingleRegion`] if the key is not a multi-Region key: it could not survive its Region.
    pub fn multi_region(key: KeyArn, kms: S) -> Result<Self, KeyringSetupError> {
        if !key.is_multi_region() {
            return Err(KeyringSetupError::SingleRegion { key });
        }
        Ok(Self::with(WrappingKey::Replicated(key), kms))
    }

    /// Wraps under `key` through `kms`, in the Region of its ARN and in no other.
    ///
    /// An alias or the id of a key is enough to encrypt: messages name the key that it stands for at that time. To decrypt
    /// it takes the ARN, since messages name no alias. A bare alias goes to whichever Region answers, and wraps under
    /// whichever key has that alias there. The bare id of a single-Region key tells nobody where that is, and no call is made: say so
    /// by [`KeyId::living_in`], or give the ARN.
    ///
    /// A multi-Region key in here is a key like any other: what its replicas wrapped is not read; see
    /// [`multi_region`](Self::multi_region).
    pub fn single(key: impl Into<KeyId>, kms: S) -> Self {
        Self::with(WrappingKey::at_home(key.into()), kms)
    }

    fn with(key: WrappingKey, kms: S) -> Self {
        Self {
            key,
            kms,
            grant_tokens: GrantTokens::default(),
        }
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
        Ok(self.with_tokens(GrantTokens::new(tokens)?))
    }

    pub(super) fn with_tokens(self, grant_tokens: GrantTokens) -> Self {
        Self {
            grant_tokens,
            ..self
        }
    }

    /// What it calls KMS through: of a [`KmsStack`](crate::KmsStack) the service that tells how its Regions stand.
    pub const fn kms(&self) -> &S {
        &self.kms
    }

    async fn wrap(
        &self,
        materials: EncryptionMaterials,
    ) -> Result<EncryptionMaterials, KeyringError> {
        match materials.data_key() {
            None => self.generate(materials).await,
            Some(data_key) => {
                let wrapped = self.encrypt(&materials, data_key).await?;
                Ok(materials.with_encrypted_data_key(wrapped))
            }
        }
    }

    async fn generate(
        &self,
        materials: EncryptionMaterials,
    ) -> Result<EncryptionMaterials, KeyringError> {
        let needed = materials.suite().data_key_len();
        let bytes = i32::try_from(needed).unwrap_or(i32::MAX);
        let (context, tokens) = (materials.context(), self.grant_tokens.as_slice());
        let request = operation::generate_data_key(&self.key, bytes, context, tokens);
        let kms = self.kms.clone();
        let output = kms
            .oneshot(request)
            .await
            .map_err(|error| self.refused(KmsError::new(GENERATE_DATA_KEY, &self.key, error)))?;
        let request_id = output.request_id().map(str::to_owned);
        // Taken first, so that it is wiped whatever else is wrong with the answer.
        let data_key = output.plaintext.map(secret);
        let (arn, wrapped) = self.wrapped(output.key_id.as_deref(), output.ciphertext_blob)?;
        let data_key = data_key.ok_or_else(|| self.failed(UnusableAnswer::NoKey))?;
        let len = data_key.expose().len();
        if len != needed {
            return Err(self.failed(UnusableAnswer::Length { len, needed }));
        }
        Ok(materials
            .with_data_key(data_key)?
            .with_encrypted_data_key(wrapped)
            .with_key_use(unwrap::used(&arn, request_id.as_deref())))
    }

    async fn encrypt(
        &self,
        materials: &EncryptionMaterials,
        data_key: &DataKey,
    ) -> Result<EncryptedDataKey, KeyringError> {
        let (context, tokens) = (materials.context(), self.grant_tokens.as_slice());
        let request = operation::encrypt(&self.key, data_key, context, tokens);
        let kms = self.kms.clone();
        let output = kms
            .oneshot(request)
            .await
            .map_err(|error| self.refused(KmsError::new(ENCRYPT, &self.key, error)))?;
        let wrapped = self.wrapped(output.key_id.as_deref(), output.ciphertext_blob)?;
        Ok(wrapped.1)
    }

    /// The wrapped key of an answer, under the ARN that the answer names.
    fn wrapped(
        &self,
        answered: Option<&str>,
        wrapped: Option<Blob>,
    ) -> Result<(KeyArn, EncryptedDataKey), KeyringError> {
        let arn = unwrap::answering(&self.key, answered)
            .ok_or_else(|| self.failed(UnusableAnswer::other_key(&self.key, answered)))?;
        let wrapped = wrapped.ok_or_else(|| self.failed(UnusableAnswer::NoKey))?;
        let wrapped = wrapped.into_inner();
        let wrapped = EncryptedDataKey::new(PROVIDER_ID, arn.to_string(), wrapped)?;
        Ok((arn, wrapped))
    }

    async fn unwrap(
        &self,
        materials: DecryptionMaterials,
        keys: &[EncryptedDataKey],
    ) -> Result<DecryptionMaterials, KeyringError> {
        if let WrappingKey::Named(key) = &self.key {
            return Err(KeyringError::unsupported(format!(
                "a keyring for {key} only encrypts: give it the ARN of the key to decrypt, since messages name neither \
                 aliases nor ids"
            )));
        }
        let ours = |arn| self.key.is(&arn).then(|| self.key.clone());
        unwrap::first_of(&self.kms, &self.grant_tokens, materials, keys, ours).await
    }

    fn refused(&self, error: KmsError) -> KeyringError {
        let (cause, record) = (error.cause(), error.failure().clone());
        let regions = error.regions().to_vec();
        let failed = self.failed(error).because(cause).recorded_as(record);
        failed.tried_in(regions)
    }

    fn failed(&self, error: impl Error + Send + Sync + 'static) -> KeyringError {
        KeyringError::wrap(self.key.to_string(), error)
    }
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

    fn may_unwrap(&self, key: &EncryptedDataKey) -> bool {
        unwrap::arn_of(key).is_some_and(|arn| self.key.is(&arn))
    }
}

impl<S> fmt::Debug for KmsKeyring<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KmsKeyring")
            .field("key", &self.key)
            .field("grant_tokens", &self.grant_tokens)
            .finish_non_exhaustive()
    }
}
