//! What a caller is told of each way in which a message may not be had: what can be mended is typed and advised on, what an
//! attacker might probe ends in one opaque error.

use crate::cloud::{Cloud, EAST, WEST, context, encryptor, exhausted, multi_region_key};
use aws_sdk_kms::Client;
use leeward_envelope::{
    DecryptError, Decryptor, EncryptError, EncryptionContext, Encryptor, Keyring, KeyringCause,
    KeyringError,
};
use leeward_error_taxonomy::{Category, Region};
use leeward_kms_envelope::{
    KeyArn, KeyId, KmsDiscoveryKeyring, KmsError, KmsKeyring, KmsMultiKeyringBuilder, KmsService,
};
use leeward_resilience::RetryPolicy;
use leeward_testkit::{Fault, Scope};
use std::error::Error;

fn keyring(cloud: &Cloud, key: &KeyArn) -> KmsKeyring<KmsService> {
    // A test does not wait for a storm to pass.
    let once = RetryPolicy::new().with_max_attempts(1);
    let stack = cloud.patient([EAST, WEST]).with_retry(once);
    KmsKeyring::multi_region(key.clone(), stack.through(&cloud.pool).unwrap()).unwrap()
}

async fn encrypt(cloud: &Cloud) -> EncryptError {
    encrypt_by(keyring(cloud, &cloud.key)).await
}

async fn encrypt_by(keyring: impl Keyring) -> EncryptError {
    let encryptor = Encryptor::builder(keyring).build().unwrap();
    encryptor.encrypt(b"x", &context()).await.unwrap_err()
}

async fn decrypt(cloud: &Cloud, key: &KeyArn, message: &[u8]) -> DecryptError {
    decrypt_by(keyring(cloud, key), message).await
}

async fn decrypt_by(keyring: impl Keyring, message: &[u8]) -> DecryptError {
    let decryptor = Decryptor::builder(keyring).build().unwrap();
    decryptor.decrypt(message).await.unwrap_err()
}

async fn client(cloud: &Cloud, region: Region) -> Client {
    cloud.pool.client().with_region(region).await.unwrap()
}

fn replaced(message: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut windows = message.windows(from.len());
    let at = windows.position(|bytes| bytes == from.as_bytes()).unwrap();
    let mut message = message.to_vec();
    message[at..at + to.len()].copy_from_slice(to.as_bytes());
    message
}

/// Checks that it is the one error that says nothing, and that printing it with all there is says nothing more.
#[track_caller]
fn is_opaque(error: &DecryptError) {
    assert!(matches!(error, DecryptError::Unauthentic), "{error:?}");
    assert!(error.source().is_none());
    assert_eq!(format!("{error:?} {error:#?}"), "Unauthentic Unauthentic");
    assert_eq!(error.to_string(), DecryptError::Unauthentic.to_string());
    assert_eq!(error.category(), Category::Encryption);
}

/// The message with one bit of the key changed that KMS has wrapped under `key`: at its beginning, within, and at its end.
fn with_other_blobs(message: &[u8], key: &KeyArn) -> [Vec<u8>; 3] {
    let arn = key.to_string();
    let mut windows = message.windows(arn.len());
    let at = windows.position(|bytes| bytes == arn.as_bytes()).unwrap();
    // Behind the ARN and the length of the wrapped key.
    let blob = at + arn.len() + 2;
    let len = usize::from(u16::from_be_bytes([message[blob - 2], message[blob - 1]]));
    [0, len / 2, len - 1].map(|offset| {
        let mut tampered = message.to_vec();
        tampered[blob + offset] ^= 1;
        tampered
    })
}

#[tokio::test]
async fn context_blob_key_and_tag_are_told_apart_by_nobody() {
    let cloud = Cloud::start().await;
    let message = encryptor(&cloud).encrypt(b"x", &context()).await.unwrap();
    let other_context = replaced(&message, "blue", "grey");
    is_opaque(&decrypt(&cloud, &cloud.key, &other_context).await);

    for tampered in with_other_blobs(&message, &cloud.key) {
        is_opaque(&decrypt(&cloud, &cloud.key, &tampered).await);
    }

    // Under the name of another key that the reader may use: KMS knows better.
    let other = multi_region_key(&cloud.pool).await;
    let other_key = replaced(&message, &cloud.key.to_string(), &other.to_string());
    is_opaque(&decrypt(&cloud, &other, &other_key).await);

    let last = message.len() - 1;
    let mut other_tag = message.clone();
    other_tag[last] ^= 1;
    is_opaque(&decrypt(&cloud, &cloud.key, &other_tag).await);
}

