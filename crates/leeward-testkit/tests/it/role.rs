//! Roles: lent by STS, signed with, run out.

use crate::client::{EAST, WEST, answered, config_as, patient, two_regions};
use aws_credential_types::Credentials;
use aws_sdk_sts::{Client, error::ProvideErrorMetadata, operation::assume_role::AssumeRoleError};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use leeward_testkit::{ACCESS_KEY_ID, Aws, AwsBuilder};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

const READER: &str = "arn:aws:iam::111122223333:role/reader";
const WRITER: &str = "arn:aws:iam::111122223333:role/team/writer";
/// 2033-05-18T03:33:20Z
const START: u64 = 2_000_000_000;

/// A wall clock that a test moves.
#[derive(Clone)]
struct Wall(Arc<AtomicU64>);

impl Wall {
    fn new() -> Self {
        Self(Arc::new(AtomicU64::new(START)))
    }

    fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }

    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

fn guarded(wall: &Wall) -> AwsBuilder {
    let wall = wall.clone();
    let builder = Aws::builder().with_region(EAST).with_region(WEST);
    builder.with_time(move || wall.now()).checking_credentials()
}

async fn assume(aws: &Aws, role: &str) -> Credentials {
    let lent = ask(&Client::new(&patient(aws, &EAST)), role).await;
    lent.unwrap()
}

async fn ask(
    client: &Client,
    role: &str,
) -> Result<Credentials, SdkError<AssumeRoleError, HttpResponse>> {
    let request = client.assume_role().role_arn(role);
    let lent = request.role_session_name("it").send().await?;
    let lent = lent.credentials.unwrap();
    Ok(Credentials::new(
        lent.access_key_id,
        lent.secret_access_key,
        Some(lent.session_token),
        Some(SystemTime::try_from(lent.expiration).unwrap()),
        "it",
    ))
}

#[tokio::test]
async fn each_session_signs_as_itself() {
    let aws = two_regions().await;
    let (reader, writer) = (assume(&aws, READER).await, assume(&aws, WRITER).await);
    for (keys, region, calls) in [(&reader, EAST, 2), (&reader, WEST, 1), (&writer, EAST, 3)] {
        let kms = aws_sdk_kms::Client::new(&config_as(keys.clone(), &aws, &region));
        for _ in 0..calls {
            kms.list_keys().send().await.unwrap();
        }
    }
    let signers = aws.counts().signers("kms", "ListKeys");
    let expected = [(reader.access_key_id(), 3), (writer.access_key_id(), 3)];
    assert_eq!(
        signers,
        expected.map(|(id, calls)| (id.to_owned(), calls)).into()
    );
    let asked = aws.counts().signers("sts", "AssumeRole");
    assert_eq!(asked, [(ACCESS_KEY_ID.to_owned(), 2)].into());

    let sts = Client::new(&config_as(writer, &aws, &WEST));
    let me = sts.get_caller_identity().send().await.unwrap();
    assert_eq!(
        me.arn.as_deref(),
        Some("arn:aws:sts::111122223333:assumed-role/writer/it")
    );
    assert_eq!(me.account.as_deref(), Some("111122223333"));
    aws.shutdown().await;
}

#[tokio::test]
async fn what_was_asked_is_told_and_kept_to() {
    let wall = Wall::new();
    let aws = guarded(&wall).start().await.unwrap();
    let client = Client::new(&patient(&aws, &WEST));
    let request = client.assume_role().role_arn(READER);
    let request = request.role_session_name("payments & more");
    let request = request.external_id("partner-7").duration_seconds(900);
    let lent = request.send().await.unwrap();
    let [session] = &aws.roles().sessions(READER)[..] else {
        panic!("more or less than one session");
    };
    let credentials = lent.credentials.unwrap();
    assert_eq!(session.access_key_id, credentials.access_key_id);
    assert_eq!(credentials.expiration.secs(), (START + 900).cast_signed());
    assert_eq!(
        session.expires,
        UNIX_EPOCH + Duration::from_secs(START + 900)
    );
    assert_eq!(
        (
            &*session.session_name,
            session.external_id.as_deref(),
            &*session.assumed_by,
            &session.region
        ),
        ("payments & more", Some("partner-7"), ACCESS_KEY_ID, &WEST)
    );
    assert_eq!(
        lent.assumed_role_user.unwrap().arn,
        "arn:aws:sts::111122223333:assumed-role/reader/payments & more"
    );
    aws.shutdown().await;
}

