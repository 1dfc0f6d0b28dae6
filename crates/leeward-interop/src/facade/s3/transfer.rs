use super::{super::site::Site, MIB, block, bucket, bucket_of_parts, bytes, of_parts};
use crate::ministack::{Case, Lacking, Trouble, same};
use aws_lc_rs::digest::{Context, SHA256};
use leeward_error_taxonomy::AwsError;
use leeward_s3::{BucketName, Checksum, PutOptions, S3, UploadSource};
use leeward_testkit::{Aws, Fault, Scope};
use std::{
    io::{Read, Write},
    path::Path,
    sync::Arc,
};
use tokio::{sync::Notify, task::spawn_blocking};

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![
        Case::new(
            "S3 takes 300 MB by parts through resets and throttling and gives them back",
            |site| Box::pin(large(site)),
        ),
        Case::new("S3 leaves nothing of an upload that fails", |site| {
            Box::pin(failed(site))
        }),
        Case::new("S3 leaves nothing of an upload that was dropped", |site| {
            Box::pin(dropped(site))
        }),
        Case::new("S3 goes on with an upload that was begun", |site| {
            Box::pin(continued(site))
        }),
        Case::gap(
            "S3 compares an upload with a checksum of the whole",
            |site| Box::pin(compared(site)),
        ),
        Case::new("S3 uploads by parts without checksums", |site| {
            Box::pin(bare(site))
        }),
        Case::new("S3 lists and aborts unfinished uploads", |site| {
            Box::pin(aborted(site))
        }),
    ]
}

/// Beside the other cases, which share a thread.
async fn write(path: &Path, blocks: usize) -> Result<(), Trouble> {
    let path = path.to_owned();
    let write = spawn_blocking(move || {
        let mut file = std::fs::File::create(path)?;
        (0..blocks).try_for_each(|number| file.write_all(&block(number)))
    });
    Ok(write.await??)
}

/// Lets calls of an operation fail: these of them.
fn strike(aws: &Aws, operation: &str, faults: impl IntoIterator<Item = (Fault, u64)>) {
    for (fault, call) in faults {
        let scope = Scope::any().operation(operation);
        aws.faults().inject(scope, fault.with_calls(call..=call));
    }
}

async fn large(site: &Site) -> Result<(), Trouble> {
    let (_, bucket) = bucket_of_parts(site, "large-objects").await?;
    let (aws, pool) = site.behind_faults().await?;
    let s3 = of_parts(&pool).await?.build()?;
    let folder = tempfile::tempdir()?;
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    write(&from, 300).await?;
    let key = "large".parse()?;
    // A part that does not arrive, two that break off in the middle of what is sent, two whose answers are lost, one that is too many, and
    // the lost answer to the last call.
    let parts = [
        (Fault::refuse(), 3),
        (Fault::reset_in_request(1 << 20), 6),
        (Fault::reset(), 9),
        (Fault::reset(), 20),
        (Fault::reset_in_request(5 << 20), 25),
        (Fault::throttling(), 30),
    ];
    strike(&aws, "UploadPart", parts);
    strike(&aws, "CompleteMultipartUpload", [(Fault::reset(), 1)]);
    let upload = s3.upload(&bucket, &key, UploadSource::file(&from));
    let uploaded = upload.send().await?;
    same("parts", (uploaded.size, uploaded.parts), (300 << 20, 38))?;
    let calls = aws.counts().calls("s3", "UploadPart");
    same("parts sent", calls, 44)?;
    // Ranges that break off, one that does not begin, one that is too many.
    let ranges = [
        (Fault::reset(), 2),
        (Fault::refuse(), 11),
        (Fault::throttling(), 17),
        (Fault::reset(), 40),
    ];
    strike(&aws, "GetObject", ranges);
    let object = s3.download(&bucket, &key).to_file(&to).await?;
    same("ETag", object.etag, uploaded.etag)?;
    let calls = aws.counts().calls("s3", "GetObject");
    same("ranges asked for", calls, 42)?;
    same("SHA-256", sha256(&to).await?, sha256(&from).await?)?;
    nothing_left(&s3, &bucket).await?;
    aws.shutdown().await;
    Ok(())
}

async fn sha256(path: &Path) -> Result<Vec<u8>, Trouble> {
    let path = path.to_owned();
    let hash = spawn_blocking(move || {
        let (mut file, mut hash) = (std::fs::File::open(path)?, Context::new(&SHA256));
        let mut buffer = vec![0; MIB];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok::<_, std::io::Error>(hash.finish().as_ref().to_vec()),
                read => hash.update(&buffer[..read]),
            }
        }
    });
    Ok(hash.await??)
}

