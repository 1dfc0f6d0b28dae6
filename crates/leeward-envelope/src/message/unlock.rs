use super::{content_key::ContentKey, header::Header};
use crate::{
    DataKey, EncryptionContext,
    derive::{self, Dialect, MessageKeys},
    signature::{Verifier, VerifyingKey},
};
use aws_lc_rs::{constant_time::verify_slices_are_equal, error::Unspecified};
use std::sync::{Arc, OnceLock};

/// What a message is decrypted with, once its commitment and its header are verified.
pub(crate) struct Unlocked {
    pub(super) content: ContentKey,
    /// For the signature, if the suite has one; nothing is hashed yet.
    pub(super) verifier: Option<Verifier>,
}

/// Verifies commitment and header as one of `dialects` has them.
///
/// `unsent` are the pairs of the context that the header leaves out but its tag covers; `verifying_key` is what was found
/// before of the key that the signatures of its context are verified with.
///
/// Specification: decrypt, "Verify the header".
pub(crate) fn unlock(
    header: &Header<'_>,
    data_key: &DataKey,
    unsent: &EncryptionContext,
    dialects: &[Dialect],
    verifying_key: &OnceLock<Arc<VerifyingKey>>,
) -> Result<Unlocked, Unspecified> {
    let content = dialects
        .iter()
        .find_map(|dialect| content_key(header, data_key, unsent, *dialect).ok())
        .ok_or(Unspecified)?;
    let verifier = match header.suite.curve() {
        Some(curve) => {
            let key = match verifying_key.get() {
                Some(key) => key,
                None => {
                    let key = VerifyingKey::new(curve, &header.context)?;
                    verifying_key.get_or_init(|| Arc::new(key))
                }
            };
            Some(Verifier::new(Arc::clone(key)))
        }
        None => None,
    };
    Ok(Unlocked { content, verifier })
}

fn content_key(
    header: &Header<'_>,
    data_key: &DataKey,
    unsent: &EncryptionContext,
    dialect: Dialect,
) -> Result<ContentKey, Unspecified> {
    let MessageKeys {
        content,
        commitment,
    } = derive::message_keys(header.suite, data_key, header.message_id, dialect)?;
    match (&commitment, header.commitment) {
        (Some(derived), Some(stated)) => verify_slices_are_equal(derived, stated)?,
        (None, None) => {}
        _ => return Err(Unspecified),
    }
    let content = ContentKey::new(content, header.message_id)?;
    let unsent = match dialect {
        // It counted no pairs where the others write nothing.
        Dialect::Net400 if unsent.is_empty() => &[0, 0],
        _ => unsent.as_bytes(),
    };
    content.verify_header(header, unsent)?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        AlgorithmSuite, EncryptedDataKey, EncryptionMaterials,
        decryptor::ReadLimits,
        message::{Sealer, parse_header},
        signature::{PUBLIC_KEY, SigningKey},
    };
    use std::num::NonZeroU32;

    #[test]
    fn the_key_that_signatures_are_verified_with_is_found_once() {
        let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitEcdsaP384;
        let data_key = DataKey::random(suite).unwrap();
        let signer = Arc::new(SigningKey::generate(suite.curve().unwrap()).unwrap());
        let none = EncryptionContext::empty();
        let pair = (PUBLIC_KEY.to_owned(), signer.public_key().to_owned());
        let context = none.with_pair(pair).unwrap();
        let wrapped = EncryptedDataKey::new("tests", "info", "wrapped").unwrap();
        let materials =
            EncryptionMaterials::new(suite, context.clone()).with_encrypted_data_key(wrapped);
        let mut sealer = Sealer::new(
            &materials,
            &data_key,
            Some(&signer),
            &context,
            &none,
            NonZeroU32::MIN,
        )
        .unwrap();
        let mut message = Vec::new();
        let len = sealer.header_at(&mut message, 0);
        let mut header = parse_header(&message[..len], &ReadLimits::default()).unwrap();
        let unlock = |header: &Header<'_>, cell: &OnceLock<_>| {
            unlock(header, &data_key, &none, &[Dialect::Standard], cell)
        };
        let found = OnceLock::new();
        let first = unlock(&header, &found).unwrap();
        assert!(first.verifier.is_some() && found.get().is_some());
        // Whoever looks for it in the context from now on finds none.
        header.context = none.clone();
        assert!(unlock(&header, &OnceLock::new()).is_err());
        let again = unlock(&header, &found).unwrap();
        assert!(again.verifier.is_some());
        assert_eq!(
            Arc::strong_count(found.get().unwrap()),
            3,
            "both have that one"
        );
    }
}
