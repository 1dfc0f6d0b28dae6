//! What a caller is told when there is no data key to be had.

use crate::cloud::{Cloud, EAST, WEST, context, encryptor, multi_region_key};
use aws_sdk_kms::Client;
use leeward_envelope::{Decryptor, EncryptError, Encryptor, KeyringCause};
use leeward_error_taxonomy::{Category, Region, Rejected};
use leeward_kms_envelope::{KeyArn, KeyId, KeyringSetupError, KmsError, KmsKeyring, KmsStack};
use leeward_testkit::{Fault, Scope};
use std::error::Error;

#[track_caller]
fn kms_error<'a>(error: &'a (dyn Error + 'static)) -> &'a KmsError {
    KmsError::below(error).unwrap_or_else(|| panic!("no error of KMS below {error}"))
}

#[tokio::test]
async fn when_no_region_answers_each_is_named_with_what_it_met() {
    let cloud = Cloud::start().await;
    cloud.aws.faults().inject(Scope::any(), Fault::black_hole());
    let hasty = cloud.keyring_over(cloud.hasty());
    let encryptor = Encryptor::builder(hasty).build().unwrap();
    let error = encryptor.encrypt(b"x", &context()).await.unwrap_err();
    let kms = kms_error(&error);
    assert_eq!(kms.operation().to_string(), "kms.GenerateDataKey");
    let Some(Rejected::Exhausted { tried }) = kms.rejected() else {
        panic!("not exhausted: {kms}");
    };
    let regions: Vec<_> = tried.iter().map(|attempt| &attempt.region).collect();
    assert_eq!(regions, [&EAST, &WEST]);
    assert_eq!(kms.regions(), [EAST, WEST]);
    // Whoever looks for what timed out finds it, in the audit too.
    assert_eq!(kms.failure().category(), Category::Timeout);
    assert_eq!(error.category(), Category::Timeout);
    assert!(kms.advice().contains("drain a Region that stays bad"));
    let text = kms.to_string();
    for region in [EAST, WEST] {
        let says = format!("{region}: no answer within 0.2 s of the attempt");
        assert!(text.contains(&says), "{text}");
    }
}

#[tokio::test]
async fn a_refusal_of_kms_is_final_and_keeps_its_code() {
    let cloud = Cloud::start().await;
    cloud
        .aws
        .faults()
        .inject(Scope::region(EAST), Fault::access_denied());
    let error = encryptor(&cloud)
        .encrypt(b"x", &context())
        .await
        .unwrap_err();
    let kms = kms_error(&error);
    assert_eq!(kms.failure().category(), Category::Authorization);
    assert_eq!(kms.failure().code(), Some("AccessDeniedException"));
    assert!(kms.failure().request_id().is_some());
    assert_eq!(
        cloud.aws.counts().total().calls,
        1,
        "neither retried nor failed over"
    );
}

#[tokio::test]
async fn a_message_under_another_key_costs_no_call() {
    let cloud = Cloud::start().await;
    let other = multi_region_key(&cloud.pool).await;
    let encryptor = Encryptor::builder(cloud.keyring_for(&other))
        .build()
        .unwrap();
    let message = encryptor.encrypt(b"x", &context()).await.unwrap();
    cloud.aws.reset_counts();
    let decryptor = Decryptor::builder(cloud.keyring()).build().unwrap();
    let error = decryptor.decrypt(&message).await.unwrap_err();
    let text = error.source().unwrap().to_string();
    assert!(text.contains(&other.to_string()), "{text}");
    assert_eq!(cloud.aws.counts().total().calls, 0);
}

#[tokio::test]
async fn what_cannot_fail_over_is_refused_at_once() {
    let cloud = Cloud::start().await;
    let single = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let kms = || KmsStack::new([EAST, WEST]).through(&cloud.pool).unwrap();
    let refused = KmsKeyring::multi_region(single.parse().unwrap(), kms()).unwrap_err();
    assert!(
        refused.to_string().contains("single-Region key"),
        "{refused}"
    );
    let keyring = KmsKeyring::multi_region(cloud.key.clone(), kms()).unwrap();
    let tokens = (0..11).map(|at| format!("token-{at}"));
    let refused = keyring.with_grant_tokens(tokens).unwrap_err();
    assert_eq!(refused, KeyringSetupError::TooManyGrantTokens { count: 11 });
    assert_eq!(
        refused.to_string(),
        "11 grant tokens were given, KMS takes 10 at most"
    );
}

/// Encrypts under what is not to be had in the Regions of the stack.
async fn misplaced(
    cloud: &Cloud,
    regions: impl IntoIterator<Item = Region>,
    key: &str,
) -> EncryptError {
    let kms = cloud.patient(regions).through(&cloud.pool).unwrap();
    let keyring = KmsKeyring::single(key.parse::<KeyId>().unwrap(), kms);
    let encryptor = Encryptor::builder(keyring).build().unwrap();
    let error = encryptor.encrypt(b"x", &context()).await.unwrap_err();
    let kms = kms_error(&error);
    assert_eq!(kms.failure().category(), Category::Configuration, "{kms}");
    assert_eq!(error.category(), Category::Configuration);
    assert!(kms.advice().contains("have key and stack meet"), "{kms}");
    assert_eq!(kms.regions(), []);
    assert_eq!(cloud.aws.counts().total().calls, 0);
    error
}

fn cause(error: &EncryptError) -> KeyringCause {
    let EncryptError::Keyring(error) = error else {
        panic!("not of the keyring: {error}");
    };
    error.cause()
}

#[tokio::test]
async fn a_key_that_no_region_of_the_stack_has_is_no_outage() {
    let cloud = Cloud::start().await;
    let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
    let gov = format!("arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/{id}");
    let error = misplaced(&cloud, [EAST, WEST], &gov).await;
    assert_eq!(cause(&error), KeyringCause::Other);
    let error = misplaced(&cloud, [EAST, WEST], id).await;
    assert_eq!(cause(&error), KeyringCause::Other);
    let text = kms_error(&error).to_string();
    assert!(text.contains("say so by KeyId::living_in"), "{text}");
    let away = format!("arn:aws:kms:eu-west-1:111122223333:key/{id}");
    misplaced(&cloud, [EAST, WEST], &away).await;
    misplaced(&cloud, [EAST], &away).await;

    // An id that says so is called where it lives.
    let kms = cloud.patient([EAST, WEST]).through(&cloud.pool).unwrap();
    let there = id.parse::<KeyId>().unwrap().living_in(WEST);
    let encryptor = Encryptor::builder(KmsKeyring::single(there, kms));
    let encryptor = encryptor.build().unwrap();
    encryptor.encrypt(b"x", &context()).await.unwrap_err();
    assert_eq!(cloud.calls(&WEST, "GenerateDataKey"), 1);
}

/// From here it looks as if the stack had never known the Region: data keys that are cached may serve on.
#[tokio::test]
async fn a_key_whose_region_is_drained_may_come_back() {
    let cloud = Cloud::start().await;
    let east: Client = cloud.pool.client().with_region(EAST).await.unwrap();
    let made = east.create_key().send().await.unwrap();
    let key: KeyArn = made.key_metadata.unwrap().arn.unwrap().parse().unwrap();
    let kms = cloud.patient([EAST, WEST]).through(&cloud.pool).unwrap();
    let keyring = KmsKeyring::single(key, kms.clone());
    let encryptor = Encryptor::builder(keyring).build().unwrap();
    kms.router().drain(&EAST).unwrap();
    let error = encryptor.encrypt(b"x", &context()).await.unwrap_err();
    assert_eq!(cause(&error), KeyringCause::Unavailable);
    assert!(kms_error(&error).advice().contains("restore that Region"));
    kms.router().restore(&EAST).unwrap();
    encryptor.encrypt(b"x", &context()).await.unwrap();
}

#[tokio::test]
async fn nothing_prints_a_grant_token() {
    let cloud = Cloud::start().await;
    let kms = KmsStack::new([EAST]).through(&cloud.pool).unwrap();
    let keyring = KmsKeyring::multi_region(cloud.key.clone(), kms).unwrap();
    let keyring = keyring.with_grant_tokens(["hush-hush".to_owned()]).unwrap();
    assert!(!format!("{keyring:?}").contains("hush"));
}

#[tokio::test]
async fn a_deadline_that_leaves_a_region_out_is_refused() {
    use leeward_kms_envelope::KmsStackError;
    use std::time::Duration;
    let cloud = Cloud::start().await;
    let stack = KmsStack::new([EAST, WEST])
        .with_attempt_timeout(Duration::from_secs(2))
        .with_deadline(Duration::from_secs(3));
    let error = stack.through(&cloud.pool).unwrap_err();
    assert!(matches!(error, KmsStackError::DeadlineTooShort { .. }));
    assert_eq!(
        error.to_string(),
        "a deadline of 3s ends before 2 Regions have had 2s each: allow 4s, or shorten the attempt timeout"
    );
    let none = KmsStack::new([]).through(&cloud.pool).unwrap_err();
    assert!(matches!(none, KmsStackError::Router(_)));
}
