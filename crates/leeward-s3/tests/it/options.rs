//! What goes out of the options of a writer, read by a stand-in for S3, and what becomes of a condition.

use crate::cloud::{Cloud, MIB, bytes, caller_at, key};
use aws_sdk_s3::types::StorageClass;
use http::Method;
use leeward_error_taxonomy::Category;
use leeward_s3::{BucketName, Encryption, PutOptions, S3};
use leeward_testkit::stand_in::{Answer, Request, StandIn};

const KEY: &str = "alias/orders";
const ETAG: &str = "\"of-before\"";

/// The headers by which options go out.
const HEADERS: [&str; 8] = [
    "if-match",
    "if-none-match",
    "cache-control",
    "x-amz-meta-origin",
    "x-amz-storage-class",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled",
];

/// A store that takes everything, of a bucket that encrypts by a key of its own.
async fn store() -> (S3, StandIn) {
    let stand_in = StandIn::start(answer).await.unwrap();
    let s3 = S3::builder(caller_at(stand_in.endpoint()).await);
    (s3.with_part_size(5 * MIB).build().unwrap(), stand_in)
}

fn answer(request: &Request) -> Answer {
    let query = request.uri().query().unwrap_or_default();
    let is_copy = request.headers().contains_key("x-amz-copy-source");
    let xml = match *request.method() {
        Method::GET => {
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
             <SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>alias/orders</KMSMasterKeyID></ApplyServerSideEncryptionByDefault>\
             <BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>"
        }
        Method::POST if query.contains("uploadId") => {
            "<CompleteMultipartUploadResult><ETag>\"of-now\"</ETag></CompleteMultipartUploadResult>"
        }
        Method::POST => {
            "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>"
        }
        // What is copied is of one byte.
        Method::HEAD => "x",
        _ if is_copy => "<CopyObjectResult><ETag>\"of-now\"</ETag></CopyObjectResult>",
        _ => "",
    };
    Answer::new(200, xml).with_header("etag", "\"of-now\"")
}

fn orders() -> BucketName {
    "orders".parse().unwrap()
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let value = request.headers().get(name)?;
    Some(value.to_str().unwrap())
}

/// What of the options went out.
fn told(request: &Request) -> Vec<(&'static str, &str)> {
    let told = HEADERS.iter();
    told.filter_map(|name| Some((*name, header(request, name)?)))
        .collect()
}

#[tokio::test]
async fn each_option_of_a_put_is_a_header() {
    let (s3, store) = store().await;
    let of_bucket = s3.encryption(&orders()).await.unwrap().unwrap();
    let algorithm = "x-amz-server-side-encryption";
    let key_id = "x-amz-server-side-encryption-aws-kms-key-id";
    let bucket_key = "x-amz-server-side-encryption-bucket-key-enabled";
    let new = PutOptions::new;
    for (options, expected) in [
        (new(), vec![]),
        (new().only_if_absent(), vec![("if-none-match", "*")]),
        (new().only_if_etag(ETAG), vec![("if-match", ETAG)]),
        // The last one counts.
        (
            new().only_if_absent().only_if_etag(ETAG),
            vec![("if-match", ETAG)],
        ),
        (
            new().with_storage_class(StorageClass::GlacierIr),
            vec![("x-amz-storage-class", "GLACIER_IR")],
        ),
        (
            new()
                .with_cache_control("no-store")
                .with_metadata("origin", "import"),
            vec![
                ("cache-control", "no-store"),
                ("x-amz-meta-origin", "import"),
            ],
        ),
        (
            new().with_encryption(Encryption::S3),
            vec![(algorithm, "AES256")],
        ),
        (
            new().with_encryption(Encryption::kms(KEY)),
            vec![(algorithm, "aws:kms"), (key_id, KEY)],
        ),
        (
            new().with_encryption(Encryption::kms_twice(KEY)),
            vec![(algorithm, "aws:kms:dsse"), (key_id, KEY)],
        ),
        (
            new().with_encryption(of_bucket),
            vec![(algorithm, "aws:kms"), (key_id, KEY), (bucket_key, "true")],
        ),
    ] {
        let put = s3.put(&orders(), &key("o"), "x", &options).await.unwrap();
        assert_eq!(put.etag, "\"of-now\"");
        let requests = store.requests();
        assert_eq!(told(requests.last().unwrap()), expected, "{options:?}");
    }
}