#[tokio::test]
async fn a_role_that_is_denied_names_itself_and_who_asked() {
    let aws = two_regions().await;
    let client = Client::new(&patient(&aws, &EAST));
    aws.roles().deny(READER);
    aws.roles().require_external_id(WRITER, "partner-7");
    for role in [READER, WRITER] {
        let refused = ask(&client, role).await.unwrap_err();
        assert_eq!(answered(&refused), (403, "AccessDenied".to_owned()));
        assert_eq!(
            refused.message(),
            Some(&*format!(
                "User: arn:aws:iam::123456789012:user/testkit is not authorized to perform: sts:AssumeRole on resource: \
                 {role}"
            ))
        );
    }
    aws.roles().allow(READER);
    ask(&client, READER).await.unwrap();
    let request = client
        .assume_role()
        .role_arn(WRITER)
        .external_id("partner-7");
    request.role_session_name("it").send().await.unwrap();
    assert_eq!(
        (aws.roles().calls(READER), aws.roles().calls(WRITER)),
        (2, 2)
    );
    assert_eq!(aws.counts().tally("sts", "AssumeRole").errors, 2);
    aws.shutdown().await;
}

#[tokio::test]
async fn credentials_run_out_by_the_clock_of_the_server() {
    let wall = Wall::new();
    let aws = guarded(&wall).start().await.unwrap();
    aws.roles().set_lifetime(READER, Duration::from_secs(600));
    let keys = assume(&aws, READER).await;
    assert_eq!(keys.expiry(), Some(wall.now() + Duration::from_secs(600)));
    // For the SDK, which goes by its own clock, they never end.
    let keys = Credentials::new(
        keys.access_key_id(),
        keys.secret_access_key(),
        keys.session_token().map(str::to_owned),
        None,
        "it",
    );
    let config = config_as(keys, &aws, &EAST);
    let kms = aws_sdk_kms::Client::new(&config);
    wall.advance(599);
    kms.list_keys().send().await.unwrap();
    wall.advance(1);
    let expired = kms.list_keys().send().await.unwrap_err();
    assert_eq!(
        answered(&expired),
        (400, "ExpiredTokenException".to_owned())
    );
    let s3 = aws_sdk_s3::Client::new(&config);
    let expired = s3.list_buckets().send().await.unwrap_err();
    assert_eq!(answered(&expired), (400, "ExpiredToken".to_owned()));
    let expired = ask(&Client::new(&config), WRITER).await.unwrap_err();
    assert_eq!(answered(&expired), (403, "ExpiredToken".to_owned()));
    assert_eq!(aws.counts().tally("kms", "ListKeys").errors, 1);
    aws.shutdown().await;
}

#[tokio::test]
async fn credentials_that_were_never_lent_or_taken_back_are_unknown() {
    let wall = Wall::new();
    let aws = guarded(&wall).start().await.unwrap();
    let keys = assume(&aws, READER).await;
    let kms = aws_sdk_kms::Client::new(&config_as(keys.clone(), &aws, &EAST));
    kms.list_keys().send().await.unwrap();
    aws.roles().revoke(READER);
    let unknown = kms.list_keys().send().await.unwrap_err();
    let expected = (400, "UnrecognizedClientException".to_owned());
    assert_eq!(answered(&unknown), expected);
    let sts = Client::new(&config_as(keys.clone(), &aws, &EAST));
    let unknown = sts.get_caller_identity().send().await.unwrap_err();
    assert_eq!(answered(&unknown), (403, "InvalidClientTokenId".to_owned()));
    let s3 = aws_sdk_s3::Client::new(&config_as(keys, &aws, &EAST));
    let unknown = s3.list_buckets().send().await.unwrap_err();
    assert_eq!(answered(&unknown), (403, "InvalidAccessKeyId".to_owned()));

    let forged = Credentials::from_keys("ASIAFORGED0000000000", "x", Some("x".to_owned()));
    let kms = aws_sdk_kms::Client::new(&config_as(forged, &aws, &EAST));
    let unknown = kms.list_keys().send().await.unwrap_err();
    assert_eq!(answered(&unknown), expected);
    let long_term = aws_sdk_kms::Client::new(&patient(&aws, &EAST));
    long_term.list_keys().send().await.unwrap();
    aws.shutdown().await;
}

#[tokio::test]
async fn a_web_identity_needs_no_keys() {
    let aws = guarded(&Wall::new()).start().await.unwrap();
    let client = Client::new(&patient(&aws, &EAST));
    let request = client.assume_role_with_web_identity().role_arn(READER);
    let request = request.role_session_name("it").web_identity_token("token");
    let lent = request.send().await.unwrap().credentials.unwrap();
    let keys = Credentials::from_keys(
        lent.access_key_id,
        lent.secret_access_key,
        Some(lent.session_token),
    );
    let kms = aws_sdk_kms::Client::new(&config_as(keys, &aws, &EAST));
    kms.list_keys().send().await.unwrap();
    let signers = aws.counts().signers("sts", "AssumeRoleWithWebIdentity");
    assert_eq!(signers, [("anonymous".to_owned(), 1)].into());
    assert_eq!(aws.roles().calls(READER), 1);
    aws.shutdown().await;
}
