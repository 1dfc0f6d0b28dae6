use super::{KeyringSetupError, KmsCalls, KmsKeyring, grant_tokens::GrantTokens};
use leeward_client_pool::regional::{KeyArn, KeyId};
use leeward_envelope::{MultiKeyring, NoKeyrings};
use std::fmt;

/// Makes a keyring that wraps each data key under several KMS keys, so that any of them decrypts.
///
/// A multi-Region key is used as by [`KmsKeyring::multi_region`], any other as by [`KmsKeyring::single`]; the calls for the
/// children go out at the same time.
///
/// Specification: aws-kms-multi-keyrings, "Strict Multi-Keyring"; aws-kms-mrk-multi-keyrings, "AWS KMS MRK Multi-Keyring".
/// Aliases and bare ids, which these refuse, are taken here.
///
/// ```
/// use leeward_envelope::MultiKeyring;
/// use leeward_kms_envelope::{KmsMultiKeyringBuilder, KmsService};
///
/// fn keyring(kms: KmsService) -> Result<MultiKeyring, Box<dyn std::error::Error>> {
///     let ours = "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";
///     let archive = "arn:aws:kms:us-west-2:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab";
///     Ok(KmsMultiKeyringBuilder::new(kms)
///         .with_generator(ours.parse()?)
///         .with_child(archive.parse()?)
///         .build()?)
/// }
/// ```
#[must_use]
pub struct KmsMultiKeyringBuilder<S> {
    kms: S,
    generator: Option<KeyId>,
    children: Vec<KeyId>,
    grant_tokens: GrantTokens,
}

impl<S: KmsCalls> KmsMultiKeyringBuilder<S> {
    /// Starts with no key; all of them are reached through `kms`.
    pub fn new(kms: S) -> Self {
        Self {
            kms,
            generator: None,
            children: Vec::new(),
            grant_tokens: GrantTokens::default(),
        }
    }

    /// Sets the key under which data keys are made; without one, the keyring only wraps what another keyring has made.
    pub fn with_generator(self, key: KeyId) -> Self {
        Self {
            generator: Some(key),
            ..self
        }
    }

    /// Adds a key under which each data key is wrapped as well.
    pub fn with_child(mut self, key: KeyId) -> Self {
        self.children.push(key);
        self
    }

    /// Shows KMS these grant tokens with each of the keys.
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

    /// Makes the keyring.
    ///
    /// # Errors
    ///
    /// [`KeyringSetupError::NoKeys`] if there is no key, and [`KeyringSetupError::SameMultiRegionKey`] with all keys that are
    /// replicas of another one: a second replica adds nothing.
    pub fn build(self) -> Result<MultiKeyring, KeyringSetupError> {
        let Self {
            kms,
            generator,
            children,
            grant_tokens,
        } = self;
        let keys = repeated(generator.iter().chain(&children));
        if !keys.is_empty() {
            return Err(KeyringSetupError::SameMultiRegionKey { keys });
        }
        let keyring = |key| keyring(key, kms.clone()).with_tokens(grant_tokens.clone());
        let mut builder = MultiKeyring::builder();
        if let Some(key) = generator {
            builder = builder.with_generator(keyring(key));
        }
        for key in children {
            builder = builder.with_child(keyring(key));
        }
        builder
            .build()
            .map_err(|NoKeyrings| KeyringSetupError::NoKeys)
    }
}

fn keyring<S: KmsCalls>(key: KeyId, kms: S) -> KmsKeyring<S> {
    let replicated = key
        .to_string()
        .parse::<KeyArn>()
        .ok()
        .and_then(|arn| KmsKeyring::multi_region(arn, kms.clone()).ok());
    replicated.unwrap_or_else(|| KmsKeyring::single(key, kms))
}

/// The id of a multi-Region key, which its replicas share; an alias has none, however it is called.
fn multi_region_id(key: &KeyId) -> Option<String> {
    let text = key.to_string();
    let id = if text.starts_with("arn:") {
        text.rsplit_once(":key/")?.1
    } else {
        &text
    };
    id.starts_with("mrk-").then(|| id.to_owned())
}

fn repeated<'a>(keys: impl Iterator<Item = &'a KeyId> + Clone) -> Vec<KeyId> {
    let ids = keys.clone().filter_map(multi_region_id);
    let ids: Vec<String> = ids.collect();
    let is_repeated = |key: &&KeyId| {
        multi_region_id(key).is_some_and(|id| ids.iter().filter(|other| **other == id).count() > 1)
    };
    keys.filter(is_repeated).cloned().collect()
}

impl<S> fmt::Debug for KmsMultiKeyringBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KmsMultiKeyringBuilder")
            .field("generator", &self.generator)
            .field("children", &self.children)
            .field("grant_tokens", &self.grant_tokens)
            .finish_non_exhaustive()
    }
}
