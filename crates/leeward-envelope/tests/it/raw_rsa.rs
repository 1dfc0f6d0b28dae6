//! Data keys under RSA: all paddings, each half of the key alone, and no word on what was changed.

use crate::{context, run};
use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rsa::{KeySize, PrivateDecryptingKey},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use leeward_envelope::{
    AlgorithmSuite, CommitmentPolicy, DataKey, DecryptError, DecryptionMaterials, Decryptor,
    EncryptedDataKey, EncryptionContext, EncryptionMaterials, Encryptor, InvalidRawRsaKeyring,
    Keyring, KeyringError, RawRsaKeyring, RawRsaKeyringBuilder, RsaPadding,
};
use serde::Deserialize;
use std::{collections::BTreeMap, fs, path::PathBuf, sync::LazyLock};

const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512Commit;
const PADDINGS: [RsaPadding; 5] = [
    RsaPadding::Pkcs1,
    RsaPadding::OaepSha1,
    RsaPadding::OaepSha256,
    RsaPadding::OaepSha384,
    RsaPadding::OaepSha512,
];

struct Pair {
    public: Vec<u8>,
    private: Vec<u8>,
}

fn pair() -> Pair {
    let key = PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap();
    let public: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
    let private: Pkcs8V1Der<'_> = key.as_der().unwrap();
    Pair {
        public: public.as_ref().to_vec(),
        private: private.as_ref().to_vec(),
    }
}

static OURS: LazyLock<Pair> = LazyLock::new(pair);
static THEIRS: LazyLock<Pair> = LazyLock::new(pair);

fn pem(label: &str, der: &[u8]) -> String {
    let base64 = BASE64_STANDARD.encode(der);
    let lines: Vec<&str> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| str::from_utf8(line).unwrap())
        .collect();
    let lines = lines.join("\n");
    format!("-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n")
}

fn builder(padding: RsaPadding) -> RawRsaKeyringBuilder {
    RawRsaKeyring::builder("here", "rsa", padding)
}

pub(crate) fn writer(padding: RsaPadding) -> RawRsaKeyring {
    let public = pem("PUBLIC KEY", &OURS.public);
    builder(padding).with_public_pem(&public).build().unwrap()
}

pub(crate) fn reader(padding: RsaPadding) -> RawRsaKeyring {
    let private = pem("PRIVATE KEY", &OURS.private);
    builder(padding).with_private_pem(&private).build().unwrap()
}

fn wrapped_by(keyring: &RawRsaKeyring) -> EncryptionMaterials {
    run(keyring.on_encrypt(EncryptionMaterials::new(SUITE, context(&[("for", "a")])))).unwrap()
}

fn unwrap(
    keyring: &RawRsaKeyring,
    keys: &[EncryptedDataKey],
) -> Result<DecryptionMaterials, KeyringError> {
    let asked = DecryptionMaterials::new(SUITE, context(&[("for", "a")]));
    run(keyring.on_decrypt(asked, keys))
}

#[test]
fn what_the_public_half_wraps_the_private_half_unwraps() {
    for padding in PADDINGS {
        let made = wrapped_by(&writer(padding));
        let [key] = made.encrypted_data_keys() else {
            panic!("one wrapped key");
        };
        assert_eq!(
            (key.provider_id(), key.provider_info()),
            ("here", &b"rsa"[..])
        );
        assert_eq!(key.ciphertext().len(), 256);
        let found = unwrap(&reader(padding), made.encrypted_data_keys()).unwrap();
        assert_eq!(
            found.data_key().unwrap().expose(),
            made.data_key().unwrap().expose(),
            "{padding:?}"
        );
    }
}

#[test]
fn a_message_comes_back_through_der_and_both_halves() {
    for padding in PADDINGS {
        let keyring = || {
            builder(padding)
                .with_public_der(&OURS.public)
                .with_private_der(&OURS.private)
                .build()
                .unwrap()
        };
        let encryptor = Encryptor::builder(keyring()).build().unwrap();
        let message = run(encryptor.encrypt(b"kept", &context(&[("for", "a")]))).unwrap();
        let decryptor = Decryptor::builder(keyring()).build().unwrap();
        assert_eq!(
            run(decryptor.decrypt(&message)).unwrap().plaintext(),
            b"kept"
        );
    }
}

#[test]
fn a_data_key_that_is_there_is_wrapped() {
    let keyring = writer(RsaPadding::OaepSha256);
    let asked = EncryptionMaterials::new(SUITE, context(&[]))
        .with_data_key(DataKey::new(vec![9; 32]))
        .unwrap();
    let made = run(keyring.on_encrypt(asked)).unwrap();
    assert_eq!(made.data_key().unwrap().expose(), [9; 32]);
    assert_eq!(made.encrypted_data_keys().len(), 1);
}

