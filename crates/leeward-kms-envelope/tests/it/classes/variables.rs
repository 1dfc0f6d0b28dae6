//! Classes whose keys are named by variables.

use super::{account, alias, alias_arn, builder, context, single_region_key, stack};
use crate::cloud::{Cloud, EAST, WEST};
use leeward_envelope::{EncryptError, EncryptionContext};
use leeward_kms_envelope::{
    ContextPolicy, KeyClass, KeyClasses, KeyClassesBuilder, KeyClassesError,
};
use leeward_testkit::ACCOUNT_ID;
use std::{env, process::Command};
#[cfg(unix)]
use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

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
    let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
    let away = format!("arn:aws:kms:eu-west-1:111122223333:key/{id}");
    check(
        &[("LEEWARD_KMS_PII_ARN", &away)],
        "is in none of the stack's Regions [us-east-1, us-west-2]: name by its ARN one that is",
    );
    // To write as well as to read.
    check(
        &[("LEEWARD_KMS_PII_ARN", &format!("{key},{away}"))],
        &format!("class \"pii\": {away} is in none of the stack's Regions"),
    );
    check(&[("LEEWARD_KMS__ARN", &key)], "a class of keys has no name");
    check(
        &[("LEEWARD_KMS_PII_ALIAS", "app")],
        "LEEWARD_KMS_PII_ALIAS: it lacks alias/ at its beginning: write alias/app",
    );
    let twice = format!("{key},{}", cloud.key.in_region(&WEST).unwrap());
    check(
        &[("LEEWARD_KMS_PII_ARN", &twice)],
        "class \"pii\": the keys",
    );
}

#[tokio::test]
async fn a_class_of_any_name_has_variables_that_a_shell_can_set() {
    let cloud = Cloud::start().await;
    for (name, variable) in [
        ("Payment", "LEEWARD_KMS_PAYMENT_ARN"),
        ("card-data", "LEEWARD_KMS_CARD_DATA_ARN"),
        ("pay ment-x", "LEEWARD_KMS_PAY_MENT_X_ARN"),
    ] {
        let classes = || builder(&cloud).with_class(name, KeyClass::keyed_by_env());
        let refused = classes().build().unwrap_err().to_string();
        assert!(refused.contains(&format!("{variable:?}")), "{refused}");
        let variables = [(variable.to_owned(), cloud.key.to_string())];
        let classes = classes().with_variables(variables).unwrap();
        let classes = classes.build().unwrap();
        let names: Vec<&str> = classes.iter().map(|(name, _)| name).collect();
        assert_eq!(names, [name]);
    }
}

#[tokio::test]
async fn a_variable_that_stands_for_two_classes_is_refused() {
    let cloud = Cloud::start().await;
    let classes = builder(&cloud)
        .with_class("card-data", KeyClass::keyed_by_env())
        .with_class("card_data", KeyClass::keyed_by_env());
    let variable = "LEEWARD_KMS_CARD_DATA_ARN".to_owned();
    let refused = classes.with_variables([(variable, cloud.key.to_string())]);
    assert_eq!(
        refused.unwrap_err().to_string(),
        "classes \"card-data\" and \"card_data\" are the same to variables such as \"LEEWARD_KMS_CARD_DATA_ALIAS\": rename one of \
         them"
    );
}

#[tokio::test]
async fn a_variable_that_begins_as_ours_and_is_none_is_refused() {
    let cloud = Cloud::start().await;
    let check = |variable: &str, expected: Option<&str>| {
        let payment = KeyClass::new(cloud.key.clone().into());
        let variables = [(variable.to_owned(), cloud.key.to_string())];
        let classes = builder(&cloud).with_class("payment", payment);
        let refused = classes.with_variables(variables).err();
        let text = refused.map(|error| error.to_string());
        match expected {
            Some(expected) => assert!(text.unwrap().contains(expected), "{variable}"),
            None => assert_eq!(text, None, "{variable}"),
        }
    };
    let unknown = "there is no such variable: one of a class ends in _ALIAS or _ARN";
    check("LEEWARD_KMS_PAYMENT_KEY", Some(unknown));
    check("LEEWARD_KMS_ALIAS", Some(unknown));
    check("LEEWARD_KMS_ARN", Some(unknown));
    let upper = Some("set LEEWARD_KMS_PAYMENT_ARN");
    check("LEEWARD_KMS_payment_ARN", upper);
    check("leeward_kms_payment_arn", upper);
    check("LEEWARD_KMS_PAYMENT-ARN", upper);
    check("LEEWARD_KMS", None);
    check("LEEWARD_REGION_ROUTER", None);
    check("MY_LEEWARD_KMS_PAYMENT_KEY", None);
}

#[tokio::test]
async fn the_environment_of_this_process_names_no_class() {
    let cloud = Cloud::start().await;
    let refused = KeyClasses::from_env(stack(&cloud)).unwrap_err();
    assert_eq!(refused, KeyClassesError::NoClasses);
}

/// In a process of its own, for nobody can change the variables of one that runs.
#[test]
fn the_environment_gives_classes_their_keys() {
    const IS_CHILD: &str = "LEEWARD_TEST_IS_CHILD";
    if env::var_os(IS_CHILD).is_some() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        return runtime.block_on(read_the_environment());
    }
    let mut child = Command::new(env::current_exe().unwrap());
    child
        .args(["--exact", "--nocapture"])
        .arg("classes::variables::the_environment_gives_classes_their_keys")
        .env(IS_CHILD, "1")
        .env("LEEWARD_KMS_PAYMENT_ALIAS", "alias/payment")
        .env("LEEWARD_KMS_GENERAL_ALIAS", "alias/payment")
        .env("LEEWARD_KMS_ACCOUNTS", ACCOUNT_ID)
        .env("LEEWARD_KMS_UNUSED_ARN", "");
    #[cfg(unix)]
    child.env("NOT_TEXT", <OsStr as OsStrExt>::from_bytes(b"\xff"));
    let output = child.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}{failed}");
    assert!(told.contains("1 passed"), "{told}{failed}");
}

async fn read_the_environment() {
    let cloud = Cloud::start().await;
    let replica = cloud.key.in_region(&WEST).unwrap();
    alias(&cloud, EAST, "alias/payment", &cloud.key).await;
    alias(&cloud, WEST, "alias/payment", &replica).await;
    let read = KeyClasses::from_env(stack(&cloud)).unwrap();
    let names: Vec<&str> = read.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["general", "payment"]);
    // What is there keeps its policies.
    let of_tenants = ContextPolicy::new().requiring(["tenant"]);
    let class = KeyClass::keyed_by_env().with_context_policy(of_tenants);
    let classes = builder(&cloud).with_class("payment", class);
    let classes = classes.with_env().unwrap().build().unwrap();
    let tenant = context(&[("tenant", "a")]);
    let payment = classes.class("payment").unwrap();
    let none = EncryptionContext::empty();
    let refused = payment.encrypt(b"x", &none).await.unwrap_err();
    assert!(matches!(refused, EncryptError::MissingContextKey { .. }));
    for class in [payment, read.class("general").unwrap()] {
        let message = class.encrypt(b"x", &tenant).await.unwrap();
        let opened = class.decrypt(&message, &tenant).await.unwrap();
        assert_eq!(opened.plaintext(), b"x");
    }
}
