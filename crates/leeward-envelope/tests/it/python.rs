//! Messages that aws-encryption-sdk 4.0.7 for Python wrote; `tests/vectors/README.md` says how.

use crate::context;
use leeward_envelope::{AlgorithmSuite, Decryptor, RawAesKeyring};

#[track_caller]
fn check(message: &[u8], suite: AlgorithmSuite) {
    let keyring = RawAesKeyring::new("leeward", "example", &[0x2a; 32]).unwrap();
    let decryptor = Decryptor::builder(keyring).build().unwrap();
    let expected = context(&[("alpha", "é"), ("purpose", "interop"), ("zone", "b")]);
    let decrypted = crate::run(decryptor.decrypt_with_context(message, &expected)).unwrap();
    let plaintext = "written by the AWS Encryption SDK for Python\n".repeat(200);
    assert_eq!(decrypted.plaintext(), plaintext.as_bytes());
    assert_eq!(decrypted.suite(), suite);
}

#[test]
fn a_message_from_python_decrypts() {
    check(
        include_bytes!("../vectors/python/python-0478.message"),
        AlgorithmSuite::Aes256GcmHkdfSha512Commit,
    );
}

#[test]
fn a_signed_message_from_python_decrypts() {
    check(
        include_bytes!("../vectors/python/python-0578.message"),
        AlgorithmSuite::Aes256GcmHkdfSha512CommitEcdsaP384,
    );
}
