//! What a client sees of the errors and delays that the fault plane makes.

use crate::client::{EAST, WEST, answered, hasty, header, patient, two_regions};
use aws_sdk_kms::{error::SdkError, types::DataKeySpec};
use leeward_testkit::{Aws, Fault, Latency, Scope};
use std::time::Duration;

fn kms(aws: &Aws) -> aws_sdk_kms::Client {
    aws_sdk_kms::Client::new(&patient(aws, &EAST))
}

#[tokio::test]
async fn kms_throttles_with_http_400_a_request_id_and_a_wait() {
    let aws = two_regions().await;
    let throttling = Fault::throttling()
        .with_retry_after(Duration::from_secs(3))
        .with_amz_retry_after(Duration::from_millis(1500));
    let rule = aws.faults().inject(
        Scope::region(EAST).service("kms").operation("ListKeys"),
        throttling,
    );
    let client = kms(&aws);
    let error = client.list_keys().send().await.unwrap_err();
    assert_eq!(answered(&error), (400, "ThrottlingException".to_owned()));
    let message = error.as_service_error().unwrap().meta().message();
    assert_eq!(message, Some("Rate exceeded"));
    assert_eq!(header(&error, "retry-after"), Some("3"));
    assert_eq!(header(&error, "x-amz-retry-after"), Some("1500"));
    assert_eq!(
        header(&error, "x-amzn-errortype"),
        Some("ThrottlingException")
    );
    assert!(header(&error, "x-amzn-requestid").is_some());

    client.list_aliases().send().await.unwrap();
    rule.clear();
    client.list_keys().send().await.unwrap();
    aws.shutdown().await;
}

/// Calls one operation of each protocol and gives back what each answered.
async fn one_of_each(aws: &Aws) -> [(u16, String); 5] {
    let config = patient(aws, &EAST);
    let kms = aws_sdk_kms::Client::new(&config).list_keys().send().await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&config);
    let dynamodb = dynamodb.list_tables().send().await;
    let sts = aws_sdk_sts::Client::new(&config);
    let sts = sts.get_caller_identity().send().await;
    let s3 = aws_sdk_s3::Client::new(&config).list_buckets().send().await;
    let lambda = aws_sdk_lambda::Client::new(&config);
    let lambda = lambda.list_functions().send().await;
    [
        answered(&kms.unwrap_err()),
        answered(&dynamodb.unwrap_err()),
        answered(&sts.unwrap_err()),
        answered(&s3.unwrap_err()),
        answered(&lambda.unwrap_err()),
    ]
}

#[tokio::test]
async fn every_protocol_carries_a_refusal_to_its_client() {
    let aws = two_regions().await;
    let check = async |fault: Fault, expected: [(u16, &str); 5]| {
        let rule = aws.faults().inject(Scope::any(), fault);
        let expected = expected.map(|(status, code)| (status, code.to_owned()));
        assert_eq!(one_of_each(&aws).await, expected);
        rule.clear();
    };
    check(
        Fault::access_denied(),
        [
            (400, "AccessDeniedException"),
            (400, "AccessDeniedException"),
            (403, "AccessDenied"),
            (403, "AccessDenied"),
            (403, "AccessDeniedException"),
        ],
    )
    .await;
    check(
        Fault::expired_token(),
        [
            (400, "ExpiredTokenException"),
            (400, "ExpiredTokenException"),
            (403, "ExpiredToken"),
            (400, "ExpiredToken"),
            (403, "ExpiredTokenException"),
        ],
    )
    .await;
    check(
        Fault::error(503, "ServiceUnavailable", "try <again> & again"),
        [503; 5].map(|status| (status, "ServiceUnavailable")),
    )
    .await;
    aws.shutdown().await;
}

#[tokio::test]
async fn an_error_answered_by_the_plane_leaves_the_service_untouched() {
    let aws = two_regions().await;
    let client = kms(&aws);
    let fault = Fault::error(500, "KMSInternalException", "try again");
    let rule = aws
        .faults()
        .inject(Scope::any().operation("CreateKey"), fault);
    let error = client.create_key().send().await.unwrap_err();
    assert_eq!(answered(&error).0, 500);
    rule.clear();
    let keys = client.list_keys().send().await.unwrap();
    assert_eq!(keys.keys().len(), 0);
    aws.shutdown().await;
}

#[tokio::test]
async fn a_rate_with_a_seed_strikes_the_same_calls_again() {
    let aws = two_regions().await;
    let client = kms(&aws);
    let mut runs = Vec::new();
    for _ in 0..2 {
        let fault = Fault::throttling().with_rate(0.3).with_seed(11);
        let rule = aws.faults().inject(Scope::any().service("kms"), fault);
        let mut struck = Vec::new();
        for _ in 0..100 {
            struck.push(client.list_keys().send().await.is_err());
        }
        rule.clear();
        runs.push(struck);
    }
    assert_eq!(runs[0], runs[1]);
    let struck = runs[0].iter().filter(|struck| **struck).count();
    assert!((15..45).contains(&struck), "{struck}");
    aws.shutdown().await;
}

#[tokio::test]
async fn a_latency_beyond_the_patience_of_the_client_times_it_out() {
    let aws = two_regions().await;
    let latency = Latency::fixed(Duration::from_secs(3600));
    let rule = aws.faults().inject(
        Scope::any().operation("GenerateDataKey"),
        Fault::latency(latency),
    );
    let client = aws_sdk_kms::Client::new(&hasty(&aws, &EAST));
    let request = client.generate_data_key().key_id("any");
    let error = request
        .key_spec(DataKeySpec::Aes256)
        .send()
        .await
        .unwrap_err();
    assert!(matches!(error, SdkError::TimeoutError(_)), "{error:?}");
    rule.clear();

    let short = Latency::uniform(Duration::ZERO..Duration::from_millis(5));
    aws.faults()
        .inject(Scope::any(), Fault::latency(short).with_seed(3));
    kms(&aws).list_keys().send().await.unwrap();
    aws.shutdown().await;
}

#[tokio::test]
async fn clearing_the_plane_lifts_every_rule() {
    let aws = two_regions().await;
    aws.faults().inject(Scope::any(), Fault::access_denied());
    aws.faults().inject(Scope::region(EAST), Fault::refuse());
    aws.faults()
        .inject(Scope::region(WEST), Fault::black_hole());
    aws.faults().clear();
    for region in [EAST, WEST] {
        let client = aws_sdk_kms::Client::new(&patient(&aws, &region));
        client.list_keys().send().await.unwrap();
    }
    aws.shutdown().await;
}