/// The same of readers that look through several keys, and of those that read bit by bit.
#[tokio::test]
async fn no_reader_tells_them_apart_whatever_its_keyring() {
    let cloud = Cloud::start().await;
    let message = encryptor(&cloud).encrypt(b"x", &context()).await.unwrap();
    let other = multi_region_key(&cloud.pool).await;
    let stack = || cloud.patient([EAST, WEST]).through(&cloud.pool).unwrap();
    let discovery = || KmsDiscoveryKeyring::new([EAST, WEST], stack()).unwrap();
    let several = || {
        let keyrings = KmsMultiKeyringBuilder::new(stack()).with_generator(other.clone().into());
        keyrings
            .with_child(cloud.key.clone().into())
            .build()
            .unwrap()
    };
    let last = message.len() - 1;
    let mut other_tag = message.clone();
    other_tag[last] ^= 1;
    let tampered = with_other_blobs(&message, &cloud.key).into_iter();
    for tampered in tampered.chain([replaced(&message, "blue", "grey"), other_tag]) {
        is_opaque(&decrypt_by(discovery(), &tampered).await);
        is_opaque(&decrypt_by(several(), &tampered).await);
        is_opaque(&read(&cloud, &tampered).await);
    }
    // What was wrong with one message harms none that is right.
    let reader = Decryptor::builder(several()).build().unwrap();
    assert_eq!(reader.decrypt(&message).await.unwrap().plaintext(), b"x");
}

/// Why a message that comes bit by bit cannot be read.
async fn read(cloud: &Cloud, message: &[u8]) -> DecryptError {
    let reader = Decryptor::builder(keyring(cloud, &cloud.key))
        .build()
        .unwrap();
    let mut header = reader.begin(&EncryptionContext::empty());
    let read = header.push(message).unwrap();
    let mut out = Vec::new();
    match header.open().await {
        Ok(mut decryption) => match decryption.push(&message[read..], &mut out) {
            Ok(()) => decryption.finish().unwrap_err(),
            Err(error) => error,
        },
        Err(error) => error,
    }
}