async fn nothing_left(s3: &S3, bucket: &BucketName) -> Result<(), Trouble> {
    let left = s3.unfinished_uploads(bucket, "").collect_up_to(10).await?;
    same("left unfinished", left.items, [])
}

async fn failed(site: &Site) -> Result<(), Trouble> {
    let (_, bucket) = bucket_of_parts(site, "failed-uploads").await?;
    let (aws, pool) = site.behind_faults().await?;
    let s3 = of_parts(&pool).await?.build()?;
    strike(&aws, "UploadPart", [(Fault::access_denied(), 3)]);
    let key = "failed".parse()?;
    let upload = s3.upload(&bucket, &key, vec![7; 40 * MIB]);
    let code = upload
        .send()
        .await
        .map_err(|error| error.code().map(str::to_owned));
    let denied = Some("AccessDenied".to_owned());
    same("is denied", code.map(drop), Err(denied))?;
    same("is there", s3.object_exists(&bucket, &key).await?, false)?;
    nothing_left(&s3, &bucket).await?;
    aws.shutdown().await;
    Ok(())
}

async fn dropped(site: &Site) -> Result<(), Trouble> {
    let (s3, bucket) = bucket_of_parts(site, "dropped-uploads").await?;
    let key = "dropped".parse()?;
    let begun = Arc::new(Notify::new());
    let upload = s3.upload(&bucket, &key, vec![7; 100 * MIB]).with_progress({
        let begun = Arc::clone(&begun);
        move |done| {
            if done.bytes > 0 {
                begun.notify_one();
            }
        }
    });
    tokio::select! {
        biased;
        () = begun.notified() => {}
        sent = upload.send() => return Err(format!("it was not dropped: {sent:?}").into()),
    }
    s3.shutdown().await;
    same("is there", s3.object_exists(&bucket, &key).await?, false)?;
    nothing_left(&s3, &bucket).await
}

/// It holds the checksum of a whole object to that of the checksums of its parts.
fn lacking(error: AwsError) -> Trouble {
    match error.code() {
        Some("BadDigest") => Lacking("it knows checksums of parts, and none of the whole").into(),
        _ => error.into(),
    }
}

async fn compared(site: &Site) -> Result<(), Trouble> {
    let (s3, bucket) = whole(site, "compared-uploads", Checksum::Crc32).await?;
    let key = "compared".parse()?;
    let upload = s3.upload(&bucket, &key, vec![7; 9 * MIB]);
    let uploaded = upload.send().await.map_err(lacking)?;
    let found = s3.describe_object(&bucket, &key).await?;
    same("checksum", found.checksum, uploaded.checksum)
}

async fn bare(site: &Site) -> Result<(), Trouble> {
    let (s3, bucket) = whole(site, "bare-uploads", Checksum::Nothing).await?;
    let (key, bytes) = ("bare".parse()?, vec![7; 9 * MIB]);
    let uploaded = s3.upload(&bucket, &key, bytes.clone()).send().await?;
    same("checksum", uploaded.checksum, None)?;
    let found = s3.describe_object(&bucket, &key).await?;
    same("what is kept", found.checksum, None)?;
    let read = s3.read(&bucket, &key, usize::MAX).await?;
    same("is the same", read == bytes, true)
}

async fn whole(site: &Site, name: &str, checksum: Checksum) -> Result<(S3, BucketName), Trouble> {
    let (_, bucket) = bucket(site, name).await?;
    let s3 = of_parts(&site.pool).await?.with_checksum(checksum);
    Ok((s3.build()?, bucket))
}

async fn continued(site: &Site) -> Result<(), Trouble> {
    let (s3, bucket) = bucket_of_parts(site, "continued-uploads").await?;
    let key = "continued".parse()?;
    let bytes = bytes(20);
    let id = s3.begin_upload(&bucket, &key, &PutOptions::new()).await?;
    let upload = || {
        s3.upload(&bucket, &key, bytes.clone())
            .continuing(id.clone())
    };
    let client: aws_sdk_s3::Client = site.sdk().await?;
    client
        .upload_part()
        .bucket(bucket.as_str())
        .key(key.as_str())
        .upload_id(id.as_str())
        .part_number(2)
        .body(bytes[8 * MIB..16 * MIB].to_vec().into())
        .send()
        .await?;
    let uploaded = upload().send().await?;
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
