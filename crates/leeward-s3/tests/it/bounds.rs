//! What a transfer holds, and what is left of one that nobody waits for.

use crate::cloud::{Cloud, MIB, bytes, key};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use leeward_error_taxonomy::AwsError;
use leeward_s3::{TransferError, UploadSource, Uploaded};
use leeward_testkit::{Fault, Scope};
use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

const LEN: usize = 40 * MIB;

/// Lets everything run that can, and a good while longer than it needs.
async fn settle(counter: impl Fn() -> u64) -> u64 {
    let (mut last, mut calm) = (counter(), 0);
    while calm < 2_000 {
        tokio::task::yield_now().await;
        let now = counter();
        calm = if now == last { calm + 1 } else { 0 };
        last = now;
    }
    last
}

#[tokio::test]
async fn an_upload_reads_no_more_than_it_may_hold() {
    let cloud = Cloud::start().await;
    let s3 = cloud.by_parts().await;
    let swallowed = Fault::black_hole();
    let faults = cloud.aws.faults();
    let rule = faults.inject(Scope::any().operation("UploadPart"), swallowed);
    let taken = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&taken);
    let chunks = stream::iter(0..LEN / MIB).map(move |_| {
        count.fetch_add(MIB as u64, SeqCst);
        Ok::<_, String>(Bytes::from(vec![7; MIB]))
    });
    let source = UploadSource::stream(chunks);
    let upload = s3.upload(&cloud.bucket, &key("bounded"), source).send();
    let runtime = tokio::runtime::Handle::current();
    let upload = runtime.spawn(upload);
    while cloud.calls("UploadPart") < 3 {
        tokio::task::yield_now().await;
    }
    let taken = || taken.load(SeqCst);
    // Three parts of 5 MiB are on their way, and nobody reads the fourth.
    assert_eq!(settle(taken).await, 15 << 20);
    assert_eq!(cloud.calls("UploadPart"), 3);
    rule.clear();
    assert_eq!(upload.await.unwrap().unwrap().parts, 8);
    assert_eq!(taken(), LEN as u64);
}

#[tokio::test]
async fn a_download_asks_for_no_more_than_it_may_hold() {
    let cloud = Cloud::start().await;
    let s3 = cloud.by_parts().await;
    let key = key("bounded");
    let upload = s3.upload(&cloud.bucket, &key, vec![7; LEN]);
    upload.send().await.unwrap();
    let mut stream = s3.download(&cloud.bucket, &key).stream().await.unwrap();
    let first = stream.next().await.unwrap().unwrap();
    // Three parts are asked for, of which one is here; while nobody reads on, nothing more is.
    let calls = || cloud.calls("GetObject");
    assert_eq!(settle(calls).await, 3);
    let mut read = first.len();
    while let Some(bytes) = stream.next().await {
        read += bytes.unwrap().len();
        let parts_begun = read.div_ceil(5 * MIB) as u64;
        assert!(calls() <= parts_begun + 3, "{read}");
    }
    assert_eq!((read, calls()), (LEN, 8));
}

#[tokio::test]
async fn an_upload_that_is_dropped_at_any_point_leaves_nothing() {
    let cloud = Cloud::start().await;
    let s3 = cloud.by_parts().await;
    let (key, written) = (key("dropped"), Bytes::from(bytes(5 * MIB + 1)));
    let (mut polls, mut drops) = (1, 0);
    loop {
        let mut upload = Box::pin(s3.upload(&cloud.bucket, &key, written.clone()).send());
        let over = polled(&mut upload, polls).await;
        drop(upload);
        s3.shutdown().await;
        assert_eq!(cloud.unfinished().await, 0, "after {polls} polls");
        if let Some(uploaded) = over {
            assert_eq!(uploaded.unwrap().parts, 2);
            break;
        }
        drops += 1;
        polls += 1 + polls / 8;
    }
    // It is polled where it is begun, where its parts are sent, and where it is finished; the parts have tasks of their own.
    assert!(drops > 2, "there was nothing to drop");
}

/// Polls it so often, whenever it wants to be; `None` if it did not come to its end.
async fn polled(
    upload: &mut (impl Future<Output = Result<Uploaded, AwsError>> + Unpin),
    polls: usize,
) -> Option<Result<Uploaded, AwsError>> {
    let mut left = polls;
    std::future::poll_fn(|cx| {
        if left == 0 {
            return std::task::Poll::Ready(None);
        }
        left -= 1;
        upload.poll_unpin(cx).map(Some)
    })
    .await
}

