//! What a class writes, reads and refuses.

use super::{account, alias, alias_arn, builder, client, context, single_region_key, stack, three};
use crate::cloud::{Cloud, EAST};
use leeward_envelope::{
    AlgorithmSuite, DecryptError, EncryptError, EncryptionContext, Encryptor, KeyringError,
};
use leeward_kms_envelope::{ContextPolicy, KeyClass, KmsKeyring};

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
        // What it writes with it reads with as well.
        assert_eq!(class.stats().map(|stats| stats.misses), [1, 0]);
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
    assert_eq!(
        refused.to_string(),
        "context key \"key-class\" has a fixed value: leave yours out"
    );
}

#[tokio::test]
async fn a_class_that_signs_reads_nothing_that_is_not_signed() {
    let cloud = Cloud::start().await;
    let class_of = |class: KeyClass| {
        let classes = builder(&cloud).with_class("orders", class).build();
        classes.unwrap().class("orders").unwrap().clone()
    };
    let new = || KeyClass::new(cloud.key.clone().into());
    let signing = || new().with_suite(AlgorithmSuite::Aes256GcmHkdfSha512CommitEcdsaP384);
    let none = EncryptionContext::empty();
    let signed = class_of(signing()).encrypt(b"x", &none).await.unwrap();
    let unsigned = class_of(new()).encrypt(b"x", &none).await.unwrap();
    cloud.aws.reset_counts();
    let refused = class_of(signing()).decrypt(&unsigned, &none).await;
    let refused = refused.unwrap_err();
    assert!(
        matches!(refused, DecryptError::Unsigned { .. }),
        "{refused}"
    );
    assert_eq!(cloud.aws.counts().total().calls, 0);
    for (class, message) in [
        (signing(), &signed),
        (signing().with_required_signatures(false), &unsigned),
        (new(), &unsigned),
    ] {
        class_of(class).decrypt(message, &none).await.unwrap();
    }
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
async fn an_unknown_class_is_refused_with_the_names_of_those_that_are_known() {
    let cloud = Cloud::start().await;
    let classes = three(&cloud).await;
    assert_eq!(
        classes.class("paymnet").unwrap_err().to_string(),
        "there is no class \"paymnet\" of keys: ask for one of [\"general\", \"payment\", \"pii\"]"
    );
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
        "class \"pii\": context key \"app\" has a fixed value: leave yours out"
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
