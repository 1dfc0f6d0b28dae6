//! What a client sees when connections go silent, are refused, or break.

use crate::{
    client::{EAST, WEST, answered, hasty, patient, s3_with_bucket, two_regions},
    wire::{connect, read_to_end, send_list_keys, until},
};
use aws_sdk_kms::{Client, error::SdkError};
use leeward_testkit::{Aws, Fault, Latency, Scope};
use std::{io::ErrorKind, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    runtime::Handle,
};

fn kms(aws: &Aws) -> Client {
    Client::new(&patient(aws, &EAST))
}

#[tokio::test]
async fn a_black_hole_accepts_and_never_answers() {
    let aws = two_regions().await;
    let hole = aws
        .faults()
        .inject(Scope::region(EAST), Fault::black_hole());
    let east = Client::new(&hasty(&aws, &EAST));
    let error = east.list_keys().send().await.unwrap_err();
    assert!(matches!(error, SdkError::TimeoutError(_)), "{error:?}");
    let counts = aws.counts().in_region(&EAST);
    assert_eq!(counts.opened_connections(), 1);
    assert_eq!(counts.tally("kms", "ListKeys").unanswered, 1);

    let west = Client::new(&patient(&aws, &WEST));
    west.list_keys().send().await.unwrap();
    hole.clear();
    kms(&aws).list_keys().send().await.unwrap();
    aws.shutdown().await;
}

#[tokio::test]
async fn a_black_hole_swallows_a_call_that_already_waits_and_never_gives_it_back() {
    let aws = two_regions().await;
    let slow = Fault::latency(Latency::fixed(Duration::from_secs(3600)));
    aws.faults().inject(Scope::any(), slow);
    let client = kms(&aws);
    let waiting = Handle::current().spawn(async move { client.list_keys().send().await });
    until(|| aws.counts().calls("kms", "ListKeys") == 1).await;

    let hole = aws
        .faults()
        .inject(Scope::region(EAST), Fault::black_hole());
    let mut idle = connect(&aws, &EAST).await.unwrap();
    send_list_keys(&mut idle).await;
    until(|| aws.counts().calls("kms", "ListKeys") == 2).await;
    assert!(!waiting.is_finished());
    hole.clear();
    let error = waiting.await.unwrap().unwrap_err();
    assert!(matches!(error, SdkError::DispatchFailure(_)), "{error:?}");
    let (answer, end) = read_to_end(&mut idle).await;
    assert_eq!(answer, "");
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(aws.counts().tally("kms", "ListKeys").unanswered, 2);
    aws.shutdown().await;
}

#[tokio::test]
async fn a_connection_that_was_idle_in_a_black_hole_serves_again_after_it() {
    let aws = two_regions().await;
    let client = kms(&aws);
    client.list_keys().send().await.unwrap();
    let hole = aws
        .faults()
        .inject(Scope::region(EAST), Fault::black_hole());
    hole.clear();
    client.list_keys().send().await.unwrap();
    assert_eq!(aws.counts().opened_connections(), 1);
    aws.shutdown().await;
}

#[tokio::test]
async fn a_black_hole_around_one_operation_leaves_the_others() {
    let aws = two_regions().await;
    let scope = Scope::region(EAST).service("kms").operation("ListKeys");
    let hole = aws.faults().inject(scope, Fault::black_hole());
    let client = Client::new(&hasty(&aws, &EAST));
    let error = client.list_keys().send().await.unwrap_err();
    assert!(matches!(error, SdkError::TimeoutError(_)), "{error:?}");
    kms(&aws).list_aliases().send().await.unwrap();

    let client = kms(&aws);
    let waiting = Handle::current().spawn(async move { client.list_keys().send().await });
    until(|| aws.counts().calls("kms", "ListKeys") == 2).await;
    hole.clear();
    let error = waiting.await.unwrap().unwrap_err();
    assert!(matches!(error, SdkError::DispatchFailure(_)), "{error:?}");
    kms(&aws).list_keys().send().await.unwrap();
    aws.shutdown().await;
}

