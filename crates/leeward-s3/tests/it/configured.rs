//! What a bucket is configured to, told by a stand-in: the emulator has less of it.

use crate::cloud::caller_at;
use leeward_error_taxonomy::{AwsError, Category};
use leeward_s3::{BucketName, Encryption, S3, Versioning};
use leeward_testkit::stand_in::{Answer, Request, StandIn};

/// What each question for a part of the configuration has in its query, and what it is called.
const ASKED: [(&str, &str); 4] = [
    ("versioning", "s3.GetBucketVersioning"),
    ("encryption", "s3.GetBucketEncryption"),
    ("publicAccessBlock", "s3.GetPublicAccessBlock"),
    ("policyStatus", "s3.GetBucketPolicyStatus"),
];

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// A bucket of which each question is answered so; the one that only looks for it has nothing in its query.
async fn bucket(answer: impl Fn(&str) -> Answer + Send + 'static) -> (S3, StandIn) {
    let stand_in = StandIn::start(move |request| answer(asked(request)));
    let stand_in = stand_in.await.unwrap();
    let s3 = S3::new(caller_at(stand_in.endpoint()).await);
    (s3, stand_in)
}

/// A bucket without configuration but for one part of it, of which the answer is this one.
async fn bucket_of(part: &'static str, answer: Answer) -> (S3, StandIn) {
    bucket(move |asked| match asked == part {
        true => answer.clone(),
        false => bare(asked),
    })
    .await
}

fn asked(request: &Request) -> &str {
    let query = request.uri().query().unwrap_or_default();
    query.split(['&', '=']).next().unwrap_or_default()
}

/// As S3 answers of a bucket of which nothing is configured.
fn bare(asked: &str) -> Answer {
    match asked {
        "" => Answer::new(200, "").with_header("x-amz-bucket-region", "eu-west-1"),
        "versioning" => Answer::new(200, "<VersioningConfiguration/>"),
        "encryption" => refused(404, "ServerSideEncryptionConfigurationNotFoundError"),
        "publicAccessBlock" => refused(404, "NoSuchPublicAccessBlockConfiguration"),
        "policyStatus" => refused(404, "NoSuchBucketPolicy"),
        other => unreachable!("nobody asks for {other}"),
    }
}

