use crate::keyring::pem::NotPem;
use std::fmt;

/// One of the two halves of an RSA key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RsaKeyHalf {
    /// The public key, which encrypts.
    Public,
    /// The private key, which decrypts.
    Private,
}

/// Says why a [`RawRsaKeyring`](super::RawRsaKeyring) cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRawRsaKeyring {
    /// Neither half of the key was given.
    #[error(
        "no key was given: give the PEM of the public key to encrypt, of the private key to decrypt, or both"
    )]
    NoKey,
    /// A text is not the PEM that was asked for.
    #[error("the {half} key is not in PEM: {reason}")]
    NotPem {
        /// Which half it should be.
        half: RsaKeyHalf,
        /// What it is, and what to do.
        reason: String,
    },
    /// The bytes are no RSA key.
    #[error(
        "the {half} key is no RSA key of 2048 to 8192 bits, or not in the form of {}: {reason}", half.form()
    )]
    Rejected {
        /// Which half it should be.
        half: RsaKeyHalf,
        /// What the cryptographic library says.
        reason: String,
    },
    /// The halves belong to two keys: what the keyring writes it could not read.
    #[error(
        "the public key is not that of the private key: give two halves of one key, or make two keyrings"
    )]
    HalvesOfTwoKeys,
    /// The namespace is that of KMS.
    #[error(
        "namespace {namespace:?} begins with aws-kms, which is for KMS keyrings: choose another"
    )]
    ReservedNamespace {
        /// The namespace.
        namespace: String,
    },
    /// Namespace or name do not fit into a message.
    #[error("namespace and name may take 65000 bytes each, one takes {len}: shorten it")]
    TooLong {
        /// How many bytes the longer one takes.
        len: usize,
    },
}

impl RsaKeyHalf {
    /// What stands in the lines around its base64.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Public => "PUBLIC KEY",
            Self::Private => "PRIVATE KEY",
        }
    }

    const fn form(self) -> &'static str {
        match self {
            Self::Public => "SubjectPublicKeyInfo",
            Self::Private => "PKCS #8",
        }
    }
}

impl fmt::Display for RsaKeyHalf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "public",
            Self::Private => "private",
        })
    }
}

impl InvalidRawRsaKeyring {
    pub(super) fn not_pem(half: RsaKeyHalf, found: &NotPem) -> Self {
        let label = half.label();
        let reason = match found {
            NotPem::NoBegin => format!("it has no line -----BEGIN {label}-----"),
            NotPem::NoEnd => format!("it has no line -----END {label}-----"),
            NotPem::NotBase64 => "what stands between its lines is not base64".to_owned(),
            NotPem::Label(found) => format!(
                "it is a {found:?} where a {label:?} is needed; {}",
                remedy(half, found)
            ),
        };
        Self::NotPem { half, reason }
    }
}

fn remedy(half: RsaKeyHalf, found: &str) -> &'static str {
    match (half, found) {
        (RsaKeyHalf::Public, "RSA PUBLIC KEY") => {
            "convert it with `openssl rsa -RSAPublicKey_in -pubout`"
        }
        (RsaKeyHalf::Public, "CERTIFICATE") => "extract it with `openssl x509 -pubkey -noout`",
        (RsaKeyHalf::Public, _) => {
            "write the public key with `openssl pkey -pubout`, and keep the private one where it is"
        }
        (RsaKeyHalf::Private, "RSA PRIVATE KEY") => {
            "convert it with `openssl pkcs8 -topk8 -nocrypt`"
        }
        (RsaKeyHalf::Private, "ENCRYPTED PRIVATE KEY") => "decrypt it with `openssl pkey`",
        (RsaKeyHalf::Private, _) => "give the private key in PKCS #8",
    }
}