#[tokio::test]
async fn a_black_hole_stops_an_answer_that_is_half_way_out() {
    let aws = two_regions().await;
    let client = s3_with_bucket(&patient(&aws, &EAST)).await;
    let length = 32 << 20;
    let put = client.put_object().bucket("bucket").key("k");
    put.body(vec![7; length].into()).send().await.unwrap();
    let read = client.get_object().bucket("bucket").key("k").send().await;
    let mut body = read.unwrap().body.into_async_read();
    let mut chunk = vec![0; 1024];
    body.read_exact(&mut chunk).await.unwrap();

    let hole = aws
        .faults()
        .inject(Scope::region(EAST), Fault::black_hole());
    let mut rest = Vec::new();
    {
        let drain = body.read_to_end(&mut rest);
        let silent = tokio::time::timeout(Duration::from_millis(300), drain).await;
        assert!(silent.is_err(), "the answer went on in a black hole");
    }
    hole.clear();
    body.read_to_end(&mut rest).await.unwrap_err();
    assert!(rest.len() < length - chunk.len());
    aws.shutdown().await;
}

#[tokio::test]
async fn a_black_hole_does_not_even_grant_leave_to_send_a_body() {
    let aws = two_regions().await;
    let hole = aws.faults().inject(Scope::any(), Fault::black_hole());
    let mut stream = connect(&aws, &EAST).await.unwrap();
    let head = "PUT /bucket/key HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n\
                content-length: 9\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    until(|| aws.counts().calls("s3", "PutObject") == 1).await;
    hole.clear();
    let (answer, end) = read_to_end(&mut stream).await;
    assert_eq!(answer, "");
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    aws.shutdown().await;
}

#[tokio::test]
async fn a_refused_region_closes_its_port_and_opens_the_same_one_again() {
    let aws = two_regions().await;
    let client = kms(&aws);
    client.list_keys().send().await.unwrap();
    let mut old = connect(&aws, &EAST).await.unwrap();
    until(|| aws.counts().open_connections() == 2).await;

    for _ in 0..3 {
        let endpoint = aws.endpoint(&EAST);
        let refusal = aws.faults().inject(Scope::region(EAST), Fault::refuse());
        let refused = connect(&aws, &EAST).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        let error = client.list_keys().send().await.unwrap_err();
        assert!(matches!(error, SdkError::DispatchFailure(_)), "{error:?}");
        refusal.clear();
        assert_eq!(aws.endpoint(&EAST), endpoint);
        client.list_keys().send().await.unwrap();
    }
    let (_, end) = read_to_end(&mut old).await;
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    let west = Client::new(&patient(&aws, &WEST));
    west.list_keys().send().await.unwrap();
    aws.shutdown().await;
}

#[tokio::test]
async fn a_refused_operation_resets_its_connection_without_an_answer() {
    let aws = two_regions().await;
    let scope = Scope::any().operation("ListKeys");
    aws.faults().inject(scope, Fault::refuse());
    let mut stream = connect(&aws, &EAST).await.unwrap();
    send_list_keys(&mut stream).await;
    let (answer, end) = read_to_end(&mut stream).await;
    assert_eq!(answer, "");
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(aws.counts().tally("kms", "ListKeys").faulted, 1);
    kms(&aws).list_aliases().send().await.unwrap();
    aws.shutdown().await;
}

#[tokio::test]
async fn a_reset_tears_the_answer_after_the_service_has_done_its_work() {
    let aws = two_regions().await;
    let scope = Scope::any().operation("CreateKey");
    let rule = aws.faults().inject(scope, Fault::reset());
    let client = kms(&aws);
    let error = client.create_key().send().await.unwrap_err();
    let seen = matches!(
        error,
        SdkError::ResponseError(_) | SdkError::DispatchFailure(_)
    );
    assert!(seen, "{error:?}");
    rule.clear();
    let keys = client.list_keys().send().await.unwrap();
    assert_eq!(keys.keys().len(), 1, "the key was made all the same");
    assert_eq!(aws.counts().tally("kms", "CreateKey").faulted, 1);

    aws.faults().inject(Scope::any(), Fault::reset());
    let mut stream = connect(&aws, &EAST).await.unwrap();
    send_list_keys(&mut stream).await;
    let (answer, end) = read_to_end(&mut stream).await;
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let promised = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let promised: usize = promised.unwrap().parse().unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    assert_eq!(body.len(), promised / 2);
    aws.shutdown().await;
}

