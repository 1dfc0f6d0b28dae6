use crate::{EncryptionContext, suite::Curve};
use aws_lc_rs::{
    digest::{self, SHA256, SHA384},
    error::Unspecified,
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, EcdsaVerificationAlgorithm,
        UnparsedPublicKey,
    },
};
use base64::{Engine, prelude::BASE64_STANDARD};

/// Under this key of the context stands the key that the message's signature is verified with.
pub(crate) const PUBLIC_KEY: &str = "aws-crypto-public-key";

/// How many times as long as the cipher the hash takes for the same bytes: eight, or a little more, for SHA-384.
const HASH_COST: usize = 8;

/// Verifies a signature over a message of any length.
pub(crate) struct Verifier<'a> {
    public_key: UnparsedPublicKey<Vec<u8>>,
    digest: digest::Context,
    /// What is not hashed yet.
    signed: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Verifier<'a> {
    /// Takes the public key out of the context.
    pub(crate) fn new(
        curve: Curve,
        context: &EncryptionContext,
        signed: &'a [u8],
        signature: &'a [u8],
    ) -> Result<Self, Unspecified> {
        let point = context.get(PUBLIC_KEY).ok_or(Unspecified)?;
        let point = BASE64_STANDARD.decode(point).map_err(|_| Unspecified)?;
        let (algorithm, hash): (&EcdsaVerificationAlgorithm, _) = match curve {
            Curve::P256 => (&ECDSA_P256_SHA256_ASN1, &SHA256),
            Curve::P384 => (&ECDSA_P384_SHA384_ASN1, &SHA384),
        };
        Ok(Self {
            public_key: UnparsedPublicKey::new(algorithm, point),
            digest: digest::Context::new(hash),
            signed,
            signature,
        })
    }

    /// Hashes some more bytes, as long as the cipher takes for `about` bytes; answers whether there are more.
    pub(crate) fn advance(&mut self, about: usize) -> bool {
        let len = (about / HASH_COST).max(1).min(self.signed.len());
        let (next, rest) = self.signed.split_at(len);
        self.digest.update(next);
        self.signed = rest;
        !rest.is_empty()
    }

    /// Verifies the signature, once [`advance`](Self::advance) has said that there is no more.
    pub(crate) fn finish(self) -> Result<(), Unspecified> {
        let digest = self.digest.finish();
        self.public_key.verify_digest(&digest, self.signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::{
        rand::SystemRandom,
        signature::{
            ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair,
        },
    };

    #[test]
    fn a_message_hashed_in_steps_verifies_as_one_hashed_whole() {
        for (curve, algorithm) in [
            (Curve::P256, &ECDSA_P256_SHA256_ASN1_SIGNING),
            (Curve::P384, &ECDSA_P384_SHA384_ASN1_SIGNING),
        ] {
            let pair = EcdsaKeyPair::generate(algorithm).unwrap();
            let point = BASE64_STANDARD.encode(pair.public_key());
            let context =
                EncryptionContext::with_reserved([(PUBLIC_KEY.to_owned(), point)]).unwrap();
            let mut message = vec![5; 1000];
            // Signs the whole message in one go.
            let signature = pair.sign(&SystemRandom::new(), &message).unwrap();
            let verify = |message: &[u8], about: usize| {
                let signature = signature.as_ref();
                let mut verifier = Verifier::new(curve, &context, message, signature).unwrap();
                let mut steps = 1;
                while verifier.advance(about) {
                    steps += 1;
                }
                (steps, verifier.finish().is_ok())
            };
            assert_eq!(verify(&message, 8 * 300), (4, true));
            assert_eq!(verify(&message, 8 * 1000), (1, true));
            assert_eq!(verify(&message, 0), (1000, true));
            message[999] ^= 1;
            assert_eq!(verify(&message, 8 * 300), (4, false));
            assert_eq!(verify(&[], 8 * 300), (1, false));
        }
    }
}
