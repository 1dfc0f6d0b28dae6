//! Credentials that are had over HTTP: of a container's agent, of the instance metadata, of a sign-on. Each test asks in a
//! process of its own and answers in this one.

use crate::{
    child,
    cloud::{EAST, WEST},
    hand_clock::HandClock,
    wire::{read_request, until},
};
use aws_sdk_kms::Client;
use leeward_client_pool::{ClientError, Identity, Pool, Role};
use leeward_error_taxonomy::Classify;
use leeward_testkit::Aws;
use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};

const MINUTE: Duration = Duration::from_secs(60);
const LEDGER: &str = "arn:aws:iam::111122223333:role/ledger";

/// A server that is asked for credentials, and what it was asked.
pub(crate) struct Issuer {
    pub(crate) url: String,
    heads: Arc<Mutex<Vec<String>>>,
    // Ends with the test.
    _runtime: Runtime,
}

/// What is answered to a head, of which so many like it came before; nothing is an answer that it is unknown.
pub(crate) type Answer = fn(head: &str, before: usize) -> Option<String>;

impl Issuer {
    pub(crate) fn open(answer: Answer) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let seen = heads.clone();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::runtime::Handle::current().spawn(serve(stream, answer, seen.clone()));
            }
        });
        Self {
            url,
            heads,
            _runtime: runtime,
        }
    }

    /// The heads of the requests that begin so, in lower case.
    fn heads(&self, line: &str) -> Vec<String> {
        let heads = self.heads.lock().unwrap();
        let like = heads.iter().filter(|head| head.starts_with(line));
        like.cloned().collect()
    }
}

async fn serve(mut stream: TcpStream, answer: Answer, seen: Arc<Mutex<Vec<String>>>) {
    while let Some(head) = read_request(&mut stream).await {
        let line = head.lines().next().unwrap_or_default().to_owned();
        let before = {
            let mut seen = seen.lock().unwrap();
            let before = seen.iter().filter(|head| head.starts_with(&line)).count();
            seen.push(head.clone());
            before
        };
        let (status, body) = match answer(&head, before) {
            Some(body) => ("200 OK", body),
            None => ("403 Forbidden", String::new()),
        };
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n\
             x-aws-ec2-metadata-token-ttl-seconds: 21600\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The first live for ten minutes from where [`HandClock`] begins, the next for hours.
const EXPIRIES: [&str; 2] = ["2026-11-21T00:10:00Z", "2026-11-21T06:00:00Z"];

fn keys(before: usize) -> String {
    let expiry = EXPIRIES[before.min(1)];
    format!(
        r#"{{"Code":"Success","Type":"AWS-HMAC","LastUpdated":"2026-11-20T23:00:00Z","AccessKeyId":"AKIDISSUED{before}","SecretAccessKey":"hush","Token":"t","Expiration":"{expiry}"}}"#
    )
}

/// Runs `body` in a child that is set up by `variables`, and says whether this is the parent, after the child.
pub(crate) fn in_child(
    test: &str,
    variables: &[(&str, &str)],
    body: impl Future<Output = ()>,
) -> bool {
    if child::is_child() {
        Runtime::new().unwrap().block_on(body);
        return false;
    }
    let nowhere = "/nonexistent/leeward-test";
    let mut all = vec![
        ("AWS_CONFIG_FILE", nowhere),
        ("AWS_SHARED_CREDENTIALS_FILE", nowhere),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_REGION", "us-east-1"),
    ];
    all.extend(variables);
    child::run(test, &all);
    true
}

async fn cloud(clock: &HandClock) -> (Aws, Pool) {
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let pool = crate::cloud::builder(&aws)
        .with_sts_regions([EAST, WEST])
        .with_time_source(clock.time_source());
    let pool = pool.build().await.unwrap();
    (aws, pool)
}

/// Calls by credentials of ten minutes, and sees that they are renewed by the side before they expire.
async fn renewed_before_they_expire(identity: Identity, before_the_next: impl FnOnce()) {
    let clock = HandClock::new();
    let (aws, pool) = cloud(&clock).await;
    let kms: Client = pool.client().with_identity(identity).await.unwrap();
    kms.list_keys().send().await.unwrap();
    clock.advance(4 * MINUTE);
    kms.list_keys().send().await.unwrap();
    let first = pool.stats().credentials;
    assert_eq!((first.loads, first.refreshes), (1, 0), "{first:?}");
    before_the_next();
    clock.advance(2 * MINUTE);
    // The old ones are served while others are loaded.
    kms.list_keys().send().await.unwrap();
    until(|| pool.stats().credentials.refreshes == 1).await;
    clock.advance(10 * MINUTE);
    kms.list_keys().send().await.unwrap();
    let signers = aws.counts().signers("kms", "ListKeys");
    let expected = [("AKIDISSUED0".to_owned(), 3), ("AKIDISSUED1".to_owned(), 1)];
    assert_eq!(signers, expected.into());
    let stats = pool.stats().credentials;
    assert_eq!((stats.failures, stats.blocked), (0, first.blocked));
}

fn agent(head: &str, before: usize) -> Option<String> {
    let token = ["authorization: one\r\n", "authorization: two\r\n"][before.min(1)];
    (head.starts_with("get /v2/credentials?id=7 ") && head.contains(token)).then(|| keys(before))
}

#[test]
fn the_agent_of_a_container_is_asked_with_the_token_of_its_file_and_anew_before_they_expire() {
    let agent = Issuer::open(agent);
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token.path(), "one").unwrap();
    const FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
    let is_parent = in_child(
        "credentials_issued::the_agent_of_a_container_is_asked_with_the_token_of_its_file_and_anew_before_they_expire",
        &[
            (
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                &format!("{}/v2/credentials?id=7", agent.url),
            ),
            (FILE, token.path().to_str().unwrap()),
        ],
        // The agent changes its token from time to time.
        renewed_before_they_expire(Identity::DEFAULT, || {
            std::fs::write(std::env::var(FILE).unwrap(), "two").unwrap();
        }),
    );
    if is_parent {
        assert_eq!(agent.heads("get ").len(), 2);
    }
}

fn metadata(head: &str, before: usize) -> Option<String> {
    if head.starts_with("put /latest/api/token ") {
        let has_lifetime = head.contains("x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n");
        return has_lifetime.then(|| "session-token".to_owned());
    }
    if !head.contains("x-aws-ec2-metadata-token: session-token\r\n") {
        return None;
    }
    let path = head.split(' ').nth(1)?;
    match path.strip_prefix("/latest/meta-data/iam/security-credentials/")? {
        "" => Some("app".to_owned()),
        "app" => Some(keys(before)),
        _ => None,
    }
}

#[test]
fn the_metadata_of_an_instance_are_asked_by_session_and_anew_before_they_expire() {
    let metadata = Issuer::open(metadata);
    let is_parent = in_child(
        "credentials_issued::the_metadata_of_an_instance_are_asked_by_session_and_anew_before_they_expire",
        &[
            ("AWS_EC2_METADATA_DISABLED", "false"),
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata.url),
        ],
        renewed_before_they_expire(Identity::DEFAULT, || {}),
    );
    if is_parent {
        assert_eq!(metadata.heads("put /latest/api/token ").len(), 1);
        let keys = "get /latest/meta-data/iam/security-credentials/app ";
        assert_eq!(metadata.heads(keys).len(), 2);
    }
}

