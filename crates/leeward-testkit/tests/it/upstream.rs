//! The fault plane in front of an emulator that is not in this process, as another AWS of ours stands for it.

use crate::{
    client::{EAST, answered, patient, s3_with_bucket},
    wire,
};
use leeward_testkit::{
    Aws, Fault, Scope,
    stand_in::{Answer, StandIn},
};
use tokio::io::AsyncWriteExt;

/// One that passes on, and the one behind it.
async fn pair() -> (Aws, Aws) {
    let behind = Aws::start(&[EAST]).await.unwrap();
    (in_front_of(&behind.endpoint(&EAST)).await, behind)
}

async fn in_front_of(endpoint: &str) -> Aws {
    let address = endpoint.strip_prefix("http://").unwrap().parse().unwrap();
    let front = Aws::builder().with_region(EAST).with_upstream(address);
    front.start().await.unwrap()
}

/// Calls CloudFormation, and gives the answer as it came.
async fn list_stacks(aws: &Aws) -> String {
    let mut stream = wire::connect(aws, &EAST).await.unwrap();
    let body = "Action=ListStacks&Version=2010-05-15";
    let request = format!(
        "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: AWS4-HMAC-SHA256 \
         Credential=AKID/20260224/us-east-1/cloudformation/aws4_request, Signature=0\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    wire::read_to_end(&mut stream).await.0
}

#[tokio::test]
async fn calls_and_answers_are_passed_on_as_they_are() {
    let (front, behind) = pair().await;
    let s3 = s3_with_bucket(&patient(&front, &EAST)).await;
    let body: Vec<u8> = (0..3_000_000_u32).map(|n| n as u8).collect();
    let put = s3.put_object().bucket("bucket").key("a b/ü");
    put.body(body.clone().into()).send().await.unwrap();
    let head = s3.head_object().bucket("bucket").key("a b/ü").send().await;
    assert_eq!(head.unwrap().content_length, Some(3_000_000));
    let read = s3.get_object().bucket("bucket").key("a b/ü").send().await;
    let read = read.unwrap().body.collect().await.unwrap().into_bytes();
    assert_eq!(read, body);
    let missing = s3.get_object().bucket("bucket").key("no").send().await;
    let told = answered(&missing.unwrap_err());
    assert_eq!(told, (404, "NoSuchKey".to_owned()));
    let kms = aws_sdk_kms::Client::new(&patient(&front, &EAST));
    kms.create_key().send().await.unwrap();
    assert_eq!(behind.counts().calls("kms", "CreateKey"), 1);
    for aws in [&front, &behind] {
        assert_eq!(aws.counts().calls("s3", "GetObject"), 2);
    }
    front.shutdown().await;
    behind.shutdown().await;
}

#[tokio::test]
async fn faults_strike_between_the_client_and_what_is_behind() {
    let (front, behind) = pair().await;
    let s3 = s3_with_bucket(&patient(&front, &EAST)).await;
    let put = || {
        let put = s3.put_object().bucket("bucket").key("k");
        put.body(vec![7; 100_000].into()).send()
    };
    let scope = Scope::any().operation("PutObject");
    let rule = front.faults().inject(scope.clone(), Fault::throttling());
    assert_eq!(answered(&put().await.unwrap_err()).1, "SlowDown");
    rule.clear();
    assert_eq!(behind.counts().calls("s3", "PutObject"), 0);
    let rule = front.faults().inject(scope, Fault::reset());
    put().await.unwrap_err();
    rule.clear();
    assert_eq!(behind.counts().tally("s3", "PutObject").ok, 1);
    let scope = Scope::any().operation("GetObject");
    front.faults().inject(scope, Fault::reset());
    let get = s3.get_object().bucket("bucket").key("k").send().await;
    let mut body = get.unwrap().body;
    let mut read = 0;
    while let Some(Ok(bytes)) = body.next().await {
        read += bytes.len();
    }
    assert!(read < 100_000, "{read}");
    front.shutdown().await;
    behind.shutdown().await;
}

#[tokio::test]
async fn what_breaks_off_on_its_way_in_is_not_passed_on() {
    let (front, behind) = pair().await;
    let s3 = s3_with_bucket(&patient(&front, &EAST)).await;
    let once = Fault::reset_in_request(1 << 20).with_calls(1..=1);
    let scope = Scope::any().operation("PutObject");
    front.faults().inject(scope, once);
    let put = || {
        let put = s3.put_object().bucket("bucket").key("k");
        put.body(vec![7; 8 << 20].into()).send()
    };
    put().await.unwrap_err();
    assert_eq!(front.counts().tally("s3", "PutObject").faulted, 1);
    assert_eq!(behind.counts().calls("s3", "PutObject"), 0);
    put().await.unwrap();
    assert_eq!(behind.counts().tally("s3", "PutObject").ok, 1);
    front.shutdown().await;
    behind.shutdown().await;
}

#[tokio::test]
async fn nobody_behind_is_told_as_a_bad_gateway() {
    let (front, behind) = pair().await;
    behind.shutdown().await;
    let s3 = aws_sdk_s3::Client::new(&patient(&front, &EAST));
    let error = s3.list_buckets().send().await.unwrap_err();
    assert_eq!(answered(&error), (502, "BadGateway".to_owned()));
    front.shutdown().await;
}

#[tokio::test]
async fn cloudformation_is_there_if_somebody_behind_has_it() {
    let alone = Aws::start(&[EAST]).await.unwrap();
    let refused = list_stacks(&alone).await;
    assert!(refused.starts_with("HTTP/1.1 404"), "{refused}");
    assert!(refused.contains("UnknownService"), "{refused}");
    let (_, known) = refused.split_once("; it has ").expect("it lists some");
    assert!(!known.contains("cloudformation"), "{refused}");
    assert_eq!(alone.counts().calls("cloudformation", "ListStacks"), 0);
    alone.shutdown().await;

    let answer = Answer::query_result("ListStacks", "<StackSummaries/>");
    let behind = StandIn::start(move |_| answer.clone()).await.unwrap();
    let front = in_front_of(&behind.endpoint()).await;
    let passed_on = list_stacks(&front).await;
    assert!(passed_on.starts_with("HTTP/1.1 200"), "{passed_on}");
    assert!(passed_on.contains("<StackSummaries/>"), "{passed_on}");
    assert_eq!(behind.requests().len(), 1);
    assert_eq!(front.counts().calls("cloudformation", "ListStacks"), 1);
    front.shutdown().await;
}
