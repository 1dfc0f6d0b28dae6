use super::{super::site::Site, bucket, bytes};
use crate::ministack::{Case, Trouble, same};
use leeward_envelope::{Decryptor, EncryptionContext, Encryptor, RawAesKeyring};
use leeward_s3::{Encryption, FolderEntry, ObjectKey, PutOptions};

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![
        Case::new("S3 puts, reads, describes and deletes an object", |site| {
            Box::pin(small(site))
        }),
        Case::new("S3 reads a part of an object", |site| Box::pin(part(site))),
        Case::new("S3 writes only if there is nothing", |site| {
            Box::pin(absent(site))
        }),
        Case::new("S3 lists and deletes 2500 objects", |site| {
            Box::pin(many(site))
        }),
        Case::new(
            "S3 keeps a sealed object and nobody reads it there",
            |site| Box::pin(sealed(site)),
        ),
        Case::new("S3 tells by which KMS key an object is encrypted", |site| {
            Box::pin(encrypted(site))
        }),
        Case::new("S3 takes keys as people have them", |site| {
            Box::pin(odd(site))
        }),
    ]
}

async fn small(site: &Site) -> Result<(), Trouble> {
    let (s3, bucket) = bucket(site, "small-objects").await?;
    let key = "2026/11/22.json".parse()?;
    let options = PutOptions::new()
        .with_content_type("application/json")
        .with_metadata("origin", "import");
    let put = s3.put(&bucket, &key, "[1]", &options).await?;
    let found = s3.describe_object(&bucket, &key).await?;
    same("size", found.size, 3)?;
    same("ETag", &found.etag, &put.etag)?;
    same(
        "media type",
        found.content_type.as_deref(),
        Some("application/json"),
    )?;
    let origin = found.metadata.get("origin").map(String::as_str);
    same("metadata", origin, Some("import"))?;
    same("content", s3.read(&bucket, &key, 3).await?, "[1]")?;
    let again = s3.find_object(&bucket, &key).await?;
    let again = again.map(|object| (object.size, object.etag));
    same("found", again, Some((3, put.etag)))?;
    s3.delete(&bucket, &key).await?;
    let gone = s3.find_object(&bucket, &key).await?;
    same("found", gone.is_none(), true)?;
    same("is there", s3.object_exists(&bucket, &key).await?, false)?;
    match s3.open(&bucket, &key).await {
        Ok(_) => Err("a deleted object is open".into()),
        Err(error) => same("code", error.code(), Some("NoSuchKey")),
    }
}

async fn part(site: &Site) -> Result<(), Trouble> {
    let (s3, bucket) = bucket(site, "parts-of-objects").await?;
    let (key, content) = ("part".parse()?, bytes(1));
    let options = PutOptions::new();
    let put = s3.put(&bucket, &key, content.clone(), &options).await?;
    let read = s3.read_range(&bucket, &key, 1_000..300_000).await?;
    same("is the part", read == content[1_000..300_000], true)?;
    let opened = s3.open_range(&bucket, &key, 1_000_000..u64::MAX).await?;
    let details = (opened.details.size, opened.details.etag);
    same("the whole", details, (1 << 20, put.etag))?;
    let end = s3.read_range(&bucket, &key, 1_000_000..u64::MAX).await?;
    same("is the end", end == content[1_000_000..], true)?;
    match s3.open_range(&bucket, &key, 2 << 20..3 << 20).await {
        Ok(_) => Err("there is nothing".into()),
        Err(error) => same("code", error.code(), Some("InvalidRange")),
    }
}

async fn absent(site: &Site) -> Result<(), Trouble> {
    let (s3, bucket) = bucket(site, "only-if-absent").await?;
    let key = "lock".parse()?;
    let options = PutOptions::new().only_if_absent();
    s3.put(&bucket, &key, "mine", &options).await?;
    match s3.put(&bucket, &key, "yours", &options).await {
        Ok(_) => Err("it was written over".into()),
        Err(error) => same("code", error.code(), Some("PreconditionFailed")),
    }
}

