//! Profiles whose roles are assumed by something else than a profile, each test in a process of its own.

use crate::{
    cloud::{EAST, WEST},
    credentials_issued::{Issuer, in_child},
};
use aws_sdk_kms::Client;
use leeward_client_pool::{ClientError, Pool, Role};
use leeward_testkit::{Aws, Fault, Scope};
use tokio::runtime::Runtime;

fn arn(name: &str) -> String {
    format!("arn:aws:iam::111122223333:role/{name}")
}

async fn cloud() -> (Aws, Pool) {
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let pool = crate::cloud::builder(&aws).with_sts_regions([EAST, WEST]);
    let pool = pool.build().await.unwrap();
    (aws, pool)
}

/// Instance metadata and a container's agent at one address.
fn issue(head: &str, _: usize) -> Option<String> {
    let keys = |id: &str| {
        format!(
            r#"{{"Code":"Success","Type":"AWS-HMAC","LastUpdated":"2026-11-20T23:00:00Z","AccessKeyId":"{id}","SecretAccessKey":"hush","Token":"t","Expiration":"2099-01-01T00:00:00Z"}}"#
        )
    };
    let path = head.split(' ').nth(1)?;
    match path.strip_prefix("/latest/meta-data/iam/security-credentials/") {
        Some("") => Some("app".to_owned()),
        Some(_) => Some(keys("AKIDMETADATA")),
        None if path == "/agent" => Some(keys("AKIDAGENT")),
        None => Some("token".to_owned()),
    }
}

const SOURCES: [(&str, &str, &str); 3] = [
    ("environment", "Environment", "AKIDENVIRONMENT"),
    ("instance", "ec2instancemetadata", "AKIDMETADATA"),
    ("container", "EcsContainer", "AKIDAGENT"),
];

#[test]
fn the_role_of_a_profile_is_assumed_by_its_credential_source_where_sts_answers() {
    let issuer = Issuer::open(issue);
    let config = tempfile::NamedTempFile::new().unwrap();
    let profile = |(name, source, _): (&str, &str, &str)| {
        let arn = arn(name);
        format!(
            "[profile {name}]\nregion = us-east-1\nrole_arn = {arn}\ncredential_source = {source}\n\
             external_id = partner-7\n\n"
        )
    };
    std::fs::write(config.path(), SOURCES.map(profile).concat()).unwrap();
    in_child(
        "credentials_profile_sources::the_role_of_a_profile_is_assumed_by_its_credential_source_where_sts_answers",
        &[
            ("AWS_CONFIG_FILE", config.path().to_str().unwrap()),
            ("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT"),
            ("AWS_SECRET_ACCESS_KEY", "hush"),
            ("AWS_EC2_METADATA_DISABLED", "false"),
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &issuer.url),
            (
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                &format!("{}/agent", issuer.url),
            ),
        ],
        async {
            let (aws, pool) = cloud().await;
            let dark = Scope::region(EAST).service("sts");
            aws.faults().inject(dark, Fault::refuse());
            for (name, _, id) in SOURCES {
                let kms: Client = pool.client().with_profile(name).await.unwrap();
                kms.list_keys().send().await.unwrap();
                let arn = arn(name);
                let session = &aws.roles().sessions(&arn)[0];
                assert_eq!((session.assumed_by.as_str(), &session.region), (id, &WEST));
                assert_eq!(session.external_id.as_deref(), Some("partner-7"));
                let signers = aws.counts().signers("kms", "ListKeys");
                assert_eq!(signers.get(&session.access_key_id), Some(&1));
                assert_eq!(pool.invalidate_role(&arn), 1);
            }
        },
    );
}

