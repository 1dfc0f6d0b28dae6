use crate::{EncryptionContext, suite::Curve};
use aws_lc_rs::{
    error::Unspecified,
    signature::{ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, UnparsedPublicKey},
};
use base64::{Engine, prelude::BASE64_STANDARD};

/// Under this key of the context stands the key that the message's signature is verified with.
pub(crate) const PUBLIC_KEY: &str = "aws-crypto-public-key";

/// Verifies the signature over `message` with the public key in the context.
pub(crate) fn verify(
    curve: Curve,
    context: &EncryptionContext,
    message: &[u8],
    signature: &[u8],
) -> Result<(), Unspecified> {
    let point = context.get(PUBLIC_KEY).ok_or(Unspecified)?;
    let point = BASE64_STANDARD.decode(point).map_err(|_| Unspecified)?;
    let algorithm = match curve {
        Curve::P256 => &ECDSA_P256_SHA256_ASN1,
        Curve::P384 => &ECDSA_P384_SHA384_ASN1,
    };
    UnparsedPublicKey::new(algorithm, point).verify(message, signature)
}
