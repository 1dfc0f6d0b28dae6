//! Profiles of the shared configuration files, each test in a process of its own.

use crate::{
    child,
    cloud::{EAST, WEST},
};
use aws_sdk_kms::Client;
use leeward_client_pool::{ClientError, Identity, Pool, Role};
use leeward_error_taxonomy::{Category, Classify};
use leeward_testkit::Aws;
use std::{path::Path, time::Duration};

const LEDGER: &str = "arn:aws:iam::111122223333:role/ledger";

/// Runs `body` in a child whose configuration files are these.
fn with_files(test: &str, config: &str, credentials: &str, body: impl Future<Output = ()>) {
    if child::is_child() {
        tokio::runtime::Runtime::new().unwrap().block_on(body);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (config, credentials) = (write("config", config), write("credentials", credentials));
    child::run(
        &format!("credentials_profiles::{test}"),
        &[
            ("AWS_CONFIG_FILE", &config),
            ("AWS_SHARED_CREDENTIALS_FILE", &credentials),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ],
    );
}

async fn cloud() -> (Aws, Pool) {
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let pool = crate::cloud::builder(&aws)
        .with_sts_regions([EAST, WEST])
        .build()
        .await
        .unwrap();
    (aws, pool)
}

const CONFIG: &str =
    "[profile staging]\nregion = us-west-2\n\n[profile empty]\nregion = us-east-1\n";
const CREDENTIALS: &str =
    "[staging]\naws_access_key_id = AKIDSTAGING\naws_secret_access_key = hush\n";

#[test]
fn a_profile_signs_with_its_keys_in_its_region() {
    with_files(
        "a_profile_signs_with_its_keys_in_its_region",
        CONFIG,
        CREDENTIALS,
        async {
            let (aws, pool) = cloud().await;
            let kms: Client = pool.client().with_profile("staging").await.unwrap();
            kms.list_keys().send().await.unwrap();
            let there = aws.counts().in_region(&WEST);
            let signers = there.signers("kms", "ListKeys");
            assert_eq!(signers, [("AKIDSTAGING".to_owned(), 1)].into());
            let role = Role::new(LEDGER).unwrap();
            let role = role.assumed_by(Identity::profile("staging"));
            let asked = pool.client::<Client>().with_region(EAST).with_role(role);
            asked.await.unwrap();
            assert_eq!(aws.roles().sessions(LEDGER)[0].assumed_by, "AKIDSTAGING");
        },
    );
}

const CHAIN: &str = "[profile staging]
region = us-west-2

[profile hub]
role_arn = arn:aws:iam::111122223333:role/hub
source_profile = staging

[profile partner]
role_arn = arn:aws:iam::111122223333:role/ledger
source_profile = hub
external_id = partner-7
role_session_name = payments
duration_seconds = 1800
region = us-east-1
";

#[test]
fn the_role_of_a_profile_is_assumed_where_sts_answers() {
    with_files(
        "the_role_of_a_profile_is_assumed_where_sts_answers",
        CHAIN,
        CREDENTIALS,
        async {
            let (aws, pool) = cloud().await;
            let dark = leeward_testkit::Scope::region(EAST).service("sts");
            aws.faults().inject(dark, leeward_testkit::Fault::refuse());
            let kms: Client = pool.client().with_profile("partner").await.unwrap();
            kms.list_keys().send().await.unwrap();
            let ledger = aws.roles().sessions(LEDGER);
            let hub = aws.roles().sessions("arn:aws:iam::111122223333:role/hub");
            assert_eq!(hub[0].assumed_by, "AKIDSTAGING");
            assert_eq!(ledger[0].assumed_by, hub[0].access_key_id);
            assert_eq!(ledger[0].external_id.as_deref(), Some("partner-7"));
            assert_eq!(ledger[0].session_name, "payments");
            assert_eq!(ledger[0].lifetime, Duration::from_secs(1_800));
            let there = aws.counts().in_region(&EAST);
            let signers = there.signers("kms", "ListKeys");
            assert_eq!(signers, [(ledger[0].access_key_id.clone(), 1)].into());
        },
    );
}

#[test]
fn a_role_that_a_profile_goes_by_way_of_is_invalidated_with_its_client() {
    with_files(
        "a_role_that_a_profile_goes_by_way_of_is_invalidated_with_its_client",
        CHAIN,
        CREDENTIALS,
        async {
            const HUB: &str = "arn:aws:iam::111122223333:role/hub";
            let (aws, pool) = cloud().await;
            let ask = || pool.client::<Client>().with_profile("partner");
            let kms = ask().await.unwrap();
            let staging = pool.client::<Client>().with_profile("staging");
            staging.await.unwrap();
            let other = "arn:aws:iam::111122223333:role/other";
            assert_eq!(pool.invalidate_role(other), 0);
            for (arn, calls) in [(HUB, [2, 2]), (LEDGER, [2, 3])] {
                assert_eq!(pool.invalidate_role(arn), 1, "{arn}");
                assert_eq!(pool.len(), 1, "that of the keys stays");
                assert_eq!(pool.invalidate_role(arn), 0, "{arn}");
                // Who has the old client is served by a session of after.
                kms.list_keys().send().await.unwrap();
                assert_eq!([HUB, LEDGER].map(|arn| aws.roles().calls(arn)), calls);
                ask().await.unwrap();
            }
            let stats = pool.stats().clients;
            assert_eq!((stats.cleared, stats.kept), (2, 2));
        },
    );
}

#[test]
fn profiles_in_a_circle_are_told() {
    with_files(
        "profiles_in_a_circle_are_told",
        "[profile a]\nrole_arn = arn:aws:iam::111122223333:role/a\nsource_profile = b\n\n\
         [profile b]\nrole_arn = arn:aws:iam::111122223333:role/b\nsource_profile = a\n",
        "",
        async {
            let (_aws, pool) = cloud().await;
            let asked = pool.client::<Client>().with_profile("a").with_region(EAST);
            let error = asked.await.unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    r#"the profile "a" of {} is faulty: its source_profile leads in a circle (a -> b -> a): let one of them have keys of its own"#,
                    std::env::var("AWS_CONFIG_FILE").unwrap()
                )
            );
            assert_eq!(error.facts().category, Category::Configuration);
        },
    );
}

