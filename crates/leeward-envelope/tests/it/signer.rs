//! Readers who may unwrap and not wrap: a signature keeps them from writing, unless it can be left out.

use crate::{
    context,
    forgery::Forged,
    keyrings::{Gated, raw},
    messages::write,
    run,
    stream::{SIGNED, decrypt_stream},
};
use leeward_envelope::{
    AlgorithmSuite, DataKey, DecryptError, DecryptionMaterials, Decryptor, Keyring, SignedStreams,
    inspect,
};

const SIGNER: &str = "aws-crypto-public-key";

/// What a mere reader of `message` comes to know.
fn data_key_of(message: &[u8]) -> DataKey {
    let claims = inspect(message).unwrap();
    let asked = DecryptionMaterials::new(claims.suite(), claims.context().clone());
    let found = run(raw().on_decrypt(asked, claims.encrypted_data_keys())).unwrap();
    DataKey::new(found.data_key().unwrap().expose().to_vec())
}

#[test]
fn a_signature_cannot_be_left_out_where_the_expected_context_names_the_signer() {
    let sent = context(&[("for", "a")]);
    let signed = write(SIGNED, b"pay 1", &sent);
    let reader = Decryptor::builder(raw()).build().unwrap();
    // Kept by a reader that wants the same writer again.
    let pinned = run(reader.decrypt(&signed)).unwrap().context().clone();
    let signer = pinned.get(SIGNER).unwrap();
    assert!(run(reader.decrypt_with_context(&signed, &pinned)).is_ok());

    let data_key = data_key_of(&signed);
    let claims = inspect(&signed).unwrap();
    let forged = Forged::new(claims.encrypted_data_keys())
        .under(&data_key)
        .bound_to(sent.clone(), (SIGNER, signer))
        .write(b"pay 1000");
    let error = run(reader.decrypt_with_context(&forged, &pinned)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the message has another value than expected under context key \"aws-crypto-public-key\": it is a message for \
         something else"
    );
    // To KMS, and to a raw AES key, it is wrapped for another context.
    let error = run(reader.decrypt_with_context(&forged, &sent)).unwrap_err();
    assert!(matches!(error, DecryptError::Unauthentic));
}

#[test]
fn a_reader_that_requires_signatures_reads_nothing_else() {
    const UNSIGNED: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512Commit;
    let none = context(&[]);
    let (signed, unsigned) = (write(SIGNED, b"x", &none), write(UNSIGNED, b"x", &none));
    let keyring = Gated::open();
    let reader = Decryptor::builder(keyring.clone())
        .with_required_signatures(true)
        .with_signed_streams(SignedStreams::HoldBack { max_len: 10 })
        .build()
        .unwrap();
    assert!(run(reader.decrypt(&signed)).is_ok());
    assert!(decrypt_stream(&reader, &signed, &[9], &none).is_ok());
    let before = keyring.calls();
    let error = run(reader.decrypt(&unsigned)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "suite 0x0478 (AES-256-GCM, HKDF, key commitment) signs nothing, and this reader requires a signature: whoever was \
         once let read may have written it"
    );
    let error = decrypt_stream(&reader, &unsigned, &[9], &none).unwrap_err();
    assert!(matches!(error, DecryptError::Unsigned { suite } if suite == UNSIGNED));
    assert_eq!(keyring.calls(), before);
    let any = Decryptor::builder(raw()).build().unwrap();
    assert!(run(any.decrypt(&unsigned)).is_ok());
}
