//! Classes of keys, over sockets.

use crate::cloud::{Cloud, EAST, WEST};
use aws_sdk_kms::Client;
use leeward_client_pool::Target;
use leeward_envelope::{
    Audit, AuditEvent, AuditOperation, AuditOutcome, CachePolicy, DecryptError, EncryptError,
    EncryptionContext, Encryptor, KeyringError,
};
use leeward_error_taxonomy::{Category, Region};
use leeward_kms_envelope::{
    ContextPolicy, DiscoveryFilter, KeyArn, KeyClass, KeyClasses, KeyClassesBuilder,
    KeyClassesError, KmsKeyring, KmsService, KmsStack,
};
use leeward_testkit::{Fault, Scope};
use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex},
    time::Duration,
};

fn stack(cloud: &Cloud) -> KmsService {
    KmsStack::new([EAST, WEST])
        .with_attempt_timeout(Duration::from_secs(2))
        .without_hedging()
        .through(&cloud.pool)
        .unwrap()
}

fn builder(cloud: &Cloud) -> KeyClassesBuilder<Target<Client>> {
    KeyClasses::builder(stack(cloud))
}

async fn client(cloud: &Cloud, region: Region) -> Client {
    cloud.pool.client().with_region(region).await.unwrap()
}

async fn single_region_key(cloud: &Cloud) -> KeyArn {
    let made = client(cloud, EAST).await.create_key().send().await;
    let arn = made.unwrap().key_metadata.unwrap().arn.unwrap();
    arn.parse().unwrap()
}

async fn alias(cloud: &Cloud, region: Region, name: &str, key: &KeyArn) {
    let request = client(cloud, region).await.create_alias();
    let request = request.alias_name(name).target_key_id(key.to_string());
    request.send().await.unwrap();
}

fn alias_arn(key: &KeyArn, name: &str) -> String {
    let key = key.to_string();
    let (account, _) = key.split_once(":key/").unwrap();
    format!("{account}:{name}")
}

fn account(key: &KeyArn) -> String {
    key.to_string().split(':').nth(4).unwrap().to_owned()
}

fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
    EncryptionContext::new(pairs.iter().copied()).unwrap()
}

/// A class of each kind: under a key, under the ARN of an alias, and under an alias that each Region has.
async fn three(cloud: &Cloud) -> KeyClasses {
    let pii = single_region_key(cloud).await;
    alias(cloud, EAST, "alias/pii", &pii).await;
    let replica = cloud.key.in_region(&WEST).unwrap();
    alias(cloud, EAST, "alias/payment", &cloud.key).await;
    alias(cloud, WEST, "alias/payment", &replica).await;
    let accounts = DiscoveryFilter::new("aws", [account(&cloud.key)]).unwrap();
    let classes = builder(cloud)
        .with_class("general", KeyClass::new(cloud.key.clone().into()))
        .with_class(
            "pii",
            KeyClass::new(alias_arn(&pii, "alias/pii").parse().unwrap()),
        )
        .with_class(
            "payment",
            KeyClass::new("alias/payment".parse().unwrap())
                .reading_accounts(accounts)
                .with_context_policy(
                    ContextPolicy::new()
                        .requiring(["tenant"])
                        .fixing("app", "shop"),
                ),
        )
        .build()
        .unwrap();
    cloud.aws.reset_counts();
    classes
}

#[tokio::test]
async fn each_class_writes_and_reads_under_its_own_key() {
    let cloud = Cloud::start().await;
    let classes = three(&cloud).await;
    let names: Vec<&str> = classes.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["general", "payment", "pii"]);
    let bound = context(&[("tenant", "acme")]);
    for (name, class) in classes.iter() {
        let message = class.encrypt(b"kept", &bound).await.unwrap();
        let decrypted = class.decrypt(&message, &bound).await.unwrap();
        assert_eq!(decrypted.plaintext(), b"kept");
        assert_eq!(decrypted.context().get("key-class"), Some(name));
        let claims = leeward_envelope::inspect(&message).unwrap();
        assert_eq!(claims.context().get("key-class"), Some(name));
        let is_payment = name == "payment";
        assert_eq!(claims.context().get("app").is_some(), is_payment);
        assert_eq!(
            claims.context().get("tenant").is_none(),
            is_payment,
            "required pairs are not sent"
        );
    }
    // Each has a cache of its own.
    assert_eq!(cloud.calls(&EAST, "GenerateDataKey"), 3);
    for (_, class) in classes.iter() {
        class.encrypt(b"kept", &bound).await.unwrap();
        assert_eq!(class.stats().map(|stats| stats.misses), [1, 1]);
    }
    assert_eq!(cloud.calls(&EAST, "GenerateDataKey"), 3);
}

