mod ecdsa_value;

use crate::{EncryptionContext, suite::Curve};
use aws_lc_rs::{
    digest::{self, SHA256, SHA384},
    encoding::{AsBigEndian, EcPublicKeyCompressedBin},
    error::Unspecified,
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_ASN1,
        ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaVerificationAlgorithm, KeyPair,
        ParsedPublicKey,
    },
};
use base64::{Engine, prelude::BASE64_STANDARD};
use ecdsa_value::EcdsaValue;
use std::{fmt, sync::Arc};

/// Under this key of the context stands the key that the message's signature is verified with.
pub(crate) const PUBLIC_KEY: &str = "aws-crypto-public-key";

/// How many times as long as the cipher the hash takes for the same bytes: eight, or a little more, for SHA-384.
pub(crate) const HASH_COST: usize = 8;

impl Curve {
    const fn hash(self) -> &'static digest::Algorithm {
        match self {
            Self::P256 => &SHA256,
            Self::P384 => &SHA384,
        }
    }

    /// How long a signature is when one of its two numbers has its highest bit set, as about half of them have.
    ///
    /// All writers settle on this length, so that the length of a message can be told before it is written.
    pub(crate) const fn signature_len(self) -> usize {
        match self {
            Self::P256 => 71,
            Self::P384 => 103,
        }
    }
}

/// A key pair that signs messages; its private half never leaves the cryptographic library, which wipes it.
///
/// Specification: algorithm-suites, "Signature Algorithm"; encrypt, "Construct the signature".
pub(crate) struct SigningKey {
    curve: Curve,
    pair: EcdsaKeyPair,
    public_key: String,
}

impl SigningKey {
    /// Makes a random one.
    pub(crate) fn generate(curve: Curve) -> Result<Self, Unspecified> {
        let pair = EcdsaKeyPair::generate(match curve {
            Curve::P256 => &ECDSA_P256_SHA256_FIXED_SIGNING,
            Curve::P384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
        })?;
        let point: EcPublicKeyCompressedBin<'_> = pair.public_key().as_be_bytes()?;
        let public_key = BASE64_STANDARD.encode((*point).as_ref());
        Ok(Self {
            curve,
            pair,
            public_key,
        })
    }

    /// The public half, as it stands in the context.
    pub(crate) fn public_key(&self) -> &str {
        &self.public_key
    }

    fn sign(&self, digest: &digest::Digest) -> Result<Vec<u8>, Unspecified> {
        // Hardly one signature of a hundred cannot be given the length; that none of so many can will not happen.
        const TRIES: usize = 128;
        for _ in 0..TRIES {
            let signature = self.pair.sign_digest(digest)?;
            let value = EcdsaValue::new(self.curve, signature.as_ref()).ok_or(Unspecified)?;
            if let Some(signature) = value.of_the_one_length() {
                return Ok(signature);
            }
        }
        Err(Unspecified)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.public_key).finish()
    }
}

/// Signs a message of any length, as it is written.
pub(crate) struct Signer {
    key: Arc<SigningKey>,
    digest: digest::Context,
}

impl Signer {
    pub(crate) fn new(key: Arc<SigningKey>) -> Self {
        let digest = digest::Context::new(key.curve.hash());
        Self { key, digest }
    }

    pub(crate) fn update(&mut self, written: &[u8]) {
        self.digest.update(written);
    }

    /// The signature, always of the [one length](Curve::signature_len).
    pub(crate) fn finish(self) -> Result<Vec<u8>, Unspecified> {
        self.key.sign(&self.digest.finish())
    }
}

/// The public half of such a pair, taken out of a context; to find the point that its bytes mean takes a fifth of the time
/// of a verification.
#[derive(Debug)]
pub(crate) struct VerifyingKey {
    curve: Curve,
    public_key: ParsedPublicKey,
}

