//! Keys as people have them, and bodies of every size that is an edge.

use crate::cloud::{Cloud, EAST, MIB, bytes, key};
use leeward_error_taxonomy::Category;
use leeward_s3::{Download, PutOptions, Undeleted, UploadSource};
use leeward_testkit::{Fault, Scope};

/// With what URLs, XML and headers write in another way.
const ODD: [&str; 8] = [
    "a b",
    "ü/日本/🗝",
    "a+b=c&d?e#f%",
    "//double//slash//",
    "<xml>&amp;\"'",
    "trailing/",
    "back\\slash",
    "a.b/../c",
];

#[tokio::test]
async fn every_key_is_written_read_listed_copied_and_deleted() {
    let cloud = Cloud::start().await;
    let (s3, options) = (cloud.by_parts().await, PutOptions::new());
    let mut keys = ODD.map(key);
    for key in &keys {
        let body = format!("the object {key}");
        s3.put(&cloud.bucket, key, body.clone(), &options)
            .await
            .unwrap();
        let read = s3.read(&cloud.bucket, key, 1_000).await.unwrap();
        assert_eq!(read, body, "{key}");
        let copy = crate::cloud::key("copy");
        let (from, to) = ((&cloud.bucket, key), (&cloud.bucket, &copy));
        s3.copy(from, to, &options).await.unwrap();
        assert_eq!(s3.read(to.0, to.1, 1_000).await.unwrap(), body, "{key}");
        let copied = s3.copy_by_parts(from, to).send().await;
        assert_eq!(copied.unwrap().parts, 1, "{key}");
        s3.delete(to.0, to.1).await.unwrap();
    }
    let listed = s3.list(&cloud.bucket, "").collect_up_to(100).await.unwrap();
    let mut listed: Vec<_> = listed.items.into_iter().map(|object| object.key).collect();
    // The emulator lists in another order than by bytes of UTF-8 what it takes for Latin-1.
    listed.sort();
    keys.sort();
    assert_eq!(listed, keys.each_ref().map(|key| key.as_str()));
    assert_eq!(s3.delete_all(&cloud.bucket, &keys).await.unwrap(), []);
    let left = s3.list(&cloud.bucket, "").collect_up_to(1).await.unwrap();
    assert_eq!(left.items, []);
}

#[tokio::test]
async fn what_is_still_to_be_deleted_is_told() {
    let cloud = Cloud::start().await;
    let s3 = cloud.s3().await;
    let keys: Vec<_> = (0..1_500).map(|n| key(&format!("{n}"))).collect();
    let options = PutOptions::new();
    for name in [0, 999, 1_000, 1_499] {
        let put = s3.put(&cloud.bucket, &keys[name], "x", &options);
        put.await.unwrap();
    }
    let denied = Fault::access_denied().with_calls(2..=2);
    let scope = Scope::any().operation("DeleteObjects");
    cloud.aws.faults().inject(scope, denied);
    let error = s3.delete_all(&cloud.bucket, &keys).await.unwrap_err();
    assert_eq!(error.category(), Category::Authorization);
    assert_eq!(error.operation().unwrap().to_string(), "s3.DeleteObjects");
    assert_eq!((error.region(), error.attempts()), (Some(&EAST), Some(1)));
    let undeleted = error.downcast_ref::<Undeleted>().unwrap();
    assert_eq!(undeleted.left(), []);
    assert_eq!(undeleted.rest(), &keys[1_000..]);
    let again = s3.delete_all(&cloud.bucket, undeleted.rest()).await;
    assert_eq!(again.unwrap(), []);
    let left = s3.list(&cloud.bucket, "").collect_up_to(1).await.unwrap();
    assert_eq!(left.items, []);
}

#[tokio::test]
async fn an_upload_has_a_key_as_people_have_them() {
    let cloud = Cloud::start().await;
    let s3 = cloud.by_parts().await;
    for name in &ODD[..4] {
        let upload = s3.upload(&cloud.bucket, &key(name), bytes(5 * MIB + 1));
        assert_eq!(upload.send().await.unwrap().parts, 2, "{name}");
        let found = s3.describe_object(&cloud.bucket, &key(name)).await.unwrap();
        assert_eq!(found.size, 5 * (1 << 20) + 1, "{name}");
    }
    assert_eq!(cloud.unfinished().await, 0);
}

#[tokio::test]
async fn every_size_goes_up_and_comes_down() {
    let cloud = Cloud::start().await;
    let s3 = cloud.by_parts().await;
    let folder = tempfile::tempdir().unwrap();
    for (len, parts) in [
        (0, 0),
        (1, 0),
        (5 * MIB - 1, 0),
        (5 * MIB, 0),
        (5 * MIB + 1, 2),
        (10 * MIB, 2),
    ] {
        let (key, written) = (key("sized"), bytes(len));
        let upload = s3.upload(&cloud.bucket, &key, written.clone());
        let uploaded = upload.send().await.unwrap();
        assert_eq!((uploaded.size, uploaded.parts), (len as u64, parts));
        assert!(s3.read(&cloud.bucket, &key, len).await.unwrap() == written);
        assert!(collected(s3.download(&cloud.bucket, &key)).await == written);
        let to = folder.path().join("copy");
        s3.download(&cloud.bucket, &key).to_file(&to).await.unwrap();
        assert!(std::fs::read(&to).unwrap() == written, "{len}");
    }
}

#[tokio::test]
async fn an_upload_that_was_begun_may_be_of_nothing_or_of_one_part() {
    let cloud = Cloud::start().await;
    let (s3, options) = (cloud.by_parts().await, PutOptions::new());
    for len in [0, 5, 5 * MIB] {
        let (key, written) = (key("begun"), bytes(len));
        let id = s3
            .begin_upload(&cloud.bucket, &key, &options)
            .await
            .unwrap();
        let source = UploadSource::from(written.clone());
        let upload = s3.upload(&cloud.bucket, &key, source).continuing(id);
        let uploaded = upload.send().await.unwrap();
        assert_eq!((uploaded.size, uploaded.parts), (len as u64, 1));
        assert!(s3.read(&cloud.bucket, &key, len).await.unwrap() == written);
    }
}

async fn collected(download: Download) -> Vec<u8> {
    let mut stream = download.stream().await.unwrap();
    let mut read = Vec::new();
    while let Some(bytes) = stream.next().await {
        read.extend_from_slice(&bytes.unwrap());
    }
    read
}
