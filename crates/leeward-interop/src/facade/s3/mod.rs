//! Every verb of S3.

mod bucket;
mod copy;
mod download;
mod object;
mod presigned;
mod sealed;
mod transfer;

use super::site::Site;
use crate::ministack::{Case, Trouble, same};
use leeward_client_pool::Pool;
use leeward_error_taxonomy::AwsError;
use leeward_s3::{BucketName, Checksum, S3, S3Builder, TransferError};
use std::time::Duration;

pub(super) fn cases() -> Vec<Case<Site>> {
    let cases = [
        bucket::cases(),
        object::cases(),
        copy::cases(),
        download::cases(),
        presigned::cases(),
        sealed::cases(),
        transfer::cases(),
    ];
    cases.into_iter().flatten().collect()
}

const MIB: usize = 1 << 20;

/// A MiB that differs from every other one.
fn block(number: usize) -> Vec<u8> {
    let mut block = vec![0; MIB];
    for (n, word) in (0_u32..).zip(block.chunks_exact_mut(4)) {
        let mixed = n.wrapping_mul(2_654_435_761) ^ number as u32;
        word.copy_from_slice(&mixed.to_be_bytes());
    }
    block
}

/// So many MiB, of which no two are the same.
fn bytes(mebibytes: usize) -> Vec<u8> {
    (0..mebibytes).flat_map(block).collect()
}

/// Fails unless it is told that the object is another one meanwhile.
fn is_replaced<T>(outcome: Result<T, AwsError>) -> Result<(), Trouble> {
    let error = outcome.err().ok_or("it went on with another object")?;
    let is_told = matches!(error.downcast_ref(), Some(TransferError::Replaced { .. }));
    same("is told as replaced", is_told, true)
}

/// S3 with a bucket of its own, and time enough for parts that move over a busy machine.
async fn bucket(site: &Site, name: &str) -> Result<(S3, BucketName), Trouble> {
    let s3 = patient(&site.pool).await?.build()?;
    let client: aws_sdk_s3::Client = site.sdk().await?;
    let create = client.create_bucket().bucket(name);
    create.send().await?;
    Ok((s3, name.parse()?))
}

/// The same, for what is cut into parts: the other side keeps the checksums of parts, and none of the whole.
async fn bucket_of_parts(site: &Site, name: &str) -> Result<(S3, BucketName), Trouble> {
    let (_, name) = bucket(site, name).await?;
    let s3 = of_parts(&site.pool).await?.build()?;
    Ok((s3, name))
}

async fn of_parts(pool: &Pool) -> Result<S3Builder, Trouble> {
    let s3 = patient(pool).await?;
    Ok(s3.with_checksum(Checksum::Crc32OfParts))
}

async fn patient(pool: &Pool) -> Result<S3Builder, Trouble> {
    let caller = pool.caller();
    let caller = caller.with_timeouts(Duration::from_secs(60), Duration::from_secs(240));
    Ok(S3::builder(caller.await?))
}
