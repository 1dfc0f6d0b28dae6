//! Objects that are encrypted here, on their way.

use crate::cloud::{Cloud, MIB, bytes, key};
use bytes::Bytes;
use futures_util::{Stream, stream};
use leeward_envelope::{Decryptor, EncryptionContext, Encryptor, RawAesKeyring};
use leeward_error_taxonomy::AwsError;
use leeward_s3::{PutOptions, S3, TransferError, UploadSource};
use leeward_testkit::{Fault, Scope};

const LEN: usize = 6 * MIB;

fn keyring() -> RawAesKeyring {
    RawAesKeyring::new("tests", "1", &[7; 32]).unwrap()
}

fn encryptor() -> Encryptor {
    // Without a signature, so that a stream gives what it has verified.
    let suite = leeward_envelope::AlgorithmSuite::Aes256GcmHkdfSha512Commit;
    Encryptor::builder(keyring())
        .with_suite(suite)
        .build()
        .unwrap()
}

fn decryptor() -> Decryptor {
    Decryptor::builder(keyring()).build().unwrap()
}

fn context(name: &str) -> EncryptionContext {
    EncryptionContext::new([("object", name)]).unwrap()
}

async fn opened(
    s3: &S3,
    cloud: &Cloud,
    name: &str,
    context: &EncryptionContext,
) -> Result<Vec<u8>, AwsError> {
    let download = s3.download(&cloud.bucket, &key(name));
    let mut stream = download.open_sealed(&decryptor(), context).await?;
    let mut plaintext = Vec::new();
    while let Some(bytes) = stream.next().await {
        plaintext.extend_from_slice(&bytes?);
    }
    assert_eq!(stream.authenticated().unwrap().context(), context);
    Ok(plaintext)
}

/// A stream that panics if it is asked behind its end, as streams may.
fn once_only<T: Send + 'static>(items: Vec<T>) -> impl Stream<Item = T> + Send {
    stream::unfold(items.into_iter(), async |mut items| {
        Some((items.next()?, items))
    })
}

#[tokio::test]
async fn every_source_is_sealed_on_its_way_and_opened_on_its_way() {
    let cloud = Cloud::start().await;
    let (s3, context, encryptor) = (cloud.by_parts().await, context("o"), encryptor());
    for len in [0, 1, LEN] {
        let written = bytes(len);
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
            ("stream", UploadSource::stream(stream::iter(chunks.clone()))),
            ("once", UploadSource::stream(once_only(chunks))),
        ] {
            let upload = s3
                .upload_sealed(&cloud.bucket, &key(name), source, &encryptor, &context)
                .await;
            let uploaded = upload.unwrap().send().await.unwrap();
            assert!(uploaded.size > len as u64);
            let read = opened(&s3, &cloud, name, &context).await.unwrap();
            assert!(read == written, "{name} {len}");
        }
    }
    let other = opened(&s3, &cloud, "file", &self::context("other"))
        .await
        .unwrap_err();
    assert!(
        matches!(other.downcast_ref(), Some(TransferError::Open(_))),
        "{other}"
    );
    // Both kinds of sealed objects are read in both ways.
    let decryptor = decryptor();
    let whole = s3
        .read_sealed(&cloud.bucket, &key("bytes"), 1 << 30, &decryptor, &context)
        .await;
    assert!(whole.unwrap().plaintext() == bytes(LEN));
}

#[tokio::test]
async fn a_stream_that_is_longer_than_nothing_is_not_sealed_as_nothing() {
    let cloud = Cloud::start().await;
    let (s3, context, encryptor) = (cloud.s3().await, context("o"), encryptor());
    let chunks = stream::iter([Ok::<_, String>(Bytes::from_static(b"there"))]);
    let source = UploadSource::sized_stream(chunks, 0);
    let zero = key("zero");
    let upload = s3.upload_sealed(&cloud.bucket, &zero, source, &encryptor, &context);
    let error = upload.await.unwrap().send().await.unwrap_err();
    let told = error.downcast_ref::<TransferError>();
    let is_longer = |told: &TransferError| {
        let TransferError::OtherLength { len, is_longer } = told else {
            return false;
        };
        *len == 0 && *is_longer
    };
    assert!(told.is_some_and(is_longer), "{error}");
    assert!(!s3.object_exists(&cloud.bucket, &zero).await.unwrap());
}

