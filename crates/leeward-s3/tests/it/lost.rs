//! The answer to the last call of an upload, which is lost on its way.

use crate::cloud::{Cloud, MIB, bytes, key};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use leeward_resilience::{RetryPolicy, stack::Preset};
use leeward_s3::{Checksum, ObjectKey, PutOptions, S3};
use leeward_testkit::{Fault, Scope};
use std::time::Duration;

fn completion() -> Scope {
    Scope::any().operation("CompleteMultipartUpload")
}

/// By parts of 5 MiB, whose every call has one attempt of so long.
async fn waiting_for(cloud: &Cloud, attempt: Duration) -> S3 {
    let once = Preset::mixed().with_retry(RetryPolicy::aws().with_max_attempts(1));
    let caller = cloud.pool.caller().with_preset(once);
    let caller = caller.with_timeouts(attempt, Duration::from_secs(60));
    let s3 = S3::builder(caller.await.unwrap()).with_part_size(5 * MIB);
    s3.build().unwrap()
}

#[tokio::test]
async fn an_upload_whose_last_answer_was_lost_is_there() {
    let cloud = Cloud::start().await;
    let written = bytes(6 * MIB);
    for (checksum, name) in [
        (Checksum::Crc64Nvme, "whole"),
        (Checksum::Crc32OfParts, "parts"),
        (Checksum::Nothing, "nothing"),
    ] {
        let s3 = cloud.small_parts().await.with_checksum(checksum);
        let s3 = s3.build().unwrap();
        cloud.aws.reset_counts();
        let lost = Fault::reset().with_calls(1..=1);
        let rule = cloud.aws.faults().inject(completion(), lost);
        // A condition that held when the object was made, and does not hold any more.
        let upload = s3.upload(&cloud.bucket, &key(name), written.clone());
        let upload = upload.with_options(PutOptions::new().only_if_absent());
        let uploaded = upload.send().await.unwrap();
        rule.clear();
        assert_eq!((uploaded.size, uploaded.parts), (6 << 20, 2), "{name}");
        assert_eq!(cloud.calls("CompleteMultipartUpload"), 2);
        assert_eq!(cloud.calls("HeadObject"), 1);
        let found = s3.describe_object(&cloud.bucket, &key(name)).await.unwrap();
        assert_eq!(found.etag, uploaded.etag);
        let read = s3
            .read(&cloud.bucket, &key(name), usize::MAX)
            .await
            .unwrap();
        assert!(read == written);
    }
    assert_eq!(cloud.unfinished().await, 0);
}

#[tokio::test]
async fn an_upload_whose_every_last_answer_was_lost_is_there() {
    let cloud = Cloud::start().await;
    let s3 = cloud.resting_briefly().await.build().unwrap();
    let (key, written) = (key("unheard"), bytes(6 * MIB));
    let lost = Fault::reset().with_calls(1..=5);
    cloud.aws.faults().inject(completion(), lost);
    let upload = s3.upload(&cloud.bucket, &key, written.clone());
    // They have opened the circuit, and the object is looked at once that lets somebody through.
    assert_eq!(upload.send().await.unwrap().parts, 2);
    assert_eq!(cloud.calls("CompleteMultipartUpload"), 5);
    assert_eq!(cloud.calls("HeadObject"), 1);
    let read = s3.read(&cloud.bucket, &key, usize::MAX).await.unwrap();
    assert!(read == written);
}

#[tokio::test]
async fn what_somebody_else_wrote_is_not_taken_for_the_upload() {
    let cloud = Cloud::start().await;
    let (s3, key) = (cloud.by_parts().await, key("theirs"));
    let theirs = bytes(6 * MIB).into_iter().rev().collect::<Vec<_>>();
    let options = PutOptions::new();
    s3.put(&cloud.bucket, &key, theirs, &options).await.unwrap();
    // The first attempt is said to be throttled, the second finds nothing: neither was applied.
    let faults = cloud.aws.faults();
    faults.inject(completion(), Fault::throttling().with_calls(1..=1));
    let gone = Fault::error(404, "NoSuchUpload", "it is not there").with_calls(2..=2);
    faults.inject(completion(), gone);
    let listed = Scope::any().operation("ListParts");
    let gone = Fault::error(404, "NoSuchUpload", "it is not there").with_calls(1..=1);
    faults.inject(listed, gone);
    let upload = s3.upload(&cloud.bucket, &key, bytes(6 * MIB));
    let error = upload.send().await.unwrap_err();
    assert_eq!(error.code(), Some("NoSuchUpload"), "{error}");
    assert_eq!(cloud.calls("HeadObject"), 1);
    assert_eq!(cloud.unfinished().await, 0);
}

#[tokio::test]
async fn who_wrote_the_same_before_was_the_first() {
    let cloud = Cloud::start().await;
    let (s3, key) = (cloud.by_parts().await, key("same"));
    let theirs = s3.upload(&cloud.bucket, &key, bytes(6 * MIB));
    theirs.send().await.unwrap();
    // The first attempt is not applied, and the second finds the object of somebody else, in which all is as it would be.
    let throttled = Fault::throttling().with_calls(1..=1);
    cloud.aws.faults().inject(completion(), throttled);
    let mine = s3.upload(&cloud.bucket, &key, bytes(6 * MIB));
    let mine = mine.with_options(PutOptions::new().only_if_absent());
    let error = mine.send().await.unwrap_err();
    assert_eq!(error.code(), Some("PreconditionFailed"), "{error}");
    assert_eq!(error.attempts(), Some(2));
    assert_eq!(cloud.unfinished().await, 0);
}