/// Puts an object of so many bytes, of which only some are sent, and waits for the reset.
async fn breaks_off(aws: &Aws, length: usize, sent: usize) {
    let mut stream = connect(aws, &EAST).await.unwrap();
    let head = format!("PUT /bucket/key HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&vec![7; sent]).await.unwrap();
    let (answer, end) = read_to_end(&mut stream).await;
    assert_eq!(answer, "");
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_reset_in_a_request_comes_when_so_much_of_its_body_has_come() {
    let aws = two_regions().await;
    let client = s3_with_bucket(&patient(&aws, &EAST)).await;
    for (after, length, sent) in [
        (0, 1_000, 0),
        (1, 1_000, 1),
        (400, 1_000, 400),
        (400, 1_000, 900),
        (400, 400, 400),
        // What is shorter is read to its end.
        (400, 100, 100),
        (400, 0, 0),
    ] {
        let fault = Fault::reset_in_request(after);
        let rule = aws.faults().inject(Scope::any(), fault);
        breaks_off(&aws, length, sent).await;
        rule.clear();
    }
    let tally = aws.counts().tally("s3", "PutObject");
    assert_eq!((tally.calls, tally.faulted), (7, 7));
    let there = client.list_objects_v2().bucket("bucket").send().await;
    assert_eq!(there.unwrap().key_count(), Some(0), "no service saw them");

    // Before so much has come, nothing happens; the client gives up.
    let fault = Fault::reset_in_request(400);
    aws.faults().inject(Scope::any(), fault);
    let short = breaks_off(&aws, 1_000, 399);
    let silent = tokio::time::timeout(Duration::from_millis(300), short).await;
    assert!(silent.is_err(), "it broke off before");
    until(|| aws.counts().open_connections() == 1).await;
    let tally = aws.counts().tally("s3", "PutObject");
    assert_eq!((tally.calls, tally.faulted, tally.unanswered), (8, 7, 1));
    aws.shutdown().await;
}

#[tokio::test]
async fn a_reset_in_a_request_breaks_off_what_is_being_sent() {
    let aws = two_regions().await;
    let client = s3_with_bucket(&patient(&aws, &EAST)).await;
    let once = Fault::reset_in_request(1 << 20).with_calls(1..=1);
    let scope = Scope::any().operation("PutObject");
    aws.faults().inject(scope, once);
    let put = || {
        let put = client.put_object().bucket("bucket").key("k");
        put.body(vec![7; 32 << 20].into()).send()
    };
    let error = put().await.unwrap_err();
    assert!(matches!(error, SdkError::DispatchFailure(_)), "{error:?}");
    let get = client.get_object().bucket("bucket").key("k");
    let missing = answered(&get.send().await.unwrap_err());
    assert_eq!(missing, (404, "NoSuchKey".to_owned()));
    put().await.unwrap();
    let tally = aws.counts().tally("s3", "PutObject");
    assert_eq!((tally.faulted, tally.ok), (1, 1));
    aws.shutdown().await;
}

#[tokio::test]
async fn a_reset_in_a_request_finds_what_only_the_body_names() {
    let aws = two_regions().await;
    let scope = Scope::any().operation("GetCallerIdentity");
    aws.faults().inject(scope, Fault::reset_in_request(0));
    let sts = aws_sdk_sts::Client::new(&patient(&aws, &EAST));
    let error = sts.get_caller_identity().send().await.unwrap_err();
    assert!(matches!(error, SdkError::DispatchFailure(_)), "{error:?}");
    assert_eq!(aws.counts().tally("sts", "GetCallerIdentity").faulted, 1);
    aws.shutdown().await;
}

#[tokio::test]
async fn rules_can_change_outside_of_any_runtime() {
    let aws = two_regions().await;
    let faults = aws.faults();
    let outside = std::thread::spawn(move || {
        let rule = faults.inject(Scope::region(EAST), Fault::refuse());
        rule.clear();
    });
    tokio::task::spawn_blocking(move || outside.join().unwrap())
        .await
        .unwrap();
    kms(&aws).list_keys().send().await.unwrap();
    aws.shutdown().await;
}
