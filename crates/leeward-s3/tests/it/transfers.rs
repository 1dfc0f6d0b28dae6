//! Uploads and downloads by parts.

use crate::cloud::{Cloud, MIB, bytes, key};
use bytes::Bytes;
use futures_util::{FutureExt, stream};
use leeward_s3::{PutOptions, TransferError, UploadSource};
use leeward_testkit::{Fault, Scope};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::SeqCst},
};

const LEN: usize = 17 * MIB;

#[tokio::test]
async fn every_source_goes_up_by_parts_and_comes_down_by_parts() {
    let cloud = Cloud::start().await;
    let s3 = cloud.by_parts().await;
    let written = bytes(LEN);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("source");
    std::fs::write(&path, &written).unwrap();
    let chunks: Vec<_> = written
        .chunks(700_000)
        .map(|chunk| Ok::<_, String>(Bytes::copy_from_slice(chunk)))
        .collect();
    for (name, source) in [
        ("bytes", UploadSource::from(written.clone())),
        ("file", UploadSource::file(&path)),
        ("stream", UploadSource::stream(stream::iter(chunks))),
    ] {
        let done = Arc::new(AtomicU64::new(0));
        let told = Arc::clone(&done);
        let upload = s3.upload(&cloud.bucket, &key(name), source);
        let upload = upload.with_progress(move |progress| told.store(progress.bytes, SeqCst));
        let uploaded = upload.send().await.unwrap();
        assert_eq!((uploaded.size, uploaded.parts), (LEN as u64, 4), "{name}");
        assert_eq!(done.load(SeqCst), LEN as u64);

        let download = s3.download(&cloud.bucket, &key(name));
        let to = folder.path().join("copy");
        download.to_file(&to).await.unwrap();
        assert!(std::fs::read(&to).unwrap() == written, "{name}");
    }
    assert_eq!(cloud.calls("UploadPart"), 12);
    assert_eq!(cloud.calls("GetObject"), 12);
    assert_eq!(cloud.calls("PutObject"), 0);
}

#[tokio::test]
async fn parts_survive_what_passes() {
    let cloud = Cloud::start().await;
    let s3 = cloud.by_parts().await;
    let written = bytes(LEN);
    let faults = cloud.aws.faults();
    for operation in ["UploadPart", "GetObject"] {
        let torn = Fault::reset().with_calls(1..=2);
        faults.inject(Scope::any().operation(operation), torn);
    }
    let upload = s3.upload(&cloud.bucket, &key("parts"), written.clone());
    upload.send().await.unwrap();
    let download = s3.download(&cloud.bucket, &key("parts"));
    let mut stream = download.stream().await.unwrap();
    let mut read = Vec::new();
    while let Some(bytes) = stream.next().await {
        read.extend_from_slice(&bytes.unwrap());
    }
    assert!(read == written);
}