impl VerifyingKey {
    pub(crate) fn new(curve: Curve, context: &EncryptionContext) -> Result<Self, Unspecified> {
        let point = context.get(PUBLIC_KEY).ok_or(Unspecified)?;
        let point = BASE64_STANDARD.decode(point).map_err(|_| Unspecified)?;
        let algorithm: &EcdsaVerificationAlgorithm = match curve {
            Curve::P256 => &ECDSA_P256_SHA256_ASN1,
            Curve::P384 => &ECDSA_P384_SHA384_ASN1,
        };
        let public_key = ParsedPublicKey::new(algorithm, point).map_err(|_| Unspecified)?;
        Ok(Self { curve, public_key })
    }
}

/// Verifies the signature of a message of any length, as it is read.
pub(crate) struct Verifier {
    key: Arc<VerifyingKey>,
    digest: digest::Context,
}

impl Verifier {
    pub(crate) fn new(key: Arc<VerifyingKey>) -> Self {
        let digest = digest::Context::new(key.curve.hash());
        Self { key, digest }
    }

    pub(crate) fn update(&mut self, read: &[u8]) {
        self.digest.update(read);
    }

    pub(crate) fn finish(self, signature: &[u8]) -> Result<(), Unspecified> {
        let digest = self.digest.finish();
        let public_key = &self.key.public_key;
        public_key.verify_digest_sig(&digest, signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(key: &SigningKey) -> EncryptionContext {
        let pair = (PUBLIC_KEY.to_owned(), key.public_key().to_owned());
        EncryptionContext::empty().with_pair(pair).unwrap()
    }

    fn verifier(key: &SigningKey) -> Verifier {
        let key = VerifyingKey::new(key.curve, &context(key)).unwrap();
        Verifier::new(Arc::new(key))
    }

    fn sign(key: &Arc<SigningKey>, message: &[u8]) -> Vec<u8> {
        let mut signer = Signer::new(Arc::clone(key));
        for part in message.chunks(300) {
            signer.update(part);
        }
        signer.finish().unwrap()
    }

    #[test]
    fn what_was_signed_in_steps_verifies_in_others_and_nothing_else_does() {
        for curve in [Curve::P256, Curve::P384] {
            let key = Arc::new(SigningKey::generate(curve).unwrap());
            let mut message = vec![5; 1000];
            let signature = sign(&key, &message);
            let verify = |message: &[u8], step: usize| {
                let mut verifier = verifier(&key);
                message.chunks(step).for_each(|part| verifier.update(part));
                verifier.finish(&signature).is_ok()
            };
            assert!(verify(&message, 1000) && verify(&message, 7) && verify(&message, 1));
            message[999] ^= 1;
            assert!(!verify(&message, 1000) && !verify(&[], 1));
        }
    }

    #[test]
    fn what_the_library_hashes_and_signs_in_one_go_verifies() {
        use aws_lc_rs::rand::SystemRandom;
        let key = SigningKey::generate(Curve::P384).unwrap();
        let signature = key.pair.sign(&SystemRandom::new(), b"whole").unwrap();
        let value = EcdsaValue::new(Curve::P384, signature.as_ref()).unwrap();
        let mut verifier = verifier(&key);
        verifier.update(b"whole");
        assert!(verifier.finish(&value.der()).is_ok());
    }

    #[test]
    fn every_signature_has_the_length_that_was_foretold() {
        for (curve, len, point) in [(Curve::P256, 71, 33), (Curve::P384, 103, 49)] {
            let key = Arc::new(SigningKey::generate(curve).unwrap());
            for message in 0..32_u8 {
                assert_eq!(sign(&key, &[message]).len(), len);
            }
            // Compressed, and in the alphabet with padding.
            let decoded = BASE64_STANDARD.decode(key.public_key()).unwrap();
            assert_eq!(decoded.len(), point);
            assert!(matches!(decoded[0], 2 | 3));
        }
    }

    #[test]
    fn prints_the_public_key_alone() {
        let key = SigningKey::generate(Curve::P256).unwrap();
        assert_eq!(
            format!("{key:?}"),
            format!("SigningKey({:?})", key.public_key())
        );
    }
}
