//! Classes whose keys are named by variables.

use super::{account, alias, alias_arn, builder, context, single_region_key, stack};
use crate::cloud::{Cloud, EAST, WEST};
use leeward_envelope::{EncryptError, EncryptionContext};
use leeward_kms_envelope::{
    ContextPolicy, KeyClass, KeyClasses, KeyClassesBuilder, KeyClassesError,
};

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