#[test]
fn each_half_says_what_it_cannot_do() {
    let asked = EncryptionMaterials::new(SUITE, context(&[]));
    let error = run(reader(RsaPadding::OaepSha256).on_encrypt(asked)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the RSA keyring here rsa has no public key and only decrypts: give it the PEM of the public key to encrypt"
    );
    let writer = writer(RsaPadding::OaepSha256);
    let made = wrapped_by(&writer);
    let error = unwrap(&writer, made.encrypted_data_keys()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no encrypted data key of the message could be unwrapped: here rsa: this RSA keyring has no private key and only \
         encrypts: give it the PEM of the private key to decrypt"
    );
}

/// One answer to whatever somebody may try; a difference would be an oracle (RFC 8017, section 7.2.2). Of PKCS #1 it is a data
/// key, which is never that of the message.
#[test]
fn whatever_is_wrong_with_a_wrapped_key_the_answer_is_the_same() {
    for padding in PADDINGS {
        let (writer, reader) = (writer(padding), reader(padding));
        let made = wrapped_by(&writer);
        let good = made.encrypted_data_keys()[0].ciphertext().to_vec();
        let short = EncryptionMaterials::new(AlgorithmSuite::Aes128Gcm, context(&[]));
        let short = run(writer.on_encrypt(short)).unwrap();
        let theirs = builder(padding)
            .with_public_der(&THEIRS.public)
            .build()
            .unwrap();
        let mut forged: Vec<Vec<u8>> = [0, 1, 100, 254, 255]
            .map(|at| {
                let mut bytes = good.clone();
                bytes[at] ^= 1;
                bytes
            })
            .into();
        forged.extend([
            // No RSA number at all, too large a one, and those that pass through RSA unchanged.
            vec![],
            good[1..].to_vec(),
            [&good[..], &[0]].concat(),
            vec![0xff; 256],
            vec![0; 256],
            [vec![0; 255], vec![1]].concat(),
            // Padded well, and of the length of another suite.
            short.encrypted_data_keys()[0].ciphertext().to_vec(),
            // Under another key of the same name.
            wrapped_by(&theirs).encrypted_data_keys()[0]
                .ciphertext()
                .to_vec(),
        ]);
        for ciphertext in forged {
            let key = EncryptedDataKey::new("here", "rsa", ciphertext).unwrap();
            match unwrap(&reader, &[key]) {
                Ok(found) => {
                    assert_eq!(padding, RsaPadding::Pkcs1);
                    let (found, good) = (found.data_key().unwrap(), made.data_key().unwrap());
                    assert_eq!(found.expose().len(), SUITE.data_key_len());
                    assert_ne!(found.expose(), good.expose());
                }
                Err(error) => {
                    assert_ne!(padding, RsaPadding::Pkcs1);
                    assert!(matches!(error, KeyringError::Unauthentic), "{error}");
                }
            }
        }
    }
}

#[test]
fn a_changed_message_meets_the_one_opaque_error() {
    for padding in PADDINGS {
        let encryptor = Encryptor::builder(writer(padding)).build().unwrap();
        let message = run(encryptor.encrypt(b"kept", &context(&[]))).unwrap();
        let at = message
            .windows(5)
            .position(|bytes| bytes == b"rsa\x01\0")
            .unwrap();
        let decryptor = Decryptor::builder(reader(padding)).build().unwrap();
        for offset in [5, 60, 260] {
            let mut changed = message.clone();
            changed[at + offset] ^= 1;
            let error = run(decryptor.decrypt(&changed)).unwrap_err();
            assert!(matches!(error, DecryptError::Unauthentic), "{error}");
            assert!(std::error::Error::source(&error).is_none());
        }
    }
}

#[test]
fn keys_of_other_names_and_paddings_are_told_apart() {
    let made = wrapped_by(&writer(RsaPadding::OaepSha256));
    let keys = made.encrypted_data_keys();
    let error = unwrap(&reader(RsaPadding::OaepSha1), keys).unwrap_err();
    assert!(
        matches!(error, KeyringError::Unauthentic),
        "no message says its padding"
    );
    for (namespace, name) in [("here", "rs"), ("here", "rsa2"), ("there", "rsa")] {
        let other = RawRsaKeyring::builder(namespace, name, RsaPadding::OaepSha256)
            .with_private_der(&OURS.private)
            .build()
            .unwrap();
        let error = unwrap(&other, keys).unwrap_err();
        assert!(matches!(error, KeyringError::NoMatchingKey { .. }));
    }
    // One that fails does not keep the next from being tried.
    let mut changed = keys[0].ciphertext().to_vec();
    changed[9] ^= 1;
    let both = [
        EncryptedDataKey::new("here", "rsa", changed).unwrap(),
        keys[0].clone(),
    ];
    unwrap(&reader(RsaPadding::OaepSha256), &both).unwrap();
}

#[track_caller]
fn refuses(builder: RawRsaKeyringBuilder, expected: &str) {
    let refused = builder.build().unwrap_err().to_string();
    assert!(refused.contains(expected), "{refused}");
}