#[tokio::test]
async fn a_message_of_one_class_is_not_opened_in_another() {
    let cloud = Cloud::start().await;
    // Under one key on purpose: the class alone sets them apart.
    let classes = builder(&cloud)
        .with_class("general", KeyClass::new(cloud.key.clone().into()))
        .with_class("payment", KeyClass::new(cloud.key.clone().into()))
        .build()
        .unwrap();
    let none = EncryptionContext::empty();
    let [general, payment] = ["general", "payment"].map(|name| classes.class(name).unwrap());
    let message = general.encrypt(b"kept", &none).await.unwrap();
    cloud.aws.reset_counts();
    let refused = payment.decrypt(&message, &none).await.unwrap_err();
    assert!(matches!(refused, DecryptError::ContextMismatch { key } if key == "key-class"));
    assert_eq!(cloud.aws.counts().total().calls, 0);

    // Nor one that names no class, under the very key.
    let keyring = KmsKeyring::multi_region(cloud.key.clone(), stack(&cloud)).unwrap();
    let classless = Encryptor::builder(keyring).build().unwrap();
    let message = classless.encrypt(b"kept", &none).await.unwrap();
    let refused = payment.decrypt(&message, &none).await.unwrap_err();
    assert!(matches!(refused, DecryptError::Unauthentic), "{refused}");

    // And nobody talks a class into another's name.
    let other = context(&[("key-class", "payment")]);
    let refused = general.encrypt(b"kept", &other).await.unwrap_err();
    assert!(matches!(refused, EncryptError::Context(_)), "{refused}");
}

#[tokio::test]
async fn a_call_without_a_required_key_is_refused_before_kms_is_called() {
    let cloud = Cloud::start().await;
    let classes = three(&cloud).await;
    let payment = classes.class("payment").unwrap();
    let none = EncryptionContext::empty();
    let refused = payment.encrypt(b"x", &none).await.unwrap_err();
    assert!(matches!(refused, EncryptError::MissingContextKey { key } if key == "tenant"));
    let bound = context(&[("tenant", "acme")]);
    let message = payment.encrypt(b"x", &bound).await.unwrap();
    let refused = payment.decrypt(&message, &none).await.unwrap_err();
    assert!(matches!(refused, DecryptError::MissingContextKey { key } if key == "tenant"));
    let other = context(&[("tenant", "apex")]);
    let refused = payment.decrypt(&message, &other).await.unwrap_err();
    assert!(matches!(refused, DecryptError::Unauthentic), "{refused}");
}

#[tokio::test]
async fn what_was_written_before_an_alias_moved_stays_readable() {
    let cloud = Cloud::start().await;
    let [first, second] = [
        single_region_key(&cloud).await,
        single_region_key(&cloud).await,
    ];
    alias(&cloud, EAST, "alias/pii", &first).await;
    let named = || KeyClass::new(alias_arn(&first, "alias/pii").parse().unwrap()).without_cache();
    let classes = builder(&cloud)
        .with_class("pii", named())
        .with_class("narrow", named().reading_keys([second.clone()]))
        .build()
        .unwrap();
    let none = EncryptionContext::empty();
    let (pii, narrow) = (
        classes.class("pii").unwrap(),
        classes.class("narrow").unwrap(),
    );
    let before = pii.encrypt(b"before", &none).await.unwrap();
    let not_ours = narrow.encrypt(b"before", &none).await.unwrap();
    let request = client(&cloud, EAST).await.update_alias();
    let request = request
        .alias_name("alias/pii")
        .target_key_id(second.to_string());
    request.send().await.unwrap();
    let after = pii.encrypt(b"after", &none).await.unwrap();
    assert_eq!(
        pii.decrypt(&before, &none).await.unwrap().plaintext(),
        b"before"
    );
    assert_eq!(
        pii.decrypt(&after, &none).await.unwrap().plaintext(),
        b"after"
    );
    // Where the keys are named, no other key is asked for.
    let ours = narrow.encrypt(b"after", &none).await.unwrap();
    assert_eq!(
        narrow.decrypt(&ours, &none).await.unwrap().plaintext(),
        b"after"
    );
    cloud.aws.reset_counts();
    let refused = narrow.decrypt(&not_ours, &none).await.unwrap_err();
    let DecryptError::Keyring(KeyringError::NoMatchingKey { .. }) = refused else {
        panic!("{refused}");
    };
    assert_eq!(cloud.aws.counts().total().calls, 0);
}

