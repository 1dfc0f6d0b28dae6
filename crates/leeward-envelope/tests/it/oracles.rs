//! What somebody may ask by messages of his own making, again and again, and is not told: whether a wrapped key was true.

use crate::{
    context,
    forgery::Forged,
    raw_rsa::{reader, writer},
    run,
};
use leeward_envelope::{
    AlgorithmSuite, Audit, AuditEvent, BoxFuture, DecryptError, DecryptionMaterials, Decryptor,
    EncryptedDataKey, EncryptionMaterials, KeyAttempt, Keyring, KeyringError, MultiKeyring,
    RsaPadding,
};
use std::sync::{Arc, Mutex};

const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512Commit;

fn wrapped_by(keyring: &impl Keyring) -> EncryptionMaterials {
    run(keyring.on_encrypt(EncryptionMaterials::new(SUITE, context(&[])))).unwrap()
}

/// Whoever has the public key writes a message with a key X that it asks about, and behind it a true one.
#[test]
fn which_message_is_accepted_does_not_tell_whether_a_padding_is_true() {
    let writer = writer(RsaPadding::Pkcs1);
    let reader = Decryptor::builder(reader(RsaPadding::Pkcs1));
    let reader = reader.build().unwrap();
    let (own, other) = (wrapped_by(&writer), wrapped_by(&writer));
    let is_accepted = |first: EncryptedDataKey| {
        let keys = [first, own.encrypted_data_keys()[0].clone()];
        let data_key = own.data_key().unwrap();
        let message = Forged::new(&keys).under(data_key).write(b"question");
        run(reader.decrypt(&message)).is_ok()
    };
    assert!(is_accepted(own.encrypted_data_keys()[0].clone()));
    let unpadded = EncryptedDataKey::new("here", "rsa", vec![1; 256]).unwrap();
    assert!(!is_accepted(other.encrypted_data_keys()[0].clone()));
    assert!(!is_accepted(unpadded));
}

#[test]
fn audit_and_statistics_do_not_tell_whether_a_padding_is_true() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let events = Arc::clone(&seen);
    let audit = Audit::new(move |event: &AuditEvent| {
        let key_use = event.key_use.clone();
        let told = (event.outcome, key_use, event.is_cached);
        events.lock().unwrap().push(told);
    });
    let reader = Decryptor::builder(reader(RsaPadding::Pkcs1)).with_audit(audit);
    let reader = reader.build().unwrap();
    let padded = wrapped_by(&writer(RsaPadding::Pkcs1)).encrypted_data_keys()[0].clone();
    let unpadded = EncryptedDataKey::new("here", "rsa", vec![1; 256]).unwrap();
    for key in [padded, unpadded] {
        let error = run(reader.decrypt(&Forged::new(&[key]).write(b""))).unwrap_err();
        assert!(matches!(error, DecryptError::Unauthentic));
    }
    let stats = reader.stats();
    assert_eq!((stats.messages, stats.misses), (2, 2));
    let seen = seen.lock().unwrap();
    assert!(seen[0].1.is_some());
    assert_eq!(seen[0], seen[1]);
}

#[test]
fn a_key_that_always_fails_does_not_tell_whether_another_was_true() {
    for padding in [RsaPadding::Pkcs1, RsaPadding::OaepSha256] {
        let keyring = MultiKeyring::builder()
            .with_generator(Down)
            .with_child(reader(padding));
        let reader = Decryptor::builder(keyring.build().unwrap())
            .build()
            .unwrap();
        let made = wrapped_by(&writer(padding));
        let fails = EncryptedDataKey::new("here", "archive", "wrapped").unwrap();
        let padded = made.encrypted_data_keys()[0].clone();
        let unpadded = EncryptedDataKey::new("here", "rsa", vec![1; 256]).unwrap();
        for key in [padded, unpadded] {
            let message = Forged::new(&[fails.clone(), key]).write(b"");
            let error = run(reader.decrypt(&message)).unwrap_err();
            assert!(matches!(error, DecryptError::Unauthentic), "{error:?}");
        }
    }
}

/// Says of every key that it cannot be had now.
#[derive(Debug)]
struct Down;

impl Keyring for Down {
    fn on_encrypt<'a>(
        &'a self,
        materials: EncryptionMaterials,
    ) -> BoxFuture<'a, Result<EncryptionMaterials, KeyringError>> {
        Box::pin(async { Ok(materials) })
    }

    fn on_decrypt<'a>(
        &'a self,
        _: DecryptionMaterials,
        keys: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<DecryptionMaterials, KeyringError>> {
        let failed = keys.iter().map(|key| KeyAttempt::failed(key, "down"));
        let failed = KeyringError::undecryptable(failed.collect());
        Box::pin(async { Err(failed) })
    }
}