#[test]
fn an_unknown_profile_is_told_with_those_that_there_are() {
    with_files(
        "an_unknown_profile_is_told_with_those_that_there_are",
        CONFIG,
        CREDENTIALS,
        async {
            let (_aws, pool) = cloud().await;
            let asked = pool.client::<Client>().with_profile("prod").await;
            let error = asked.unwrap_err();
            assert_eq!(
                error.to_string(),
                r#"the profile "prod" is not in the shared configuration files, which hold empty, staging"#
            );
            assert_eq!(error.facts().category, Category::Configuration);
        },
    );
}

#[test]
fn a_profile_without_credentials_is_told_when_its_client_is_asked_for() {
    with_files(
        "a_profile_without_credentials_is_told_when_its_client_is_asked_for",
        CONFIG,
        CREDENTIALS,
        async {
            let (_aws, pool) = cloud().await;
            let asked = pool.client::<Client>().with_profile("empty").await;
            let error = asked.unwrap_err();
            assert!(matches!(error, ClientError::Profile { .. }), "{error:?}");
            let text = error.to_string();
            assert!(text.starts_with(r#"the profile "empty" of "#), "{text}");
            assert!(text.contains("it has no credentials: add keys"), "{text}");
        },
    );
}

#[test]
fn a_corrected_file_counts_from_the_next_load_on() {
    with_files(
        "a_corrected_file_counts_from_the_next_load_on",
        CONFIG,
        CREDENTIALS,
        async {
            let (aws, pool) = cloud().await;
            let file = std::env::var("AWS_SHARED_CREDENTIALS_FILE").unwrap();
            let kms: Client = pool.client().with_profile("staging").await.unwrap();
            let corrected = CREDENTIALS.replace("AKIDSTAGING", "AKIDROTATED");
            std::fs::write(Path::new(&file), corrected).unwrap();
            kms.list_keys().send().await.unwrap();
            let fault = leeward_testkit::Fault::unknown_credentials();
            let scope = leeward_testkit::Scope::any().service("kms");
            let refusing = aws.faults().inject(scope, fault);
            kms.list_keys().send().await.unwrap_err();
            refusing.clear();
            kms.list_keys().send().await.unwrap();
            let signers = aws.counts().signers("kms", "ListKeys");
            let expected = [("AKIDSTAGING".to_owned(), 2), ("AKIDROTATED".to_owned(), 2)];
            assert_eq!(signers, expected.into());
        },
    );
}

const ROLE: &str = "[profile partner]
role_arn = arn:aws:iam::111122223333:role/wrong
source_profile = staging
region = us-east-1
";

#[test]
fn a_corrected_role_and_region_count_from_the_next_client_on() {
    with_files(
        "a_corrected_role_and_region_count_from_the_next_client_on",
        ROLE,
        CREDENTIALS,
        async {
            let (aws, pool) = cloud().await;
            aws.roles().deny("arn:aws:iam::111122223333:role/wrong");
            let ask = || pool.client::<Client>().with_profile("partner");
            let by_way_of_it = || {
                let hop = Role::new("arn:aws:iam::111122223333:role/hop").unwrap();
                let role = hop.assumed_by(Identity::profile("partner"));
                pool.client::<Client>().with_region(EAST).with_role(role)
            };
            let error = ask().await.unwrap_err();
            assert!(matches!(error, ClientError::RoleDenied { .. }), "{error:?}");
            by_way_of_it().await.unwrap_err();
            let file = std::env::var("AWS_CONFIG_FILE").unwrap();
            let corrected = ROLE.replace("wrong", "ledger");
            let corrected = corrected.replace("us-east-1", "us-west-2");
            std::fs::write(Path::new(&file), corrected).unwrap();
            // Past the negative entry.
            tokio::time::sleep(Duration::from_millis(1_100)).await;
            ask().await.unwrap().list_keys().send().await.unwrap();
            by_way_of_it().await.unwrap();
            let session = &aws.roles().sessions(LEDGER)[0].access_key_id;
            let there = aws.counts().in_region(&WEST);
            let signers = there.signers("kms", "ListKeys");
            assert_eq!(signers, [(session.clone(), 1)].into());
        },
    );
}

#[test]
fn a_role_of_a_profile_is_of_its_regions_partition() {
    with_files(
        "a_role_of_a_profile_is_of_its_regions_partition",
        &ROLE.replace("arn:aws:", "arn:aws-cn:"),
        CREDENTIALS,
        async {
            let (_aws, pool) = cloud().await;
            let asked = pool.client::<Client>().with_profile("partner").await;
            let error = asked.unwrap_err();
            assert_eq!(
                error.to_string(),
                "arn:aws-cn:iam::111122223333:role/wrong is of the partition aws-cn, us-east-1 of aws: \
                 no credentials are good in both"
            );
            let role = Role::new(LEDGER).unwrap();
            let role = role.assumed_by(Identity::profile("partner"));
            let asked = pool.client::<Client>().with_region(EAST).with_role(role);
            let error = asked.await.unwrap_err();
            assert!(matches!(error, ClientError::MixedPartitions { .. }));
            assert_eq!(pool.stats().credentials.sts_calls, 0);
        },
    );
}

#[test]
fn a_role_of_a_profile_that_is_none_is_told_with_what_is_wrong() {
    with_files(
        "a_role_of_a_profile_that_is_none_is_told_with_what_is_wrong",
        &ROLE.replace("role/wrong", "user/wrong"),
        CREDENTIALS,
        async {
            let (_aws, pool) = cloud().await;
            let asked = pool.client::<Client>().with_profile("partner").await;
            let error = asked.unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    r#"the profile "partner" of {} is faulty: its role_arn: "arn:aws:iam::111122223333:user/wrong" is not the ARN of a role: it names no role/; write it as in arn:aws:iam::111122223333:role/name"#,
                    std::env::var("AWS_CONFIG_FILE").unwrap()
                )
            );
            assert_eq!(error.facts().category, Category::Configuration);
        },
    );
}