#[tokio::test]
async fn keys_of_other_accounts_are_not_asked_for() {
    let cloud = Cloud::start().await;
    let classes = three(&cloud).await;
    let none = EncryptionContext::empty();
    let message = classes
        .class("pii")
        .unwrap()
        .encrypt(b"x", &none)
        .await
        .unwrap();
    let ours = account(&cloud.key);
    let elsewhere = alias_arn(&cloud.key, "alias/pii").replace(&ours, "999988887777");
    let strange = builder(&cloud)
        .with_class("pii", KeyClass::new(elsewhere.parse().unwrap()))
        .build()
        .unwrap();
    cloud.aws.reset_counts();
    let refused = strange.class("pii").unwrap().decrypt(&message, &none).await;
    let Err(DecryptError::Keyring(KeyringError::NoMatchingKey { .. })) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(cloud.aws.counts().total().calls, 0);
}

#[tokio::test]
async fn every_message_of_a_class_is_told_with_arn_region_and_request() {
    let cloud = Cloud::start().await;
    let events: Arc<Mutex<Vec<AuditEvent>>> = Arc::default();
    let heard = Arc::clone(&events);
    let audit = Audit::new(move |event| heard.lock().unwrap().push(event.clone()));
    let two = NonZeroU32::new(2).unwrap();
    let cache = CachePolicy::new(Duration::from_secs(60))
        .with_max_messages(two)
        .with_renewal(None);
    let classes = builder(&cloud)
        .with_class(
            "payment",
            KeyClass::new(cloud.key.clone().into()).with_cache(cache),
        )
        .with_audit(audit)
        .build()
        .unwrap();
    let payment = classes.class("payment").unwrap();
    let bound = context(&[("tenant", "acme")]);
    let message = payment.encrypt(b"4242", &bound).await.unwrap();
    payment.encrypt(b"4242", &bound).await.unwrap();
    // The east is lost: the next data key comes from the west, and so does the answer to a message of the east.
    cloud
        .aws
        .faults()
        .inject(Scope::region(EAST), Fault::refuse());
    payment.encrypt(b"4242", &bound).await.unwrap();
    payment.decrypt(&message, &bound).await.unwrap();
    let told = std::mem::take(&mut *events.lock().unwrap());
    let west = cloud.key.in_region(&WEST).unwrap();
    let expected = [
        (AuditOperation::Seal, false, &cloud.key),
        (AuditOperation::Seal, true, &cloud.key),
        (AuditOperation::Seal, false, &west),
        (AuditOperation::Open, false, &west),
    ];
    assert_eq!(told.len(), expected.len());
    for (event, (operation, is_cached, key)) in told.iter().zip(expected) {
        assert_eq!(
            (event.operation, event.is_cached),
            (operation, Some(is_cached))
        );
        assert_eq!(event.outcome, AuditOutcome::Succeeded);
        let used = event.key_use.as_ref().unwrap();
        assert_eq!(used.key(), key.to_string());
        assert_eq!(used.region(), Some(key.region()));
        assert!(used.request_id().is_some_and(|id| !id.is_empty()));
        assert_eq!(event.label.as_deref(), Some("payment"));
        assert_eq!(event.context_keys, ["key-class", "tenant"]);
    }
    let ids = |at: usize| told[at].key_use.as_ref().unwrap().request_id();
    assert_eq!(ids(0), ids(1), "the request that brought the cached key");
    assert_ne!(ids(0), ids(2));
}