/// What is told to those who have data keys cached under the same key.
fn cause(error: &(dyn Error + 'static)) -> KeyringCause {
    error
        .source()
        .unwrap()
        .downcast_ref::<KeyringError>()
        .unwrap()
        .cause()
}

/// What both directions say of a fault: category, code, what it means for cached data keys, and advice.
async fn check(
    fault: Fault,
    (category, code, told): (Category, &str, KeyringCause),
    advice: [&str; 2],
) {
    let cloud = Cloud::start().await;
    let message = encryptor(&cloud).encrypt(b"x", &context()).await.unwrap();
    cloud
        .aws
        .faults()
        .inject(Scope::any().service("kms"), fault);
    cloud.aws.reset_counts();
    let errors: [Box<dyn Error>; 2] = [
        Box::new(encrypt(&cloud).await),
        Box::new(decrypt(&cloud, &cloud.key, &message).await),
    ];
    for (error, advice) in errors.iter().zip(advice) {
        let kms = KmsError::below(&**error).unwrap();
        assert_eq!(kms.failure().category(), category, "{kms}");
        assert_eq!(kms.failure().code(), Some(code));
        assert!(kms.advice().contains(advice), "{}", kms.advice());
        assert_eq!(cause(&**error), told);
    }
    let calls = cloud.aws.counts().total().calls;
    assert!((2..=4).contains(&calls), "no storm of our own: {calls}");
}

#[tokio::test]
async fn a_throttling_storm_is_named_and_not_fed() {
    let advice = ["send fewer calls"; 2];
    let what = (
        Category::RateLimit,
        "ThrottlingException",
        KeyringCause::Unavailable,
    );
    check(Fault::throttling(), what, advice).await;
}

#[tokio::test]
async fn a_missing_right_is_named_with_its_action() {
    let advice = ["kms:GenerateDataKey", "kms:Decrypt"];
    let what = (
        Category::Authorization,
        "AccessDeniedException",
        KeyringCause::Denied,
    );
    check(Fault::access_denied(), what, advice).await;
}

#[tokio::test]
async fn credentials_that_are_over_are_told_as_such() {
    let advice = ["renew the session"; 2];
    let what = (
        Category::Authentication,
        "ExpiredTokenException",
        KeyringCause::Other,
    );
    check(Fault::expired_token(), what, advice).await;
}

/// What both directions say of a key in a state that it cannot be used in, in both Regions.
async fn check_state(cloud: &Cloud, message: &[u8], code: &str, advice: &str) {
    let errors: [Box<dyn Error>; 2] = [
        Box::new(encrypt(cloud).await),
        Box::new(decrypt(cloud, &cloud.key, message).await),
    ];
    for error in &errors {
        let kms = KmsError::below(&**error).unwrap();
        assert_eq!(kms.failure().code(), Some(code), "{kms}");
        assert!(kms.advice().contains(advice), "{}", kms.advice());
        assert_eq!(cause(&**error), KeyringCause::KeyUnusable);
    }
}

#[tokio::test]
async fn a_key_that_is_disabled_or_about_to_be_deleted_is_told_as_such() {
    let cloud = Cloud::start().await;
    let message = encryptor(&cloud).encrypt(b"x", &context()).await.unwrap();
    let east = client(&cloud, EAST).await;
    let arn = cloud.key.to_string();
    east.disable_key().key_id(&arn).send().await.unwrap();
    check_state(&cloud, &message, "DisabledException", "kms:EnableKey").await;
    let delete = east.schedule_key_deletion().key_id(&arn);
    delete.send().await.unwrap();
    let advice = "cancel the deletion";
    check_state(&cloud, &message, "KMSInvalidStateException", advice).await;
    let error = decrypt(&cloud, &cloud.key, &message).await;
    let DecryptError::Keyring(KeyringError::Unwrap { met }) = &error else {
        panic!("{error:?}");
    };
    assert!(met[0].failure().unwrap().is::<KmsError>());
}

#[tokio::test]
async fn a_key_that_is_gone_is_told_as_such() {
    // Keys are not gone before a week has passed, so the words are those of KMS and the fault that of the test.
    let advice = ["check the key id"; 2];
    let what = (
        Category::NotFound,
        "NotFoundException",
        // Of a replica: the others may be there, and only out of reach.
        KeyringCause::Unavailable,
    );
    let words = "Key 'arn:aws:kms:us-east-1:111122223333:key/mrk-1' does not exist";
    check(Fault::error(400, "NotFoundException", words), what, advice).await;
}

#[tokio::test]
async fn a_region_without_a_replica_says_that_there_is_no_key() {
    let cloud = Cloud::start().await;
    let east = client(&cloud, EAST).await;
    let made = east.create_key().multi_region(true).send().await.unwrap();
    let key: KeyArn = made.key_metadata.unwrap().arn.unwrap().parse().unwrap();
    let only_the_west = || cloud.patient([WEST]).through(&cloud.pool).unwrap();
    let at_home = Encryptor::builder(keyring(&cloud, &key)).build().unwrap();
    let message = at_home.encrypt(b"x", &context()).await.unwrap();
    let lost = KmsKeyring::multi_region(key, only_the_west()).unwrap();
    let error = Decryptor::builder(lost).build().unwrap();
    let error = error.decrypt(&message).await.unwrap_err();
    let kms = KmsError::below(&error).unwrap();
    assert_eq!(kms.failure().code(), Some("NotFoundException"));
    assert!(!kms.advice().is_empty());
    assert_eq!(cause(&error), KeyringCause::Unavailable);
    // Of a key of one Region it is told for good.
    let gone = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let gone: KeyArn = gone.parse().unwrap();
    let error = encrypt_by(KmsKeyring::single(gone, only_the_west())).await;
    assert_eq!(cause(&error), KeyringCause::KeyUnusable);
}

#[tokio::test]
async fn a_name_that_points_nowhere_is_told_for_good_where_it_is_of_one_region() {
    let cloud = Cloud::start().await;
    let arn = "arn:aws:kms:us-west-2:111122223333:alias/gone";
    let id: KeyId = "1234abcd-12ab-34cd-56ef-1234567890ab".parse().unwrap();
    for (name, told) in [
        (arn.parse().unwrap(), KeyringCause::KeyUnusable),
        (id.living_in(WEST), KeyringCause::KeyUnusable),
        // Other Regions may have one of the same name.
        ("alias/gone".parse().unwrap(), KeyringCause::Unavailable),
    ] {
        let stack = cloud.patient([EAST, WEST]).through(&cloud.pool).unwrap();
        let error = encrypt_by(KmsKeyring::single(name, stack)).await;
        let kms = KmsError::below(&error).unwrap();
        assert_eq!(kms.failure().code(), Some("NotFoundException"), "{kms}");
        assert_eq!(cause(&error), told, "{kms}");
    }
}

#[tokio::test]
async fn silence_in_mid_call_is_told_of_each_region() {
    let cloud = Cloud::start().await;
    let message = encryptor(&cloud).encrypt(b"x", &context()).await.unwrap();
    let faults = cloud.aws.faults();
    let silence = faults.inject(Scope::any().service("kms"), Fault::black_hole());
    let hasty = || cloud.keyring_over(cloud.hasty());
    let errors: [Box<dyn Error>; 2] = [
        Box::new(encrypt_by(hasty()).await),
        Box::new(decrypt_by(hasty(), &message).await),
    ];
    for error in &errors {
        let kms = KmsError::below(&**error).unwrap();
        assert!(kms.rejected().is_some(), "{kms}");
        assert_eq!(kms.regions(), [EAST, WEST]);
        assert!(!kms.advice().is_empty());
        assert_eq!(cause(&**error), KeyringCause::Unavailable);
    }
    silence.clear();
    // Nothing is lost, and nothing stays broken.
    let decryptor = Decryptor::builder(keyring(&cloud, &cloud.key));
    let decrypted = decryptor.build().unwrap().decrypt(&message).await.unwrap();
    assert_eq!(decrypted.plaintext(), b"x");
}

#[tokio::test]
async fn regions_that_refuse_connections_are_each_named() {
    let cloud = Cloud::start().await;
    let message = encryptor(&cloud).encrypt(b"x", &context()).await.unwrap();
    cloud.aws.faults().inject(Scope::any(), Fault::refuse());
    let error = decrypt(&cloud, &cloud.key, &message).await;
    let regions: Vec<Region> = exhausted(&error).into_iter().map(|(at, _)| at).collect();
    assert_eq!(regions, [EAST, WEST]);
}
