//! Messages that name a key of ours more often than there is reason to, or beside what KMS never wrapped.

use crate::cloud::{Cloud, EAST, WEST, context};
use leeward_envelope::{
    AlgorithmSuite, DecryptionMaterials, EncryptedDataKey, EncryptionMaterials, Keyring,
    KeyringError,
};
use leeward_kms_envelope::{KmsDiscoveryKeyring, KmsKeyring};
use leeward_resilience::RetryPolicy;
use leeward_testkit::{Fault, Scope};

const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512Commit;

async fn unwrap(
    keyring: &dyn Keyring,
    keys: &[EncryptedDataKey],
) -> Result<DecryptionMaterials, KeyringError> {
    let asked = DecryptionMaterials::new(SUITE, context());
    keyring.on_decrypt(asked, keys).await
}

fn named(cloud: &Cloud, wrapped: Vec<u8>) -> EncryptedDataKey {
    EncryptedDataKey::new("aws-kms", cloud.key.to_string(), wrapped).unwrap()
}

/// The keyrings that read what our key wrapped.
fn keyrings(cloud: &Cloud) -> [Box<dyn Keyring>; 2] {
    let once = || RetryPolicy::new().with_max_attempts(1);
    let stack = || cloud.patient([EAST, WEST]).with_retry(once());
    let kms = || stack().through(&cloud.pool).unwrap();
    [
        Box::new(KmsKeyring::multi_region(cloud.key.clone(), kms()).unwrap()),
        Box::new(KmsDiscoveryKeyring::multi_region([EAST, WEST], kms()).unwrap()),
    ]
}

#[tokio::test]
async fn a_key_that_cannot_be_used_is_asked_for_once_however_often_a_message_names_it() {
    for fault in [
        Fault::access_denied(),
        Fault::expired_token(),
        Fault::error(400, "NotFoundException", "no such key"),
        Fault::error(500, "KMSInternalException", "try again"),
    ] {
        let cloud = Cloud::start().await;
        let faults = cloud.aws.faults();
        faults.inject(Scope::any().service("kms"), fault);
        let keys: Vec<_> = (0..10).map(|at| named(&cloud, vec![at; 184])).collect();
        for keyring in keyrings(&cloud) {
            cloud.aws.reset_counts();
            let error = unwrap(&*keyring, &keys).await.unwrap_err();
            let KeyringError::Unwrap { met } = &error else {
                panic!("{error:?}");
            };
            assert_eq!(met.len(), 1, "{error}");
            // In one Region, or in both where the first is to blame.
            let calls = cloud.aws.counts().total().calls;
            assert!((1..=2).contains(&calls), "{calls}");
        }
    }
}

#[tokio::test]
async fn what_is_too_long_or_too_short_for_kms_is_not_sent() {
    let cloud = Cloud::start().await;
    for keyring in keyrings(&cloud) {
        cloud.aws.reset_counts();
        for len in [0, 6145, 60_000] {
            let error = unwrap(&*keyring, &[named(&cloud, vec![1; len])]).await;
            let error = error.unwrap_err();
            assert!(matches!(error, KeyringError::Unauthentic), "{error}");
        }
        assert_eq!(cloud.aws.counts().total().calls, 0);
        // As what KMS refuses is told, which does not keep it from the next.
        let asked = EncryptionMaterials::new(SUITE, context());
        let made = cloud.keyring().on_encrypt(asked).await.unwrap();
        let keys = [
            named(&cloud, vec![1; 6145]),
            named(&cloud, vec![1; 6144]),
            made.encrypted_data_keys()[0].clone(),
        ];
        unwrap(&*keyring, &keys).await.unwrap();
    }
}