#[tokio::test]
async fn a_sealed_object_survives_torn_connections() {
    let cloud = Cloud::start().await;
    let (s3, context) = (cloud.by_parts().await, context("o"));
    for operation in ["UploadPart", "GetObject"] {
        let torn = Fault::reset().with_calls(1..=2);
        cloud
            .aws
            .faults()
            .inject(Scope::any().operation(operation), torn);
    }
    let encryptor = encryptor();
    let upload = s3
        .upload_sealed(
            &cloud.bucket,
            &key("torn"),
            bytes(LEN),
            &encryptor,
            &context,
        )
        .await;
    upload.unwrap().send().await.unwrap();
    let read = opened(&s3, &cloud, "torn", &context).await.unwrap();
    assert!(read == bytes(LEN));
}

#[tokio::test]
async fn what_was_changed_is_not_given() {
    let cloud = Cloud::start().await;
    let (s3, context, key) = (cloud.by_parts().await, context("o"), key("changed"));
    let options = PutOptions::new();
    let encryptor = encryptor();
    s3.put_sealed(
        &cloud.bucket,
        &key,
        &bytes(100_000),
        &encryptor,
        &context,
        &options,
    )
    .await
    .unwrap();
    let mut message = s3
        .read(&cloud.bucket, &key, usize::MAX)
        .await
        .unwrap()
        .to_vec();
    let at = message.len() - 2_000;
    message[at] ^= 1;
    s3.put(&cloud.bucket, &key, message.clone(), &options)
        .await
        .unwrap();
    let download = s3.download(&cloud.bucket, &key);
    let decryptor = decryptor();
    let mut stream = download.open_sealed(&decryptor, &context).await.unwrap();
    let mut given = Vec::new();
    let error = loop {
        match stream.next().await.expect("no clean end") {
            Ok(bytes) => given.extend_from_slice(&bytes),
            Err(error) => break error,
        }
    };
    assert!(
        matches!(error.downcast_ref(), Some(TransferError::Open(_))),
        "{error}"
    );
    assert!(given.len() < 100_000 && bytes(100_000).starts_with(&given));
    assert!(stream.next().await.is_none());
    assert!(stream.authenticated().is_none());
    message.truncate(at);
    s3.put(&cloud.bucket, &key, message, &options)
        .await
        .unwrap();
    let cut = opened(&s3, &cloud, "changed", &context).await.unwrap_err();
    assert!(
        matches!(cut.downcast_ref(), Some(TransferError::Open(_))),
        "{cut}"
    );
}

#[tokio::test]
async fn a_version_of_a_sealed_object_is_opened() {
    let cloud = Cloud::start().await;
    cloud.keep_versions().await;
    let (s3, context, key) = (cloud.by_parts().await, context("o"), key("versions"));
    let (encryptor, options) = (encryptor(), PutOptions::new());
    let seal = |text: &'static [u8]| {
        s3.put_sealed(&cloud.bucket, &key, text, &encryptor, &context, &options)
    };
    let before = seal(b"before").await.unwrap().version_id.unwrap();
    seal(b"after").await.unwrap();
    let download = s3.download(&cloud.bucket, &key).with_version(&before);
    let decryptor = decryptor();
    let mut stream = download.open_sealed(&decryptor, &context).await.unwrap();
    assert_eq!(stream.details().version_id, Some(before));
    let mut plaintext = Vec::new();
    while let Some(bytes) = stream.next().await {
        plaintext.extend_from_slice(&bytes.unwrap());
    }
    assert_eq!(plaintext, b"before");
    let now = opened(&s3, &cloud, "versions", &context).await.unwrap();
    assert_eq!(now, b"after");
}

#[tokio::test]
async fn a_sealed_upload_that_fails_leaves_nothing() {
    let cloud = Cloud::start().await;
    let s3 = cloud.by_parts().await;
    let chunks = [Ok(Bytes::from(bytes(6 * MIB))), Err("the tape tore")];
    let source = UploadSource::stream(stream::iter(chunks));
    let (encryptor, context) = (encryptor(), context("o"));
    let upload = s3
        .upload_sealed(&cloud.bucket, &key("tape"), source, &encryptor, &context)
        .await;
    let error = upload.unwrap().send().await.unwrap_err();
    assert!(
        matches!(error.downcast_ref(), Some(TransferError::Source(_))),
        "{error}"
    );
    assert!(!s3.object_exists(&cloud.bucket, &key("tape")).await.unwrap());
    assert_eq!(cloud.unfinished().await, 0);
}