#[tokio::test]
async fn an_object_that_takes_longer_than_a_call_is_waited_for() {
    let cloud = Cloud::start().await;
    let s3 = waiting_for(&cloud, Duration::from_secs(5)).await;
    let faults = cloud.aws.faults();
    faults.inject(completion(), Fault::black_hole().with_calls(1..=1));
    let (key, written) = (key("slow"), bytes(6 * MIB));
    let upload = s3.upload(&cloud.bucket, &key, written.clone());
    assert_eq!(upload.send().await.unwrap().parts, 2);
    assert_eq!(cloud.calls("CompleteMultipartUpload"), 2);
    assert_eq!(cloud.calls("ListParts"), 1);
    let read = s3.read(&cloud.bucket, &key, usize::MAX).await.unwrap();
    assert!(read == written);
}

/// S3 is at work when the first call is given up, and done before the next.
#[tokio::test]
async fn an_object_that_is_there_before_the_next_call_is_that_of_the_upload() {
    let cloud = Cloud::start().await;
    let s3 = waiting_for(&cloud, Duration::from_secs(3)).await;
    for (name, options) in [
        ("free", PutOptions::new()),
        ("first", PutOptions::new().only_if_absent()),
    ] {
        cloud.aws.reset_counts();
        let unheard = Fault::black_hole().with_calls(1..=1);
        let rule = cloud.aws.faults().inject(completion(), unheard);
        let key = key(name);
        let upload = s3.upload(&cloud.bucket, &key, bytes(6 * MIB));
        let upload = upload.with_options(options).send();
        let finish = finish_after(&cloud, &s3, &key);
        let both = async { tokio::join!(upload, finish) };
        let (uploaded, ()) = tokio::time::timeout(Duration::from_secs(60), both)
            .await
            .unwrap();
        rule.clear();
        assert_eq!(uploaded.unwrap().parts, 2, "{name}");
    }
    assert_eq!(cloud.unfinished().await, 0);
}

/// Has an upload put together as soon as it was asked for in vain.
async fn finish_after(cloud: &Cloud, s3: &S3, key: &ObjectKey) {
    let until = |operation, calls| async move {
        while cloud.calls(operation) < calls {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    until("CompleteMultipartUpload", 1).await;
    let uploads = s3.unfinished_uploads(&cloud.bucket, key.as_str());
    let upload = uploads.collect_up_to(1).await.unwrap().items.remove(0);
    let client = s3.caller().client();
    let listed = client.list_parts().bucket("orders").key(key.as_str());
    let listed = listed.upload_id(upload.id.as_str()).send().await.unwrap();
    let parts = listed.parts().iter().map(|part| {
        CompletedPart::builder()
            .set_part_number(part.part_number)
            .set_e_tag(part.e_tag.clone())
            .set_checksum_crc64_nvme(part.checksum_crc64_nvme.clone())
            .build()
    });
    let parts = CompletedMultipartUpload::builder().set_parts(Some(parts.collect()));
    until("ListParts", 2).await;
    let finish = client.complete_multipart_upload().bucket("orders");
    let finish = finish.key(key.as_str()).upload_id(upload.id.as_str());
    let finished = finish.multipart_upload(parts.build()).send().await;
    // On a machine that is starved the upload may be the first: then there is none any more.
    drop(finished);
}

/// Others may be denied to list parts: then only what is there tells.
#[tokio::test]
async fn who_may_not_ask_for_the_upload_looks_at_the_object() {
    let cloud = Cloud::start().await;
    let s3 = cloud.by_parts().await;
    let faults = cloud.aws.faults();
    let listed = Scope::any().operation("ListParts");
    faults.inject(listed, Fault::access_denied());
    for (name, options) in [
        ("free", PutOptions::new()),
        ("first", PutOptions::new().only_if_absent()),
    ] {
        let is_free = name == "free";
        let lost = Fault::reset().with_calls(1..=1);
        let rule = faults.inject(completion(), lost);
        let upload = s3.upload(&cloud.bucket, &key(name), bytes(6 * MIB));
        let sent = upload.with_options(options).send().await;
        rule.clear();
        assert_eq!(sent.is_ok(), is_free, "{name}");
    }
}

/// An outage in which nobody can say what became of it is a failure, though an older object is just like it.
#[tokio::test]
async fn what_was_there_before_is_not_taken_for_the_upload_in_an_outage() {
    let cloud = Cloud::start().await;
    let (s3, key) = (cloud.resting_briefly().await.build().unwrap(), key("same"));
    let before = s3.upload(&cloud.bucket, &key, bytes(6 * MIB));
    before.send().await.unwrap();
    let broken = || Fault::error(503, "ServiceUnavailable", "an outage");
    let faults = cloud.aws.faults();
    faults.inject(completion(), broken());
    let rule = faults.inject(Scope::any().operation("ListParts"), broken());
    let again = s3.upload(&cloud.bucket, &key, bytes(6 * MIB));
    let error = again.send().await.unwrap_err();
    assert_eq!(
        error.operation().unwrap().to_string(),
        "s3.CompleteMultipartUpload"
    );
    rule.clear();
    assert_eq!(cloud.unfinished().await, 0);
}
#[tokio::test]
async fn an_upload_that_nobody_knows_is_not_looked_for() {
    let cloud = Cloud::start().await;
    let s3 = cloud.by_parts().await;
    let gone = Fault::error(404, "NoSuchUpload", "it is not there");
    cloud.aws.faults().inject(completion(), gone);
    let upload = s3.upload(&cloud.bucket, &key("gone"), bytes(6 * MIB));
    let error = upload.send().await.unwrap_err();
    assert_eq!(error.code(), Some("NoSuchUpload"));
    assert_eq!(cloud.calls("HeadObject"), 0);
    assert_eq!(cloud.unfinished().await, 0);
}
