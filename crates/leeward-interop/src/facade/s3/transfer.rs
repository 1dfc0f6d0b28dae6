use super::{super::site::Site, bucket};
use crate::ministack::{Case, Lacking, Trouble, same};
use leeward_error_taxonomy::AwsError;
use leeward_s3::{PutOptions, UploadSource};
use std::{io::Write, path::Path};

const MIB: usize = 1 << 20;

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![
        Case::gap("S3 takes 300 MB by parts and gives them back", |site| {
            Box::pin(large(site))
        }),
        Case::gap("S3 goes on with an upload that was begun", |site| {
            Box::pin(continued(site))
        }),
        Case::new("S3 lists and aborts unfinished uploads", |site| {
            Box::pin(aborted(site))
        }),
    ]
}

/// A MiB that differs from every other one.
fn block(number: usize) -> Vec<u8> {
    let words = (0_u32..).map(|n| n.wrapping_mul(2_654_435_761) ^ number as u32);
    words.flat_map(u32::to_be_bytes).take(MIB).collect()
}

fn write(path: &Path, blocks: usize) -> std::io::Result<()> {
    let mut file = std::fs::File::create(path)?;
    (0..blocks).try_for_each(|number| file.write_all(&block(number)))
}

async fn large(site: &Site) -> Result<(), Trouble> {
    let (s3, bucket) = bucket(site, "large-objects").await?;
    let folder = tempfile::tempdir()?;
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    write(&from, 300)?;
    let key = "large".parse()?;
    let upload = s3.upload(&bucket, &key, UploadSource::file(&from));
    let uploaded = upload.send().await.map_err(lacking)?;
    same("parts", (uploaded.size, uploaded.parts), (300 << 20, 38))?;
    let object = s3.download(&bucket, &key).to_file(&to).await?;
    same("ETag", object.etag, uploaded.etag)?;
    let is_same = std::fs::read(&from)? == std::fs::read(&to)?;
    same("is the same", is_same, true)
}

/// It holds the checksum of a whole object to the request that completes an upload, and not to the object.
fn lacking(error: AwsError) -> Trouble {
    match error.code() {
        Some("BadDigest") => {
            Lacking("it takes the checksum of an object for that of a request").into()
        }
        _ => error.into(),
    }
}

async fn continued(site: &Site) -> Result<(), Trouble> {
    let (s3, bucket) = bucket(site, "continued-uploads").await?;
    let key = "continued".parse()?;
    let bytes: Vec<u8> = (0..20).flat_map(block).collect();
    let id = s3.begin_upload(&bucket, &key, &PutOptions::new()).await?;
    let upload = || {
        s3.upload(&bucket, &key, bytes.clone())
            .continuing(id.clone())
    };
    let client = s3.caller().client();
    client
        .upload_part()
        .bucket(bucket.as_str())
        .key(key.as_str())
        .upload_id(id.as_str())
        .part_number(2)
        .body(bytes[8 * MIB..16 * MIB].to_vec().into())
        .send()
        .await?;
    let uploaded = upload().send().await.map_err(lacking)?;
    same("parts", (uploaded.size, uploaded.parts), (20 << 20, 3))?;
    let read = s3.read(&bucket, &key, usize::MAX).await?;
    same("is the same", read == bytes, true)
}

async fn aborted(site: &Site) -> Result<(), Trouble> {
    let (s3, bucket) = bucket(site, "aborted-uploads").await?;
    let key = "aborted".parse()?;
    let id = s3.begin_upload(&bucket, &key, &PutOptions::new()).await?;
    let listed = s3.unfinished_uploads(&bucket, "").collect_up_to(10).await?;
    let ids: Vec<_> = listed.items.iter().map(|upload| &upload.id).collect();
    same("unfinished", ids, [&id])?;
    for _ in 0..2 {
        s3.abort_upload(&bucket, &key, &id).await?;
    }
    let listed = s3.unfinished_uploads(&bucket, "").collect_up_to(10).await?;
    same("left", listed.items, [])
}
