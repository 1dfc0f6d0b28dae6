use super::{super::site::Site, bucket_of_parts, bytes};
use crate::ministack::{Case, Trouble, same};
use leeward_envelope::{AlgorithmSuite, Decryptor, EncryptionContext, Encryptor, RawAesKeyring};

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![Case::new(
        "S3 seals 20 MB on the way there and opens them on the way back",
        |site| Box::pin(streamed(site)),
    )]
}

async fn streamed(site: &Site) -> Result<(), Trouble> {
    let (s3, bucket) = bucket_of_parts(site, "sealed-streams").await?;
    let keyring = || RawAesKeyring::new("interop", "1", &[7; 32]);
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512Commit;
    let encryptor = Encryptor::builder(keyring()?).with_suite(suite).build()?;
    let decryptor = Decryptor::builder(keyring()?).build()?;
    let key = "sealed".parse()?;
    let context = EncryptionContext::new([("object", "sealed")])?;
    let bytes = bytes(20);
    let upload = s3.upload_sealed(&bucket, &key, bytes.clone(), &encryptor, &context);
    let uploaded = upload.await?.send().await?;
    same("parts", uploaded.parts, 3)?;
    let kept = s3.read(&bucket, &key, usize::MAX).await?;
    same(
        "is longer than its plaintext",
        kept.len() > bytes.len(),
        true,
    )?;
    let shows = kept
        .windows(300)
        .any(|window| window == &bytes[1_000..1_300]);
    same("the plaintext is in the bucket", shows, false)?;
    let download = s3.download(&bucket, &key);
    let mut stream = download.open_sealed(&decryptor, &context).await?;
    let mut opened = Vec::new();
    while let Some(bytes) = stream.next().await {
        opened.extend_from_slice(&bytes?);
    }
    same("is the same", opened == bytes, true)?;
    let other = EncryptionContext::new([("object", "other")])?;
    let download = s3.download(&bucket, &key);
    let opened = download.open_sealed(&decryptor, &other).await;
    same("opens under another name", opened.is_ok(), false)
}