/// The portal of AWS IAM Identity Center: `GetRoleCredentials`, whose times are in milliseconds.
fn portal(head: &str, before: usize) -> Option<String> {
    let line = head.lines().next()?;
    let is_asked_well = line.starts_with("get /federation/credentials?")
        && line.contains("role_name=reader")
        && line.contains("account_id=111122223333")
        && head.contains("x-amz-sso_bearer_token: signed-on\r\n");
    let expiry: u64 = [1_795_219_800_000, 1_795_240_800_000][before.min(1)];
    is_asked_well.then(|| {
        format!(
            r#"{{"roleCredentials":{{"accessKeyId":"AKIDISSUED{before}","secretAccessKey":"hush","sessionToken":"t","expiration":{expiry}}}}}"#
        )
    })
}

/// A home with a configuration file and the token that `aws sso login` leaves behind.
fn signed_on(home: &Path) -> String {
    let aws = home.join(".aws");
    std::fs::create_dir_all(aws.join("sso/cache")).unwrap();
    // SHA-1 of the session's name: `printf work | sha1sum`.
    let token = aws.join("sso/cache/e274eeff768c6396088ec6eb091f4bf4d47ab1e0.json");
    std::fs::write(
        token,
        r#"{"accessToken":"signed-on","expiresAt":"2026-11-21T08:00:00Z"}"#,
    )
    .unwrap();
    let config = aws.join("config");
    std::fs::write(
        &config,
        "[profile work]\nregion = us-east-1\nsso_session = work\nsso_account_id = 111122223333\n\
         sso_role_name = reader\n\n[sso-session work]\nsso_region = us-east-1\n\
         sso_start_url = https://work.awsapps.com/start\n",
    )
    .unwrap();
    config.to_str().unwrap().to_owned()
}

