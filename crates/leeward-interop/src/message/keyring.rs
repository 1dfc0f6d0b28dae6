use super::site::Site;
use base64::{Engine, prelude::BASE64_STANDARD};
use leeward_envelope::{Keyring, MultiKeyring, RawAesKeyring, RawRsaKeyring, RsaPadding};
use leeward_kms_envelope::{DiscoveryFilter, KmsDiscoveryKeyring, KmsKeyring};
use serde::Serialize;
use std::{error::Error, sync::Arc};

/// A keyring, as the other side is told of it.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Spec {
    RawAes {
        namespace: String,
        name: String,
        key: String,
    },
    RawRsa {
        namespace: String,
        name: String,
        padding: Padding,
        public: Option<String>,
        private: Option<String>,
    },
    Multi {
        generator: Box<Self>,
        children: Vec<Self>,
    },
    Kms {
        key: String,
        #[serde(flatten)]
        endpoint: Endpoint,
    },
    KmsMultiRegion {
        key: String,
        #[serde(flatten)]
        endpoint: Endpoint,
    },
    KmsDiscovery {
        partition: String,
        accounts: Vec<String>,
        #[serde(flatten)]
        endpoint: Endpoint,
    },
    KmsMultiRegionDiscovery {
        partition: String,
        accounts: Vec<String>,
        #[serde(flatten)]
        endpoint: Endpoint,
    },
}

/// Where a KMS is, for who calls it by a Region's own client.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Endpoint {
    pub(crate) region: String,
    pub(crate) endpoint: String,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Padding {
    Pkcs1,
    OaepSha1,
    OaepSha256,
    OaepSha384,
    OaepSha512,
}

impl Padding {
    pub(crate) const ALL: [(Self, &str); 5] = [
        (Self::Pkcs1, "raw RSA, PKCS #1 v1.5"),
        (Self::OaepSha1, "raw RSA, OAEP SHA-1"),
        (Self::OaepSha256, "raw RSA, OAEP SHA-256"),
        (Self::OaepSha384, "raw RSA, OAEP SHA-384"),
        (Self::OaepSha512, "raw RSA, OAEP SHA-512"),
    ];

    const fn ours(self) -> RsaPadding {
        match self {
            Self::Pkcs1 => RsaPadding::Pkcs1,
            Self::OaepSha1 => RsaPadding::OaepSha1,
            Self::OaepSha256 => RsaPadding::OaepSha256,
            Self::OaepSha384 => RsaPadding::OaepSha384,
            Self::OaepSha512 => RsaPadding::OaepSha512,
        }
    }
}

impl Spec {
    pub(crate) fn raw_aes(name: &str, key: &[u8]) -> Self {
        Self::RawAes {
            namespace: "leeward-interop".to_owned(),
            name: name.to_owned(),
            key: BASE64_STANDARD.encode(key),
        }
    }

    /// Ours of this kind.
    pub(crate) fn ours(&self, site: &Site) -> Result<Arc<dyn Keyring>, Box<dyn Error>> {
        Ok(match self {
            Self::RawAes {
                namespace,
                name,
                key,
            } => {
                let key = BASE64_STANDARD.decode(key)?;
                Arc::new(RawAesKeyring::new(namespace, name, &key)?)
            }
            Self::RawRsa {
                namespace,
                name,
                padding,
                public,
                private,
            } => {
                let mut builder = RawRsaKeyring::builder(namespace, name, padding.ours());
                if let Some(public) = public {
                    builder = builder.with_public_pem(public);
                }
                if let Some(private) = private {
                    builder = builder.with_private_pem(private);
                }
                Arc::new(builder.build()?)
            }
            Self::Multi {
                generator,
                children,
            } => {
                let mut builder = MultiKeyring::builder().with_generator(generator.ours(site)?);
                for child in children {
                    builder = builder.with_child(child.ours(site)?);
                }
                Arc::new(builder.build()?)
            }
            Self::Kms { key, .. } => {
                let key: leeward_kms_envelope::KeyId = key.parse()?;
                Arc::new(KmsKeyring::single(key, site.kms()?))
            }
            Self::KmsMultiRegion { key, .. } => {
                Arc::new(KmsKeyring::multi_region(key.parse()?, site.kms()?)?)
            }
            Self::KmsDiscovery {
                partition,
                accounts,
                ..
            } => {
                let filter = DiscoveryFilter::new(partition, accounts)?;
                let keyring = KmsDiscoveryKeyring::new(Site::REGIONS, site.kms()?)?;
                Arc::new(keyring.with_filter(filter))
            }
            Self::KmsMultiRegionDiscovery {
                partition,
                accounts,
                ..
            } => {
                let filter = DiscoveryFilter::new(partition, accounts)?;
                let keyring = KmsDiscoveryKeyring::multi_region(Site::REGIONS, site.kms()?)?;
                Arc::new(keyring.with_filter(filter))
            }
        })
    }
}