async fn many(site: &Site) -> Result<(), Trouble> {
    let (s3, bucket) = bucket(site, "many-objects").await?;
    let keys = (0..2_500).map(|n| format!("{}/{n:04}", n % 5).parse());
    let mut keys = keys.collect::<Result<Vec<ObjectKey>, _>>()?;
    for key in &keys {
        s3.put(&bucket, key, "x", &PutOptions::new()).await?;
    }
    keys.sort();
    let listed = s3.list(&bucket, "").collect_up_to(10_000).await?;
    let listed: Vec<_> = listed.items.iter().map(|object| &*object.key).collect();
    let written: Vec<_> = keys.iter().map(ObjectKey::as_str).collect();
    same("is all listed in order", listed == written, true)?;
    let some = s3.list(&bucket, "3/").collect_up_to(100).await?;
    same("bound", (some.items.len(), some.has_more), (100, true))?;
    let folders = s3.list_folder(&bucket, "", "/").collect_up_to(100).await?;
    let expected = ["0/", "1/", "2/", "3/", "4/"].map(|name| FolderEntry::Prefix(name.to_owned()));
    same("folders", folders.items, expected)?;
    same("not deleted", s3.delete_all(&bucket, &keys).await?, [])?;
    let left = s3.list(&bucket, "").collect_up_to(1).await?;
    same("left", left.items, [])
}

async fn sealed(site: &Site) -> Result<(), Trouble> {
    let (s3, bucket) = bucket(site, "sealed-objects").await?;
    let keyring = || RawAesKeyring::new("interop", "1", &[7; 32]);
    let encryptor = Encryptor::builder(keyring()?).build()?;
    let decryptor = Decryptor::builder(keyring()?).build()?;
    let key = "secret".parse()?;
    let context = EncryptionContext::new([("object", "secret")])?;
    s3.put_sealed(
        &bucket,
        &key,
        b"at dawn",
        &encryptor,
        &context,
        &PutOptions::new(),
    )
    .await?;
    let kept = s3.read(&bucket, &key, 10_000).await?;
    let shows = kept.windows(7).any(|window| window == b"at dawn");
    same("the plaintext is in the bucket", shows, false)?;
    let opened = s3
        .read_sealed(&bucket, &key, 10_000, &decryptor, &context)
        .await?;
    same("plaintext", opened.plaintext(), b"at dawn")?;
    let other = EncryptionContext::new([("object", "other")])?;
    let opened = s3
        .read_sealed(&bucket, &key, 10_000, &decryptor, &other)
        .await;
    same("opens under another name", opened.is_ok(), false)
}

async fn encrypted(site: &Site) -> Result<(), Trouble> {
    let (s3, bucket) = bucket(site, "encrypted-objects").await?;
    let key = "secret".parse()?;
    let options = PutOptions::new().with_encryption(Encryption::kms("alias/aws/s3"));
    s3.put(&bucket, &key, "content", &options).await?;
    let found = s3.describe_object(&bucket, &key).await?;
    match found.encryption {
        Some(Encryption::Kms { key_id, .. }) => same("names a key", key_id.is_some(), true),
        other => Err(format!("encryption: {other:?}").into()),
    }
}

async fn odd(site: &Site) -> Result<(), Trouble> {
    let (s3, bucket) = bucket(site, "odd-keys").await?;
    let keys = [
        "a b",
        "ü/日本",
        "a+b=c&d?e#f%",
        "<x>&amp;\"'",
        "trailing/",
        "a%2Fb",
    ];
    let mut keys = keys
        .iter()
        .map(|key| key.parse())
        .collect::<Result<Vec<ObjectKey>, _>>()?;
    for key in &keys {
        s3.put(&bucket, key, key.as_str().to_owned(), &PutOptions::new())
            .await?;
        let read = s3.read(&bucket, key, 100).await?;
        same("content", read, key.as_str())?;
    }
    keys.sort();
    let listed = s3.list(&bucket, "").collect_up_to(100).await?;
    let listed: Vec<_> = listed.items.iter().map(|object| &*object.key).collect();
    let written: Vec<_> = keys.iter().map(ObjectKey::as_str).collect();
    same("listed", listed, written)?;
    same("not deleted", s3.delete_all(&bucket, &keys).await?, [])?;
    let left = s3.list(&bucket, "").collect_up_to(1).await?;
    same("left", left.items, [])
}