#[tokio::test]
async fn an_object_that_is_replaced_between_parts_is_not_mixed() {
    let cloud = Cloud::start().await;
    let s3 = cloud
        .small_parts()
        .await
        .with_max_concurrency(1)
        .build()
        .unwrap();
    let key = key("replaced");
    let write = |byte: u8| s3.upload(&cloud.bucket, &key, vec![byte; LEN]).send();
    write(1).await.unwrap();
    let mut stream = s3.download(&cloud.bucket, &key).stream().await.unwrap();
    stream.next().await.unwrap().unwrap();
    write(2).await.unwrap();
    let error = loop {
        match stream.next().await.expect("no end without an error") {
            Ok(bytes) => assert!(bytes.iter().all(|byte| *byte == 1)),
            Err(error) => break error,
        }
    };
    assert_eq!(error.status(), Some(412), "{error}");
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn a_source_that_is_not_as_long_as_was_said_uploads_nothing() {
    let cloud = Cloud::start().await;
    let s3 = cloud.by_parts().await;
    for (len, is_longer) in [(6 * MIB - 1, true), (6 * MIB + 1, false), (MIB, true)] {
        let chunks = stream::iter([Ok::<_, String>(Bytes::from(bytes(6 * MIB)))]);
        let source = UploadSource::sized_stream(chunks, len as u64);
        let upload = s3.upload(&cloud.bucket, &key("sized"), source);
        let error = upload.send().await.unwrap_err();
        match error.downcast_ref() {
            Some(TransferError::OtherLength {
                is_longer: told, ..
            }) => {
                assert_eq!(*told, is_longer, "{len}");
            }
            _ => panic!("{error}"),
        }
        let found = s3.find_object(&cloud.bucket, &key("sized")).await;
        assert_eq!(found.unwrap(), None);
        assert_eq!(cloud.unfinished().await, 0);
    }
}

#[tokio::test]
async fn an_upload_is_gone_on_with_by_another_process() {
    let cloud = Cloud::start().await;
    let (s3, key, written) = (cloud.by_parts().await, key("process"), bytes(17 * MIB));
    let options = leeward_s3::PutOptions::new();
    let begun = s3
        .begin_upload(&cloud.bucket, &key, &options)
        .await
        .unwrap();
    let denied = Fault::access_denied().with_calls(4..=4);
    let scope = Scope::any().operation("UploadPart");
    cloud.aws.faults().inject(scope, denied);
    let upload = s3.upload(&cloud.bucket, &key, written.clone());
    upload.continuing(begun.clone()).send().await.unwrap_err();
    let kept = begun.to_string();
    drop(s3);
    cloud.aws.reset_counts();
    // It has nothing but the id, and other settings.
    let afresh = leeward_s3::S3::builder(cloud.pool.caller().await.unwrap());
    let afresh = afresh.with_part_size(8 * MIB).build().unwrap();
    let upload = afresh.upload(&cloud.bucket, &key, written.clone());
    let upload = upload.continuing(leeward_s3::UploadId::new(kept));
    assert_eq!(upload.send().await.unwrap().parts, 4);
    assert!(
        cloud.calls("UploadPart") < 4,
        "what was there was sent again"
    );
    let read = afresh.read(&cloud.bucket, &key, usize::MAX).await.unwrap();
    assert!(read == written);
}

#[tokio::test]
async fn a_shutdown_waits_for_what_was_dropped_and_ends_nothing() {
    let cloud = Cloud::start().await;
    let s3 = cloud.by_parts().await;
    let faults = cloud.aws.faults();
    let uploads = faults.inject(Scope::any().operation("UploadPart"), Fault::black_hole());
    assert!(s3.shutdown().now_or_never().is_some(), "nothing is left");
    for name in ["once", "again"] {
        cloud.aws.reset_counts();
        let aborts = Scope::any().operation("AbortMultipartUpload");
        let aborts = faults.inject(aborts, Fault::black_hole());
        let upload = s3.upload(&cloud.bucket, &key(name), bytes(6 * MIB));
        let mut upload = Box::pin(upload.send());
        while cloud.calls("UploadPart") == 0 {
            assert!((&mut upload).now_or_never().is_none());
            tokio::task::yield_now().await;
        }
        drop(upload);
        // A shutdown that is dropped leaves the rest to the next.
        while cloud.calls("AbortMultipartUpload") == 0 {
            assert!(s3.shutdown().now_or_never().is_none(), "{name}");
            tokio::task::yield_now().await;
        }
        assert_eq!(cloud.unfinished().await, 1, "{name}");
        aborts.clear();
        s3.shutdown().await;
        assert_eq!(cloud.unfinished().await, 0, "{name}");
    }
    uploads.clear();
    let upload = s3.upload(&cloud.bucket, &key("on"), bytes(6 * MIB));
    assert_eq!(upload.send().await.unwrap().parts, 2);
}