#[tokio::test]
async fn an_upload_by_parts_says_how_it_is_kept_first_and_its_condition_last() {
    let (s3, store) = store().await;
    let options = PutOptions::new()
        .with_storage_class(StorageClass::StandardIa)
        .with_encryption(Encryption::kms_twice(KEY))
        .only_if_etag(ETAG);
    let upload = s3.upload(&orders(), &key("large"), bytes(6 * MIB));
    let uploaded = upload.with_options(options).send().await.unwrap();
    assert_eq!(uploaded.parts, 2);
    let requests = store.requests();
    let [create, parts @ .., complete] = &*requests else {
        panic!("{requests:?}");
    };
    let kept = [
        ("x-amz-storage-class", "STANDARD_IA"),
        ("x-amz-server-side-encryption", "aws:kms:dsse"),
        ("x-amz-server-side-encryption-aws-kms-key-id", KEY),
    ];
    assert_eq!(told(create), kept);
    assert_eq!(parts.len(), 2);
    assert!(parts.iter().all(|part| told(part).is_empty()));
    assert_eq!(told(complete), [("if-match", ETAG)]);
}

#[tokio::test]
async fn a_copy_says_how_it_is_kept_and_its_condition() {
    let (s3, store) = store().await;
    let (orders, from, to) = (orders(), key("from"), key("to"));
    let options = PutOptions::new()
        .with_storage_class(StorageClass::StandardIa)
        .with_encryption(Encryption::kms(KEY))
        .only_if_etag(ETAG);
    let copied = s3.copy((&orders, &from), (&orders, &to), &options).await;
    assert_eq!(copied.unwrap(), "\"of-now\"");
    let requests = store.requests();
    let copy = requests.last().unwrap();
    let expected = [
        ("if-match", ETAG),
        ("x-amz-storage-class", "STANDARD_IA"),
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption-aws-kms-key-id", KEY),
    ];
    assert_eq!(told(copy), expected);
    // Nothing of it replaces what the original says of itself.
    assert_eq!(header(copy, "x-amz-metadata-directive"), None);
}

#[tokio::test]
async fn the_media_type_is_the_writers() {
    let (s3, store) = store().await;
    for (options, expected) in [
        (PutOptions::new(), "application/octet-stream"),
        (
            PutOptions::new().with_content_type("text/plain"),
            "text/plain",
        ),
    ] {
        s3.put(&orders(), &key("o"), "x", &options).await.unwrap();
        let requests = store.requests();
        let told = header(requests.last().unwrap(), "content-type");
        assert_eq!(told, Some(expected));
    }
    s3.begin_upload(&orders(), &key("o"), &PutOptions::new())
        .await
        .unwrap();
    let requests = store.requests();
    assert_eq!(header(requests.last().unwrap(), "content-type"), None);
}

#[tokio::test]
async fn what_has_another_etag_is_not_written_over() {
    let cloud = Cloud::start().await;
    let (s3, key) = (cloud.by_parts().await, key("taken"));
    let put = |text: &'static str, options: PutOptions| {
        let (s3, bucket, key) = (s3.clone(), cloud.bucket.clone(), key.clone());
        async move { s3.put(&bucket, &key, text, &options).await }
    };
    let first = put("first", PutOptions::new()).await.unwrap();
    let of_first = PutOptions::new().only_if_etag(&first.etag);
    let second = put("second", of_first.clone()).await.unwrap();
    assert_ne!(first.etag, second.etag);
    cloud.aws.reset_counts();
    let error = put("third", of_first.clone()).await.unwrap_err();
    assert_eq!(error.code(), Some("PreconditionFailed"), "{error}");
    assert_eq!(error.category(), Category::Conflict);
    assert_eq!(cloud.calls("PutObject"), 1);
    let upload = s3.upload(&cloud.bucket, &key, bytes(6 * MIB));
    let error = upload.with_options(of_first).send().await.unwrap_err();
    assert_eq!(error.code(), Some("PreconditionFailed"), "{error}");
    assert_eq!(cloud.unfinished().await, 0);
    assert_eq!(s3.read(&cloud.bucket, &key, 10).await.unwrap(), "second");
}