#[tokio::test]
async fn a_refusal_of_kms_is_told_with_its_category_and_request() {
    let cloud = Cloud::start().await;
    let events: Arc<Mutex<Vec<AuditEvent>>> = Arc::default();
    let heard = Arc::clone(&events);
    let audit = Audit::new(move |event| heard.lock().unwrap().push(event.clone()));
    let classes = builder(&cloud)
        .with_class(
            "pii",
            KeyClass::new(cloud.key.clone().into()).without_cache(),
        )
        .with_audit(audit)
        .build()
        .unwrap();
    let pii = classes.class("pii").unwrap();
    let none = EncryptionContext::empty();
    let message = pii.encrypt(b"x", &none).await.unwrap();
    for region in [EAST, WEST] {
        let kms = client(&cloud, region.clone()).await;
        let key = cloud.key.in_region(&region).unwrap();
        let disable = kms.disable_key().key_id(key.to_string());
        disable.send().await.unwrap();
    }
    let sealing = pii.encrypt(b"x", &none).await.unwrap_err();
    let opening = pii.decrypt(&message, &none).await.unwrap_err();
    let told = std::mem::take(&mut *events.lock().unwrap());
    let [_, sealed, opened] = &told[..] else {
        panic!("{told:#?}");
    };
    for (event, category) in [(sealed, sealing.category()), (opened, opening.category())] {
        assert_eq!(event.outcome.category(), Some(category));
        assert_ne!(category, Category::Unknown);
        let used = event.key_use.as_ref().unwrap();
        assert_eq!(used.key(), cloud.key.to_string());
        assert!(used.request_id().is_some_and(|id| !id.is_empty()));
        assert_eq!(event.is_cached, None);
    }
}

#[tokio::test]
async fn an_unknown_class_is_refused_with_the_names_of_those_that_are_known() {
    let cloud = Cloud::start().await;
    let classes = three(&cloud).await;
    assert_eq!(
        classes.class("paymnet").unwrap_err().to_string(),
        "there is no class \"paymnet\" of keys: ask for one of [\"general\", \"payment\", \"pii\"]"
    );
}

