//! Roles that a web identity assumes, as those of Kubernetes' service accounts; each test in a process of its own.

use crate::{
    child,
    cloud::{EAST, WEST},
    credentials_issued::in_child,
};
use aws_sdk_kms::Client;
use aws_smithy_types::body::SdkBody;
use http::Request;
use leeward_client_pool::{ClientError, Pool, Role};
use leeward_error_taxonomy::{Category, Classify};
use leeward_testkit::{Aws, Fault, Scope};
use std::sync::{Arc, Mutex};
use tower::util::MapRequestLayer;

const POD: &str = "arn:aws:iam::111122223333:role/pod";
const LEDGER: &str = "arn:aws:iam::111122223333:role/ledger";
const TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";

/// The tokens that STS was shown.
type Shown = Arc<Mutex<Vec<String>>>;

async fn cloud() -> (Aws, Pool, Shown) {
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let shown = Shown::default();
    let noted = shown.clone();
    let note = MapRequestLayer::new(move |request: Request<SdkBody>| {
        let form = request.body().bytes().unwrap_or_default();
        let form = String::from_utf8_lossy(form);
        let mut fields = form.split('&');
        if let Some(token) = fields.find_map(|field| field.strip_prefix("WebIdentityToken=")) {
            let is_signed = request.headers().contains_key("authorization");
            assert!(!is_signed, "signed by whom?");
            noted.lock().unwrap().push(token.to_owned());
        }
        request
    });
    let pool = crate::cloud::builder(&aws)
        .with_sts_regions([EAST, WEST])
        .with_http_layer(note);
    let pool = pool.build().await.unwrap();
    (aws, pool, shown)
}

fn in_a_pod(test: &str, variables: &[(&str, &str)], body: impl Future<Output = ()>) {
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token.path(), "one\n").unwrap();
    let mut all = vec![
        ("AWS_ROLE_ARN", POD),
        (TOKEN_FILE, token.path().to_str().unwrap()),
        ("AWS_ROLE_SESSION_NAME", "payments"),
    ];
    all.extend(variables);
    in_child(&format!("credentials_web_identity::{test}"), &all, body);
}

fn token_file() -> String {
    std::env::var(TOKEN_FILE).unwrap()
}

#[test]
fn a_dark_sts_at_home_stops_no_pod() {
    in_a_pod("a_dark_sts_at_home_stops_no_pod", &[], async {
        let (aws, pool, shown) = cloud().await;
        let dark = Scope::region(EAST).service("sts");
        aws.faults().inject(dark, Fault::refuse());
        let kms: Client = pool.client().await.unwrap();
        kms.list_keys().send().await.unwrap();
        let session = aws.roles().sessions(POD).remove(0);
        assert_eq!(
            (&session.region, session.session_name.as_str()),
            (&WEST, "payments")
        );
        let signers = aws.counts().signers("kms", "ListKeys");
        assert_eq!(signers, [(session.access_key_id.clone(), 1)].into());
        assert_eq!(pool.stats().credentials.sts_calls, 2);
        // One session for all its clients, and for the roles that it assumes.
        let role = Role::new(LEDGER).unwrap();
        let far = pool.client::<Client>().with_region(WEST).with_role(role);
        far.await.unwrap().list_keys().send().await.unwrap();
        let ledger = aws.roles().sessions(LEDGER).remove(0);
        assert_eq!(ledger.assumed_by, session.access_key_id);
        assert_eq!(aws.roles().calls(POD), 1);
        // It is known as what all of them go by way of, and the file is read for each session.
        std::fs::write(token_file(), "two").unwrap();
        assert_eq!(pool.invalidate_role(POD), 2);
        kms.list_keys().send().await.unwrap();
        assert_eq!(aws.roles().calls(POD), 2);
        assert_eq!(*shown.lock().unwrap(), ["one", "one", "two"]);
    });
}

#[test]
fn a_pod_that_may_not_be_the_role_is_told_what_to_allow() {
    in_a_pod(
        "a_pod_that_may_not_be_the_role_is_told_what_to_allow",
        &[],
        async {
            let (aws, pool, _) = cloud().await;
            aws.roles().deny(POD);
            let error = pool.client::<Client>().await.unwrap_err();
            assert!(matches!(error, ClientError::RoleDenied { .. }), "{error:?}");
            assert_eq!(
                error.to_string(),
                format!(
                    "the web identity may not assume {POD}: allow it sts:AssumeRoleWithWebIdentity on the role, \
                     and name it in the role's trust policy"
                )
            );
            assert_eq!(error.facts().category, Category::Authorization);
            assert_eq!(aws.roles().calls(POD), 1, "no other Region was asked");
        },
    );
}