fn by_a_sign_on(test: &str, variables: &[(&str, &str)], body: impl Future<Output = ()>) -> usize {
    let portal = Issuer::open(portal);
    let home = tempfile::tempdir().unwrap();
    let config = signed_on(home.path());
    let mut all = vec![
        ("HOME", home.path().to_str().unwrap()),
        ("AWS_CONFIG_FILE", &config),
        ("AWS_ENDPOINT_URL_SSO", &portal.url),
    ];
    all.extend(variables);
    in_child(test, &all, body);
    portal.heads("get ").len()
}

#[test]
fn the_portal_of_a_sign_on_is_asked_for_a_profile_and_anew_before_they_expire() {
    let asked = by_a_sign_on(
        "credentials_issued::the_portal_of_a_sign_on_is_asked_for_a_profile_and_anew_before_they_expire",
        &[],
        renewed_before_they_expire(Identity::profile("work"), || {}),
    );
    assert!(child::is_child() || asked == 2, "{asked}");
}

#[test]
fn the_portal_of_a_sign_on_is_asked_for_the_profile_of_the_environment() {
    let asked = by_a_sign_on(
        "credentials_issued::the_portal_of_a_sign_on_is_asked_for_the_profile_of_the_environment",
        &[("AWS_PROFILE", "work")],
        renewed_before_they_expire(Identity::DEFAULT, || {}),
    );
    assert!(child::is_child() || asked == 2, "{asked}");
}

#[test]
fn the_portal_that_the_services_of_a_profile_give_is_asked_under_fips() {
    let portal = Issuer::open(portal);
    let home = tempfile::tempdir().unwrap();
    let config = signed_on(home.path());
    let services = format!("[services own]\nsso =\n  endpoint_url = {}\n", portal.url);
    let text = std::fs::read_to_string(&config).unwrap();
    let text = text.replace("[profile work]", "[profile work]\nservices = own");
    std::fs::write(&config, format!("{text}\n{services}")).unwrap();
    let variables = [
        ("HOME", home.path().to_str().unwrap()),
        ("AWS_CONFIG_FILE", &config),
        ("AWS_PROFILE", "work"),
        ("AWS_USE_FIPS_ENDPOINT", "true"),
    ];
    let body = async {
        for identity in [Identity::profile("work"), Identity::DEFAULT] {
            let (aws, pool) = cloud(&HandClock::new()).await;
            let kms = pool.client::<Client>().with_identity(identity).await;
            kms.unwrap().list_keys().send().await.unwrap();
            let signers = aws.counts().signers("kms", "ListKeys");
            let id = signers.into_keys().next().unwrap();
            assert!(id.starts_with("AKIDISSUED"), "{id}");
        }
    };
    in_child(
        "credentials_issued::the_portal_that_the_services_of_a_profile_give_is_asked_under_fips",
        &variables,
        body,
    );
    assert!(child::is_child() || portal.heads("get ").len() == 2);
}

#[test]
fn a_role_is_assumed_by_a_sign_on() {
    by_a_sign_on(
        "credentials_issued::a_role_is_assumed_by_a_sign_on",
        &[],
        async {
            let (aws, pool) = cloud(&HandClock::new()).await;
            let role = Role::new(LEDGER)
                .unwrap()
                .assumed_by(Identity::profile("work"));
            let kms: Client = pool.client().with_role(role).await.unwrap();
            kms.list_keys().send().await.unwrap();
            assert_eq!(aws.roles().sessions(LEDGER)[0].assumed_by, "AKIDISSUED0");
        },
    );
}

#[test]
fn a_sign_on_that_is_over_or_never_was_is_told_when_the_client_is_asked_for() {
    by_a_sign_on(
        "credentials_issued::a_sign_on_that_is_over_or_never_was_is_told_when_the_client_is_asked_for",
        &[],
        async {
            let clock = HandClock::new();
            clock.advance(9 * 60 * MINUTE);
            let (aws, pool) = cloud(&clock).await;
            let ask = || pool.client::<Client>().with_profile("work");
            let is_told = |error: ClientError, word: &str| {
                let text = error.to_string();
                let begin = "no credentials for profile/work: ";
                assert!(text.starts_with(begin) && text.contains(word), "{text}");
                let advice = error.facts().advice().to_string();
                assert!(advice.contains("aws sso login"), "{advice}");
            };
            is_told(ask().await.unwrap_err(), "SSO token has expired");
            clock.advance(MINUTE);
            let home = std::env::var("HOME").unwrap();
            std::fs::remove_dir_all(Path::new(&home).join(".aws/sso")).unwrap();
            is_told(ask().await.unwrap_err(), "cached SSO token");
            assert_eq!(aws.counts().total().calls, 0);
        },
    );
}