#[tokio::test]
async fn variables_name_classes() {
    let cloud = Cloud::start().await;
    let pii = single_region_key(&cloud).await;
    alias(&cloud, EAST, "alias/pii", &pii).await;
    let replica = cloud.key.in_region(&WEST).unwrap();
    alias(&cloud, EAST, "alias/card", &cloud.key).await;
    alias(&cloud, WEST, "alias/card", &replica).await;
    let account = account(&pii);
    let (pii, key) = (alias_arn(&pii, "alias/pii"), cloud.key.to_string());
    let variables = [
        ("LEEWARD_KMS_GENERAL_ARN", &*key),
        ("LEEWARD_KMS_PII_ALIAS", &*pii),
        ("LEEWARD_KMS_CARD_DATA_ALIAS", " alias/card "),
        ("LEEWARD_KMS_NARROW_ALIAS", "alias/card"),
        ("LEEWARD_KMS_NARROW_ARN", &*key),
        ("LEEWARD_KMS_EMPTY_ALIAS", ""),
        ("LEEWARD_KMS_ACCOUNTS", &*account),
        ("LEEWARD_PROFILE", "production"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let classes = builder(&cloud).with_variables(variables).unwrap();
    let classes = classes.build().unwrap();
    let names: Vec<&str> = classes.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["card_data", "general", "narrow", "pii"]);
    let none = EncryptionContext::empty();
    for (name, class) in classes.iter() {
        let message = class.encrypt(name.as_bytes(), &none).await.unwrap();
        let decrypted = class.decrypt(&message, &none).await.unwrap();
        assert_eq!(decrypted.plaintext(), name.as_bytes());
    }
}

#[tokio::test]
async fn variables_give_keys_to_classes_that_keep_their_policies() {
    let cloud = Cloud::start().await;
    let policy = ContextPolicy::new().requiring(["tenant"]);
    let class = || KeyClass::keyed_by_env().with_context_policy(policy.clone());
    let classes = || builder(&cloud).with_class("payment", class());
    let refused = classes().build().unwrap_err().to_string();
    assert_eq!(
        refused,
        "class \"payment\" has no key: set one of [\"LEEWARD_KMS_PAYMENT_ALIAS\", \"LEEWARD_KMS_PAYMENT_ARN\"]"
    );
    let variable = ("LEEWARD_KMS_PAYMENT_ARN".to_owned(), cloud.key.to_string());
    let classes = classes()
        .with_variables([variable])
        .unwrap()
        .build()
        .unwrap();
    let payment = classes.class("payment").unwrap();
    let none = EncryptionContext::empty();
    let refused = payment.encrypt(b"x", &none).await.unwrap_err();
    assert!(matches!(refused, EncryptError::MissingContextKey { .. }));
    payment
        .encrypt(b"x", &context(&[("tenant", "a")]))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_variable_that_cannot_be_used_is_named() {
    let cloud = Cloud::start().await;
    let check = |variables: &[(&str, &str)], expected: &str| {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let refused = builder(&cloud)
            .with_variables(variables)
            .and_then(KeyClassesBuilder::build)
            .unwrap_err();
        let text = refused.to_string();
        assert!(text.contains(expected), "{text}");
    };
    check(&[], "set a variable such as LEEWARD_KMS_GENERAL_ALIAS");
    check(
        &[("LEEWARD_KMS_PII_ARN", "arn:aws:kms:x")],
        "LEEWARD_KMS_PII_ARN: ",
    );
    check(
        &[("LEEWARD_KMS_PII_ALIAS", "alias/a b")],
        "LEEWARD_KMS_PII_ALIAS: ",
    );
    let key = cloud.key.to_string();
    check(
        &[("LEEWARD_KMS_PII_ALIAS", &key)],
        "LEEWARD_KMS_PII_ALIAS: it names a key and no alias: set the variable that ends in _ARN",
    );
    check(
        &[
            ("LEEWARD_KMS_PII_ALIAS", "alias/pii"),
            ("LEEWARD_KMS_ACCOUNTS", "12"),
        ],
        "LEEWARD_KMS_ACCOUNTS: \"12\" is no account",
    );
    check(
        &[("LEEWARD_KMS_PII_ALIAS", "alias/pii")],
        "class \"pii\" writes under alias/pii, which tells nobody whose keys it reads",
    );
    check(&[("LEEWARD_KMS__ARN", &key)], "a class of keys has no name");
    let twice = format!("{key},{}", cloud.key.in_region(&WEST).unwrap());
    check(
        &[("LEEWARD_KMS_PII_ARN", &twice)],
        "class \"pii\": the keys",
    );
}

#[tokio::test]
async fn the_environment_of_this_process_names_no_class() {
    let cloud = Cloud::start().await;
    let refused = KeyClasses::from_env(stack(&cloud)).unwrap_err();
    assert_eq!(refused, KeyClassesError::NoClasses);
}

#[tokio::test]
async fn a_policy_that_no_context_can_meet_is_refused_with_its_class() {
    let cloud = Cloud::start().await;
    let policy = ContextPolicy::new().fixing("app", "x").requiring(["app"]);
    let class = KeyClass::new(cloud.key.clone().into()).with_context_policy(policy);
    let refused = builder(&cloud)
        .with_class("pii", class)
        .build()
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "class \"pii\": the class has a value of its own under context key \"app\": leave yours out"
    );
}

#[cfg(feature = "json")]
#[tokio::test]
async fn values_are_sealed_in_a_class() {
    let cloud = Cloud::start().await;
    let classes = three(&cloud).await;
    let payment = classes.class("payment").unwrap();
    let bound = context(&[("tenant", "acme")]);
    let card = ("4242".to_owned(), 2030_u16);
    let message = payment.seal_json(&card, &bound).await.unwrap();
    let opened: (String, u16) = payment.open_json(&message, &bound).await.unwrap();
    assert_eq!(opened, card);
    let column = payment.seal_json_text(&card, &bound).await.unwrap();
    let opened: (String, u16) = payment.open_json_text(&column, &bound).await.unwrap();
    assert_eq!(opened, card);
    let general = classes.class("general").unwrap();
    let refused = general
        .open_json_text::<(String, u16)>(&column, &bound)
        .await;
    assert!(refused.is_err());
}