#[test]
fn says_which_key_is_missing_or_wrong() {
    let new = || builder(RsaPadding::OaepSha256);
    assert_eq!(new().build().unwrap_err(), InvalidRawRsaKeyring::NoKey);
    refuses(new(), "no key was given: give the PEM of the public key");
    refuses(
        new().with_public_pem("hello"),
        "the public key is not in PEM: it has no line -----BEGIN PUBLIC KEY-----",
    );
    let private = pem("PRIVATE KEY", &OURS.private);
    refuses(
        new().with_public_pem(&private),
        r#"the public key is not in PEM: it is a "PRIVATE KEY" where a "PUBLIC KEY" is needed; write the public key with `openssl pkey -pubout`"#,
    );
    for (label, remedy) in [
        ("RSA PRIVATE KEY", "openssl pkcs8 -topk8"),
        ("ENCRYPTED PRIVATE KEY", "decrypt it"),
        ("CERTIFICATE", "give the private key in PKCS #8"),
    ] {
        let text = pem(label, &OURS.private);
        let builder = new().with_private_pem(&text);
        let refused = builder.build().unwrap_err().to_string();
        assert!(
            refused.starts_with("the private key is not in PEM"),
            "{refused}"
        );
        assert!(refused.contains(remedy), "{refused}");
    }
    refuses(
        new().with_private_pem(&pem("PRIVATE KEY", b"not a key")),
        "the private key is no RSA key of 2048 to 8192 bits, or not in the form of PKCS #8",
    );
    refuses(
        new().with_public_der(b"not a key"),
        "the public key is no RSA key",
    );
    refuses(
        new()
            .with_public_der(&THEIRS.public)
            .with_private_der(&OURS.private),
        "the public key is not that of the private key",
    );
    let kms = RawRsaKeyring::builder("aws-kms", "rsa", RsaPadding::Pkcs1);
    refuses(kms.with_public_der(&OURS.public), "begins with aws-kms");
    let long = RawRsaKeyring::builder("x".repeat(65_001), "rsa", RsaPadding::Pkcs1);
    refuses(long.with_public_der(&OURS.public), "one takes 65001");
}

#[test]
fn keys_that_are_too_short_are_refused() {
    // Made by openssl: genrsa 1024, as SubjectPublicKeyInfo.
    refuses(
        builder(RsaPadding::OaepSha256).with_public_pem(SHORT),
        "the public key is no RSA key of 2048 to 8192 bits",
    );
}

const SHORT: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDVM779dNjiREkO09DkwhOtXrVO\n\
Rs7OY6MrIzgHtkt2TVcM4ves/ktNUXPrw2AkpyP3E02RzjdgJag6fMyGr8A44QB8\n\
pe2ALUOeckbHC19cKscXQlu7MWtw5LhyMD3Zq9s/rJwgXgjQ19o4Txnwo+VLh5M3\n\
/czxymylsv+6NPBUvwIDAQAB\n\
-----END PUBLIC KEY-----";

#[test]
fn nothing_prints_a_private_key() {
    let builder = builder(RsaPadding::OaepSha256).with_private_der(&OURS.private);
    assert_eq!(
        format!("{builder:?}"),
        r#"RawRsaKeyringBuilder { namespace: "here", name: "rsa", padding: OaepSha256, .. }"#
    );
    assert_eq!(
        format!("{:?}", builder.build().unwrap()),
        r#"RawRsaKeyring { namespace: "here", name: "rsa", padding: OaepSha256, encrypts: false, decrypts: true, .. }"#
    );
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Vectors {
    provider_id: String,
    key_id: String,
    private_pem: String,
    public_pem: String,
    tests: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    message: String,
    suite: String,
    context: BTreeMap<String, String>,
}

#[tokio::test]
async fn messages_of_the_dotnet_sdk_decrypt_under_every_suite() {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests/vectors"]
        .iter()
        .collect();
    let text = fs::read_to_string(folder.join("raw-rsa/manifest.json")).unwrap();
    let vectors: Vectors = serde_json::from_str(&text).unwrap();
    let plaintext = fs::read(folder.join("raw-aes/plaintext")).unwrap();
    let decryptor = |padding, name: &str| {
        let keyring = RawRsaKeyring::builder(&vectors.provider_id, name, padding)
            .with_private_pem(&vectors.private_pem)
            .with_public_pem(&vectors.public_pem)
            .build()
            .unwrap();
        Decryptor::builder(keyring)
            .with_commitment_policy(CommitmentPolicy::RequireEncryptAllowDecrypt)
            .build()
            .unwrap()
    };
    let generator = decryptor(RsaPadding::OaepSha512, &vectors.key_id);
    let child = decryptor(RsaPadding::OaepSha256, "rsa-4096-public");
    assert_eq!(vectors.tests.len(), 66);
    for vector in &vectors.tests {
        let name = &vector.message;
        let message = fs::read(folder.join("raw-rsa").join(name)).unwrap();
        let expected = EncryptionContext::new(vector.context.clone()).unwrap();
        let mut decryptors = vec![&generator];
        if name.contains("-multi") {
            decryptors.push(&child);
        }
        for decryptor in decryptors {
            let decrypted = decryptor
                .decrypt_with_context(&message, &expected)
                .await
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(decrypted.plaintext(), plaintext, "{name}");
            assert_eq!(format!("{:04x}", decrypted.suite().id()), vector.suite);
        }
    }
}