#[test]
fn a_token_that_cannot_be_read_is_told_with_its_file() {
    in_a_pod(
        "a_token_that_cannot_be_read_is_told_with_its_file",
        &[],
        async {
            let (aws, pool, _) = cloud().await;
            let file = token_file();
            let text = |error: ClientError| error.to_string();
            std::fs::write(&file, " \n").unwrap();
            let told = text(pool.client::<Client>().await.unwrap_err());
            let begin = format!("the web identity token of {file} cannot be read: ");
            assert!(told.contains(&format!("{begin}it is empty")), "{told}");
            std::fs::remove_file(&file).unwrap();
            let told = pool.client::<Client>().with_region(WEST).await;
            let told = text(told.unwrap_err());
            assert!(
                told.contains(&begin) && told.contains("No such file"),
                "{told}"
            );
            assert_eq!(aws.counts().total().calls, 0);
        },
    );
}

#[test]
fn keys_of_the_environment_go_before_a_web_identity() {
    in_a_pod(
        "keys_of_the_environment_go_before_a_web_identity",
        &[
            ("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT"),
            ("AWS_SECRET_ACCESS_KEY", "hush"),
        ],
        async {
            let (aws, pool, _) = cloud().await;
            let kms: Client = pool.client().await.unwrap();
            kms.list_keys().send().await.unwrap();
            let signers = aws.counts().signers("kms", "ListKeys");
            assert_eq!(signers, [("AKIDENVIRONMENT".to_owned(), 1)].into());
        },
    );
}

fn beside(config: &str, test: &str, variables: &[(&str, &str)], body: impl Future<Output = ()>) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), config).unwrap();
    let mut all = vec![("AWS_CONFIG_FILE", file.path().to_str().unwrap())];
    all.extend(variables);
    in_a_pod(test, &all, body);
}

#[test]
fn a_profile_goes_before_a_web_identity_unless_it_says_nothing_of_credentials() {
    const TEST: &str = "a_profile_goes_before_a_web_identity_unless_it_says_nothing_of_credentials";
    const CONFIG: &str = "[profile keys]\naws_access_key_id = AKIDPROFILE\n\
                          aws_secret_access_key = hush\n\n[profile mute]\nregion = us-west-2\n";
    for profile in ["keys", "mute", "none"] {
        // Blank keys are none.
        let variables = [("AWS_PROFILE", profile), ("AWS_ACCESS_KEY_ID", " ")];
        beside(CONFIG, TEST, &variables, async {
            let is_pod = std::env::var("AWS_PROFILE").unwrap() != "keys";
            let (aws, pool, _) = cloud().await;
            let kms: Client = pool.client().await.unwrap();
            kms.list_keys().send().await.unwrap();
            let signers = aws.counts().signers("kms", "ListKeys");
            assert_eq!(signers.contains_key("AKIDPROFILE"), !is_pod, "{signers:?}");
            assert_eq!(aws.roles().calls(POD), u64::from(is_pod));
        });
        if child::is_child() {
            return;
        }
    }
}

#[test]
fn a_dark_sts_at_home_stops_no_web_identity_of_a_profile() {
    const TEST: &str = "a_dark_sts_at_home_stops_no_web_identity_of_a_profile";
    // The child reads the file that the parent has named to it.
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token.path(), "of-the-profile").unwrap();
    let config = format!(
        "[profile pod]\nregion = us-east-1\nrole_arn = {LEDGER}\nweb_identity_token_file = {}\n\
         role_session_name = nightly\n",
        token.path().display()
    );
    beside(&config, TEST, &[], async {
        let (aws, pool, shown) = cloud().await;
        let dark = Scope::region(EAST).service("sts");
        aws.faults().inject(dark, Fault::refuse());
        let kms: Client = pool.client().with_profile("pod").await.unwrap();
        kms.list_keys().send().await.unwrap();
        let session = aws.roles().sessions(LEDGER).remove(0);
        assert_eq!(
            (&session.region, session.session_name.as_str()),
            (&WEST, "nightly")
        );
        assert_eq!(*shown.lock().unwrap(), ["of-the-profile"; 2]);
        assert_eq!(pool.invalidate_role(LEDGER), 1);
    });
}