/// As S3 answers of a bucket of which everything is configured.
fn configured(asked: &str) -> Answer {
    let xml = match asked {
        "" => "",
        "versioning" => {
            "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        }
        "encryption" => return encrypted("<SSEAlgorithm>AES256</SSEAlgorithm>"),
        "publicAccessBlock" => {
            "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>\
             <BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>"
        }
        "policyStatus" => "<PolicyStatus><IsPublic>true</IsPublic></PolicyStatus>",
        other => unreachable!("nobody asks for {other}"),
    };
    Answer::new(200, xml)
}

fn encrypted(by_default: &str) -> Answer {
    let xml = format!(
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>{by_default}</ApplyServerSideEncryptionByDefault>\
         <BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>"
    );
    Answer::new(200, xml)
}

fn refused(status: u16, code: &str) -> Answer {
    let xml = format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
    Answer::new(status, xml)
}

fn orders() -> BucketName {
    "orders".parse().unwrap()
}

/// Asks by the verb of this part of the configuration.
async fn is_configured(s3: &S3, part: &str) -> Result<bool, AwsError> {
    let orders = orders();
    Ok(match part {
        "versioning" => s3.versioning(&orders).await? != Versioning::Off,
        "encryption" => s3.encryption(&orders).await?.is_some(),
        "publicAccessBlock" => s3.public_access_block(&orders).await?.is_some(),
        "policyStatus" => s3.is_policy_public(&orders).await?.is_some(),
        other => unreachable!("no verb asks for {other}"),
    })
}

#[tokio::test]
async fn of_what_is_not_configured_none_is_told() {
    let (s3, stand_in) = bucket(bare).await;
    for (part, _) in ASKED {
        assert!(!is_configured(&s3, part).await.unwrap(), "{part}");
    }
    assert_eq!(stand_in.requests().len(), 4);
    let bucket = s3.describe_bucket(&orders()).await.unwrap();
    assert_eq!((&*bucket.name, &*bucket.region), ("orders", "eu-west-1"));
    assert_eq!(bucket.versioning, Versioning::Off);
    assert_eq!(bucket.encryption, None);
    assert_eq!(bucket.public_access_block, None);
    assert_eq!(bucket.is_policy_public, None);
    assert_eq!(stand_in.requests().len(), 9);
}

#[tokio::test]
async fn what_is_configured_is_told_at_once_and_one_by_one() {
    let (s3, _stand_in) = bucket(configured).await;
    for (part, _) in ASKED {
        assert!(is_configured(&s3, part).await.unwrap(), "{part}");
    }
    let bucket = s3.describe_bucket(&orders()).await.unwrap();
    assert_eq!(bucket.region, "us-east-1", "the one that was called");
    assert_eq!(bucket.versioning, Versioning::Enabled);
    assert_eq!(bucket.encryption, Some(Encryption::S3));
    let block = bucket.public_access_block.expect("it is configured");
    assert!(block.is_complete(), "{block:?}");
    assert_eq!(bucket.is_policy_public, Some(true));
}

#[tokio::test]
async fn versions_may_have_been_kept_before() {
    for (status, expected) in [
        ("Enabled", Versioning::Enabled),
        ("Suspended", Versioning::Suspended),
        ("Archived", Versioning::Unknown),
    ] {
        let xml =
            format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
        let (s3, _stand_in) = bucket_of("versioning", Answer::new(200, xml)).await;
        assert_eq!(s3.versioning(&orders()).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn the_encryption_of_a_bucket_is_told_with_its_key() {
    let of_key = |algorithm: &str| {
        format!("<SSEAlgorithm>{algorithm}</SSEAlgorithm><KMSMasterKeyID>{KEY}</KMSMasterKeyID>")
    };
    let (s3, _stand_in) = bucket_of("encryption", encrypted(&of_key("aws:kms"))).await;
    match s3.encryption(&orders()).await.unwrap() {
        Some(Encryption::Kms {
            key_id, bucket_key, ..
        }) => assert_eq!((key_id.as_deref(), bucket_key), (Some(KEY), Some(true))),
        other => panic!("{other:?}"),
    }
    let (s3, _stand_in) = bucket_of("encryption", encrypted(&of_key("aws:kms:dsse"))).await;
    let twice = s3.encryption(&orders()).await.unwrap();
    assert_eq!(twice, Some(Encryption::kms_twice(KEY)));
    let (s3, _stand_in) = bucket_of("encryption", encrypted(&of_key("aws:later"))).await;
    match s3.encryption(&orders()).await.unwrap() {
        Some(Encryption::Other { name, .. }) => assert_eq!(name, "aws:later"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_a_public_access_block_does_not_name_is_not_blocked() {
    let xml = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
               <BlockPublicPolicy>false</BlockPublicPolicy></PublicAccessBlockConfiguration>";
    let (s3, _stand_in) = bucket_of("publicAccessBlock", Answer::new(200, xml)).await;
    let block = s3.public_access_block(&orders()).await.unwrap();
    let block = block.expect("it is configured");
    assert!(block.block_public_acls && !block.ignore_public_acls);
    assert!(!block.block_public_policy && !block.restrict_public_buckets);
    assert!(!block.is_complete());
}

#[tokio::test]
async fn a_policy_that_keeps_the_public_out_is_not_none() {
    let xml = "<PolicyStatus><IsPublic>false</IsPublic></PolicyStatus>";
    let (s3, _stand_in) = bucket_of("policyStatus", Answer::new(200, xml)).await;
    let is_public = s3.is_policy_public(&orders()).await.unwrap();
    assert_eq!(is_public, Some(false));
}

#[tokio::test]
async fn what_may_not_be_seen_is_an_error_and_never_none() {
    for (part, operation) in ASKED {
        let denied = refused(403, "AccessDenied");
        let (s3, _stand_in) = bucket_of(part, denied).await;
        for error in [
            is_configured(&s3, part).await.unwrap_err(),
            s3.describe_bucket(&orders()).await.unwrap_err(),
        ] {
            assert_eq!(error.operation().unwrap().to_string(), operation);
            assert_eq!(error.code(), Some("AccessDenied"), "{error}");
            assert_eq!(error.category(), Category::Authorization, "{error}");
        }
    }
    // The answer to HEAD has no code.
    let (s3, _stand_in) = bucket_of("", Answer::new(403, "")).await;
    let error = s3.describe_bucket(&orders()).await.unwrap_err();
    assert_eq!(error.operation().unwrap().to_string(), "s3.HeadBucket");
    assert_eq!(error.category(), Category::Authorization, "{error}");
}

#[tokio::test]
async fn only_its_own_code_says_that_a_part_is_not_configured() {
    let codes = [
        "NoSuchBucket",
        "NoSuchKey",
        "ServerSideEncryptionConfigurationNotFoundError",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchBucketPolicy",
    ];
    for (part, _) in ASKED {
        for code in codes {
            let (s3, _stand_in) = bucket_of(part, refused(404, code)).await;
            let found = is_configured(&s3, part).await;
            let is_its_own = matches!(
                (part, code),
                (
                    "encryption",
                    "ServerSideEncryptionConfigurationNotFoundError"
                ) | ("publicAccessBlock", "NoSuchPublicAccessBlockConfiguration")
                    | ("policyStatus", "NoSuchBucketPolicy")
            );
            match found {
                Ok(is_configured) => assert!(!is_configured && is_its_own, "{part} {code}"),
                Err(error) => {
                    assert!(!is_its_own, "{part} {code}");
                    assert_eq!(error.code(), Some(code));
                }
            }
        }
    }
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_not_described() {
    let (s3, _stand_in) = bucket(|asked| match asked {
        "" => Answer::new(404, ""),
        _ => refused(404, "NoSuchBucket"),
    })
    .await;
    let error = s3.describe_bucket(&orders()).await.unwrap_err();
    assert_eq!(error.category(), Category::NotFound, "{error}");
}