#[test]
fn an_incomplete_sign_on_is_told_also_by_a_role_that_it_is_to_assume() {
    with_files(
        "an_incomplete_sign_on_is_told_also_by_a_role_that_it_is_to_assume",
        "[profile work]\nregion = us-east-1\nsso_session = work\nsso_role_name = Reader\n\n\
         [sso-session work]\nsso_region = us-east-1\nsso_start_url = https://work.awsapps.com/start\n",
        "[work]\n",
        async {
            let (aws, pool) = cloud().await;
            let asked = pool.client::<Client>().with_profile("work").await;
            let error = asked.unwrap_err();
            let [config, credentials] = ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"]
                .map(|file| std::env::var(file).unwrap());
            assert_eq!(
                error.to_string(),
                format!(
                    r#"the profile "work" of {config} and {credentials} is faulty: it has no sso_account_id: add it"#
                )
            );
            let role = Role::new(LEDGER).unwrap();
            let role = role.assumed_by(Identity::profile("work"));
            let asked = pool.client::<Client>().with_region(EAST).with_role(role);
            let by_role = asked.await.unwrap_err();
            assert_eq!(by_role.to_string(), error.to_string());
            assert_eq!(aws.counts().total().calls, 0);
        },
    );
}

#[test]
fn an_empty_region_of_a_profile_is_told_as_one() {
    with_files(
        "an_empty_region_of_a_profile_is_told_as_one",
        "[profile staging]\nregion =\n",
        CREDENTIALS,
        async {
            let (_aws, pool) = cloud().await;
            let asked = pool.client::<Client>().with_profile("staging").await;
            let error = asked.unwrap_err();
            assert!(matches!(error, ClientError::Region { .. }), "{error:?}");
            assert_eq!(error.facts().category, Category::Configuration);
        },
    );
}

#[test]
fn a_file_that_cannot_be_read_is_told() {
    with_files(
        "a_file_that_cannot_be_read_is_told",
        "[profile staging\n",
        "",
        async {
            let (_aws, pool) = cloud().await;
            let asked = pool.client::<Client>().with_profile("staging").await;
            let error = asked.unwrap_err();
            assert!(matches!(error, ClientError::Profiles { .. }), "{error:?}");
        },
    );
}