#[tokio::test]
async fn what_fails_is_aborted() {
    let cloud = Cloud::start().await;
    let s3 = cloud.by_parts().await;
    let denied = Fault::access_denied().with_calls(3..=3);
    cloud
        .aws
        .faults()
        .inject(Scope::any().operation("UploadPart"), denied);
    let upload = s3.upload(&cloud.bucket, &key("denied"), bytes(LEN));
    let error = upload.send().await.unwrap_err();
    assert_eq!(error.operation().unwrap().to_string(), "s3.UploadPart");
    assert_eq!(cloud.calls("AbortMultipartUpload"), 1);
    assert!(
        !s3.object_exists(&cloud.bucket, &key("denied"))
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn what_is_still_there_is_aborted_again() {
    let cloud = Cloud::start().await;
    let s3 = cloud.by_parts().await;
    let faults = cloud.aws.faults();
    let denied = Fault::access_denied().with_calls(2..=2);
    faults.inject(Scope::any().operation("UploadPart"), denied);
    // It is said to be gone, and is not.
    let gone = Fault::error(404, "NoSuchUpload", "it is not there").with_calls(1..=1);
    faults.inject(Scope::any().operation("AbortMultipartUpload"), gone);
    let upload = s3.upload(&cloud.bucket, &key("again"), bytes(LEN));
    let error = upload.send().await.unwrap_err();
    assert_eq!(error.code(), Some("AccessDenied"));
    assert_eq!(cloud.calls("AbortMultipartUpload"), 2);
    assert_eq!(cloud.unfinished().await, 0);
}

#[tokio::test]
async fn what_is_dropped_is_aborted() {
    let cloud = Cloud::start().await;
    let s3 = cloud.by_parts().await;
    let swallowed = Fault::black_hole();
    cloud
        .aws
        .faults()
        .inject(Scope::any().operation("UploadPart"), swallowed);
    let mut upload = Box::pin(s3.upload(&cloud.bucket, &key("dropped"), bytes(LEN)).send());
    while cloud.calls("UploadPart") == 0 {
        assert!((&mut upload).now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    drop(upload);
    s3.shutdown().await;
    assert_eq!(cloud.calls("AbortMultipartUpload"), 1);
}

#[tokio::test]
async fn a_source_that_fails_fails_the_upload() {
    let cloud = Cloud::start().await;
    let s3 = cloud.by_parts().await;
    let chunks = [Ok(Bytes::from(bytes(6 * MIB))), Err("the tape tore")];
    let source = UploadSource::stream(stream::iter(chunks));
    let upload = s3.upload(&cloud.bucket, &key("tape"), source);
    let error = upload.send().await.unwrap_err();
    assert!(
        matches!(error.downcast_ref(), Some(TransferError::Source(_))),
        "{error}"
    );
    assert_eq!(cloud.calls("AbortMultipartUpload"), 1);
}

#[tokio::test]
async fn an_upload_is_continued_with_what_is_missing() {
    let cloud = Cloud::start().await;
    let s3 = cloud.by_parts().await;
    let (key, written) = (key("continued"), bytes(LEN));
    let options = PutOptions::new();
    let id = s3
        .begin_upload(&cloud.bucket, &key, &options)
        .await
        .unwrap();
    let upload = || {
        s3.upload(&cloud.bucket, &key, written.clone())
            .continuing(id.clone())
    };
    let denied = Fault::access_denied().with_calls(4..=4);
    cloud
        .aws
        .faults()
        .inject(Scope::any().operation("UploadPart"), denied);
    upload().send().await.unwrap_err();
    assert_eq!(cloud.calls("AbortMultipartUpload"), 0);
    let uploaded = upload().send().await.unwrap();
    assert_eq!((uploaded.size, uploaded.parts), (LEN as u64, 4));
    let read = s3.read(&cloud.bucket, &key, usize::MAX).await.unwrap();
    assert!(read == written);
}

#[tokio::test]
async fn a_folder_is_refused_before_anything_is_asked_for() {
    let cloud = Cloud::start().await;
    let (s3, key) = (cloud.s3().await, key("folder"));
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path(), "/".as_ref(), "..".as_ref(), "".as_ref()] {
        let download = s3.download(&cloud.bucket, &key).to_file(path);
        let error = download.await.unwrap_err();
        let told = error.downcast_ref::<TransferError>();
        assert!(matches!(told, Some(TransferError::File { .. })), "{error}");
    }
    assert_eq!(cloud.calls("HeadObject"), 0);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_takes_the_place_of_a_file_only() {
    use std::{
        os::unix::fs::{FileTypeExt, symlink},
        path::Path,
    };
    let cloud = Cloud::start().await;
    let (s3, key) = (cloud.s3().await, key("small"));
    let options = PutOptions::new();
    let put = s3.put(&cloud.bucket, &key, "new", &options);
    put.await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let download = |path: &Path| s3.download(&cloud.bucket, &key).to_file(path.to_owned());
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let nowhere = folder.path().join("nowhere");
    symlink(folder.path().join("absent"), &nowhere).unwrap();
    for path in [&*pipe, Path::new("/dev/null"), &nowhere] {
        let error = download(path).await.unwrap_err();
        let told = error.downcast_ref::<TransferError>();
        assert!(matches!(told, Some(TransferError::File { .. })), "{error}");
    }
    assert!(pipe.metadata().unwrap().file_type().is_fifo());
    let (real, link) = (folder.path().join("real"), folder.path().join("link"));
    std::fs::write(&real, "old").unwrap();
    symlink(&real, &link).unwrap();
    download(&link).await.unwrap();
    assert!(link.is_symlink());
    assert_eq!(std::fs::read(&real).unwrap(), b"new");
    let long = folder.path().join("l".repeat(255));
    download(&long).await.unwrap();
    assert_eq!(std::fs::read(&long).unwrap(), b"new");
    // Nothing else is left.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 5);
}

#[tokio::test]
async fn a_file_is_gone_on_with() {
    let cloud = Cloud::start().await;
    let s3 = cloud.builder().await;
    let s3 = s3
        .with_part_size(5 * MIB)
        .with_max_resumes(0)
        .with_max_concurrency(1)
        .build()
        .unwrap();
    let (key, written) = (key("file"), bytes(LEN));
    let upload = s3.upload(&cloud.bucket, &key, written.clone());
    upload.send().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy");
    let torn = Fault::reset().with_calls(3..=3);
    cloud
        .aws
        .faults()
        .inject(Scope::any().operation("GetObject"), torn);
    let error = s3
        .download(&cloud.bucket, &key)
        .to_file(&path)
        .await
        .unwrap_err();
    assert!(
        matches!(error.downcast_ref(), Some(TransferError::Torn { .. })),
        "{error}"
    );
    assert!(!path.exists());
    s3.download(&cloud.bucket, &key)
        .to_file(&path)
        .await
        .unwrap();
    assert!(std::fs::read(&path).unwrap() == written);
    // Two parts and a torn one, then only two.
    assert_eq!(cloud.calls("GetObject"), 5);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
