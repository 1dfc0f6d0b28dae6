use super::{
    DiscoveryFilter, KeyringSetupError, KmsCalls, grant_tokens::GrantTokens, unwrap,
    wrapping_key::WrappingKey,
};
use leeward_client_pool::regional::KeyArn;
use leeward_envelope::{
    BoxFuture, DecryptionMaterials, EncryptedDataKey, EncryptionMaterials, Keyring, KeyringError,
};
use leeward_error_taxonomy::Region;
use std::{fmt, sync::Arc};

/// Decrypts what any KMS key wrapped that the caller may use, as the message names it; encrypts nothing.
///
/// Whoever writes a message chooses which key KMS is asked for. So it goes only to the Regions that it is given, asks only
/// for keys that its [filter](Self::with_filter) lets through, and looks at both before any call. Of a message with many keys it
/// asks for one after the other: how many there may be is up to
/// [`DecryptorBuilder::with_max_encrypted_data_keys`](leeward_envelope::DecryptorBuilder::with_max_encrypted_data_keys).
///
/// Specification: aws-kms-discovery-keyring and aws-kms-mrk-discovery-keyring, "OnDecrypt".
///
/// ```
/// use leeward_error_taxonomy::Region;
/// use leeward_kms_envelope::{DiscoveryFilter, KeyringSetupError, KmsDiscoveryKeyring, KmsService};
///
/// fn keyring(kms: KmsService) -> Result<KmsDiscoveryKeyring<KmsService>, KeyringSetupError> {
///     let regions = ["us-east-1", "us-west-2"].map(Region::from_static);
///     let ours = DiscoveryFilter::new("aws", ["111122223333"])?;
///     Ok(KmsDiscoveryKeyring::new(regions, kms)?.with_filter(ours))
/// }
/// ```
pub struct KmsDiscoveryKeyring<S> {
    regions: Arc<[Region]>,
    kms: S,
    uses_replicas: bool,
    filter: Option<DiscoveryFilter>,
    grant_tokens: GrantTokens,
}

impl<S: KmsCalls> KmsDiscoveryKeyring<S> {
    /// Decrypts each key in the Region of its ARN, if that is one of `regions`; `kms` must serve these.
    ///
    /// # Errors
    ///
    /// [`KeyringSetupError::NoRegions`] if there are none.
    pub fn new(
        regions: impl IntoIterator<Item = Region>,
        kms: S,
    ) -> Result<Self, KeyringSetupError> {
        Self::discovering(regions, kms, false)
    }

    /// Decrypts a multi-Region key in whichever of `regions` answers, and any other key in its own Region, if that is one of
    /// them.
    ///
    /// With one Region it is the multi-Region discovery keyring of the specification. With several, each of them must have a
    /// replica of the keys, or KMS answers that there is no such key.
    ///
    /// # Errors
    ///
    /// [`KeyringSetupError::NoRegions`] if there are none.
    pub fn multi_region(
        regions: impl IntoIterator<Item = Region>,
        kms: S,
    ) -> Result<Self, KeyringSetupError> {
        Self::discovering(regions, kms, true)
    }

    fn discovering(
        regions: impl IntoIterator<Item = Region>,
        kms: S,
        uses_replicas: bool,
    ) -> Result<Self, KeyringSetupError> {
        let regions: Arc<[Region]> = regions.into_iter().collect();
        if regions.is_empty() {
            return Err(KeyringSetupError::NoRegions);
        }
        Ok(Self {
            regions,
            kms,
            uses_replicas,
            filter: None,
            grant_tokens: GrantTokens::default(),
        })
    }

    /// Asks for keys of this partition and these accounts only. Without a filter the caller's IAM policies alone say which
    /// keys may be asked for, those of other people's accounts included.
    #[must_use]
    pub fn with_filter(self, filter: DiscoveryFilter) -> Self {
        Self {
            filter: Some(filter),
            ..self
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
        Ok(Self {
            grant_tokens: GrantTokens::new(tokens)?,
            ..self
        })
    }

    /// What it calls KMS through.
    pub const fn kms(&self) -> &S {
        &self.kms
    }

    /// How the key is to be asked for, if it may be.
    fn key(&self, arn: KeyArn) -> Option<WrappingKey> {
        if !self.filter.iter().all(|filter| filter.allows(&arn)) {
            return None;
        }
        if self.uses_replicas && arn.is_multi_region() {
            // Where no router says otherwise, it is the first of the Regions.
            let mut regions = self.regions.iter();
            let replica = regions.find_map(|region| arn.in_region(region).ok())?;
            return Some(WrappingKey::ReplicatedIn(
                replica,
                Arc::clone(&self.regions),
            ));
        }
        let is_allowed = self.regions.contains(arn.region());
        is_allowed.then_some(WrappingKey::AtHome(arn))
    }
}

impl<S: KmsCalls> Keyring for KmsDiscoveryKeyring<S> {
    fn on_encrypt<'a>(
        &'a self,
        _: EncryptionMaterials,
    ) -> BoxFuture<'a, Result<EncryptionMaterials, KeyringError>> {
        let refused = KeyringError::unsupported(
            "a discovery keyring only decrypts: name the key to encrypt under, with KmsKeyring",
        );
        Box::pin(async { Err(refused) })
    }

    fn on_decrypt<'a>(
        &'a self,
        materials: DecryptionMaterials,
        keys: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<DecryptionMaterials, KeyringError>> {
        let ours = |arn| self.key(arn);
        Box::pin(unwrap::first_of(
            &self.kms,
            &self.grant_tokens,
            materials,
            keys,
            ours,
        ))
    }

    fn may_unwrap(&self, key: &EncryptedDataKey) -> bool {
        let arn = unwrap::arn_of(key);
        arn.and_then(|arn| self.key(arn)).is_some()
    }
}

impl<S> fmt::Debug for KmsDiscoveryKeyring<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KmsDiscoveryKeyring")
            .field("regions", &self.regions)
            .field("uses_replicas", &self.uses_replicas)
            .field("filter", &self.filter)
            .field("grant_tokens", &self.grant_tokens)
            .finish_non_exhaustive()
    }
}