#[test]
fn a_role_that_the_sdk_assumes_for_a_profile_is_known_as_well() {
    // The STS is the parent's.
    let runtime = Runtime::new().unwrap();
    let sts = runtime.block_on(Aws::start(&[EAST])).unwrap();
    let files = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = files.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let token = write("token", "a.web.token");
    let own = arn("own");
    let config = format!(
        "[profile china]\nregion = us-east-1\nrole_arn = arn:aws-cn:iam::111122223333:role/pod\n\
         web_identity_token_file = {token}\n\n\
         [profile own]\nregion = us-east-1\nrole_arn = {own}\nsource_profile = own\n\
         aws_access_key_id = AKIDOWN\naws_secret_access_key = hush\n"
    );
    let is_parent = in_child(
        "credentials_profile_sources::a_role_that_the_sdk_assumes_for_a_profile_is_known_as_well",
        &[
            ("AWS_CONFIG_FILE", &write("config", &config)),
            ("AWS_ENDPOINT_URL_STS", &sts.endpoint(&EAST)),
        ],
        async {
            let (_aws, pool) = cloud().await;
            let kms: Client = pool.client().with_profile("own").await.unwrap();
            kms.list_keys().send().await.unwrap();
            assert_eq!(pool.invalidate_role(&arn("own")), 1);
            kms.list_keys().send().await.unwrap();
            let asked = pool.client::<Client>().with_profile("china").await;
            let error = asked.unwrap_err();
            assert!(
                matches!(error, ClientError::MixedPartitions { .. }),
                "{error}"
            );
        },
    );
    if is_parent {
        let counts = sts.counts();
        assert_eq!(counts.calls("sts", "AssumeRole"), 2);
    }
}

const PARTNER: &str = "[profile staging]
aws_access_key_id = AKIDSTAGING
aws_secret_access_key = hush

[profile partner]
region = us-east-1
role_arn = arn:aws:iam::111122223333:role/partner
source_profile = staging
";

fn by_the_environment(test: &str, variables: &[(&str, &str)], body: impl Future<Output = ()>) {
    let config = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(config.path(), PARTNER).unwrap();
    let mut all = vec![
        ("AWS_CONFIG_FILE", config.path().to_str().unwrap()),
        ("AWS_PROFILE", "partner"),
        ("AWS_REGION", "us-west-2"),
    ];
    all.extend(variables);
    in_child(&format!("credentials_profile_sources::{test}"), &all, body);
}

#[test]
fn the_role_of_the_environments_profile_is_assumed_where_sts_answers() {
    by_the_environment(
        "the_role_of_the_environments_profile_is_assumed_where_sts_answers",
        &[],
        async {
            let (aws, pool) = cloud().await;
            let dark = Scope::region(WEST).service("sts");
            aws.faults().inject(dark, Fault::refuse());
            let kms: Client = pool.client().await.unwrap();
            kms.list_keys().send().await.unwrap();
            let partner = &aws.roles().sessions(&arn("partner"))[0];
            assert_eq!(
                (partner.assumed_by.as_str(), &partner.region),
                ("AKIDSTAGING", &EAST)
            );
            // The Region of the environment goes before that of its profile.
            let there = aws.counts().in_region(&WEST);
            let signers = there.signers("kms", "ListKeys");
            assert_eq!(signers, [(partner.access_key_id.clone(), 1)].into());
            let role = Role::new(&arn("ledger")).unwrap();
            let asked = pool.client::<Client>().with_role(role);
            asked.await.unwrap();
            let ledger = &aws.roles().sessions(&arn("ledger"))[0];
            assert_eq!(ledger.assumed_by, partner.access_key_id);
            assert_eq!(pool.invalidate_role(&arn("partner")), 2);
        },
    );
}

#[test]
fn keys_of_the_environment_go_before_its_profile() {
    by_the_environment(
        "keys_of_the_environment_go_before_its_profile",
        &[
            ("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT"),
            ("AWS_SECRET_ACCESS_KEY", "hush"),
        ],
        async {
            let (aws, pool) = cloud().await;
            let kms: Client = pool.client().await.unwrap();
            kms.list_keys().send().await.unwrap();
            let signers = aws.counts().signers("kms", "ListKeys");
            assert_eq!(signers, [("AKIDENVIRONMENT".to_owned(), 1)].into());
            assert_eq!(pool.stats().credentials.sts_calls, 0);
        },
    );
}
