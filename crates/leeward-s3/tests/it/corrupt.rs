//! What comes is not what was uploaded: by a store of a few lines, since the emulator keeps what it has whole.

use crate::cloud::{MIB, bytes, caller_at, key};
use bytes::Bytes;
use leeward_s3::{BucketName, Download, S3, TransferError};
use leeward_testkit::stand_in::{Answer, Request, StandIn};
use std::fs;

/// In two parts.
const SIZE: usize = 6 * MIB;

/// A store of one object, which tells the CRC-64/NVME of another.
async fn store() -> (S3, StandIn) {
    let object = Bytes::from(bytes(SIZE));
    let stand_in = StandIn::start(move |request| {
        // As S3 does: of a range it tells no checksum.
        let answer = match range(request) {
            Some((first, last)) => Answer::new(206, object.slice(first..=last))
                .with_header("content-range", &format!("bytes {first}-{last}/{SIZE}")),
            None => Answer::new(200, object.clone())
                .with_header("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=")
                .with_header("x-amz-checksum-type", "FULL_OBJECT"),
        };
        answer.with_header("etag", "\"of-all\"")
    });
    let stand_in = stand_in.await.unwrap();
    let s3 = S3::builder(caller_at(stand_in.endpoint()).await);
    (s3.with_part_size(5 * MIB).build().unwrap(), stand_in)
}

fn range(request: &Request) -> Option<(usize, usize)> {
    let range = request.headers().get("range")?.to_str().unwrap();
    let (first, last) = range
        .strip_prefix("bytes=")
        .unwrap()
        .split_once('-')
        .unwrap();
    Some((first.parse().unwrap(), last.parse().unwrap()))
}

fn download(s3: &S3) -> Download {
    let bucket: BucketName = "orders".parse().unwrap();
    s3.download(&bucket, &key("all"))
}

#[tokio::test]
async fn what_is_not_what_was_uploaded_fails_at_its_end() {
    let (s3, _store) = store().await;
    let mut stream = download(&s3).stream().await.unwrap();
    let mut came = 0;
    let error = loop {
        match stream.next().await.expect("an end") {
            Ok(bytes) => came += bytes.len(),
            Err(error) => break error,
        }
    };
    assert_eq!(came, SIZE);
    assert!(is_corrupt(error.downcast_ref()), "{error}");
    assert!(stream.next().await.is_none());
    let folder = tempfile::tempdir().unwrap();
    let to_file = download(&s3).to_file(folder.path().join("all"));
    let error = to_file.await.unwrap_err();
    assert!(is_corrupt(error.downcast_ref()), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn nothing_is_compared_for_who_says_so() {
    let (s3, store) = store().await;
    let folder = tempfile::tempdir().unwrap();
    let (path, expected) = (folder.path().join("all"), bytes(SIZE));
    // What is there of it already is taken as it is.
    fs::write(folder.path().join("all.ofall.part"), &expected[..5 * MIB]).unwrap();
    let details = download(&s3).without_checksum().to_file(&path).await;
    assert_eq!(details.unwrap().size, SIZE as u64);
    assert!(fs::read(&path).unwrap() == expected);
    let requests = store.requests();
    let ranges: Vec<_> = requests.iter().filter_map(range).collect();
    assert_eq!(ranges, [(5 * MIB, SIZE - 1)]);
}

fn is_corrupt(error: Option<&TransferError>) -> bool {
    matches!(
        error,
        Some(TransferError::Corrupt {
            algorithm: "CRC64NVME"
        })
    )
}
