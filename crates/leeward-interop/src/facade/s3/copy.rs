use super::{
    super::site::{Site, WEST},
    MIB, bucket, bucket_of_parts, bytes, is_replaced, of_parts,
};
use crate::ministack::{Case, Trouble, same};
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use leeward_s3::{PutOptions, S3};

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![
        Case::new("S3 copies an object under any key", |site| {
            Box::pin(whole(site))
        }),
        Case::new("S3 copies by parts what is large", |site| {
            Box::pin(by_parts(site))
        }),
        Case::new(
            "S3 copies an object of another Region that somebody can look at",
            |site| Box::pin(from_the_east(site)),
        ),
        Case::new("S3 goes on with a copy that was begun", |site| {
            Box::pin(continued(site))
        }),
    ]
}

async fn whole(site: &Site) -> Result<(), Trouble> {
    let (s3, bucket) = bucket(site, "copied-objects").await?;
    let (from, to) = ("a b+ü?/1".parse()?, "copy".parse()?);
    s3.put(&bucket, &from, "content", &PutOptions::new())
        .await?;
    s3.copy((&bucket, &from), (&bucket, &to), &PutOptions::new())
        .await?;
    same("content", s3.read(&bucket, &to, 100).await?, "content")
}

async fn by_parts(site: &Site) -> Result<(), Trouble> {
    let (_, bucket) = bucket_of_parts(site, "copied-by-parts").await?;
    let s3 = of_parts(&site.pool).await?.with_copy_threshold(8 << 20);
    let s3 = s3.with_copy_part_size(5 * MIB).build()?;
    let (from, to) = ("a b+ü?".parse()?, "copy".parse()?);
    let bytes = bytes(12);
    let options = PutOptions::new()
        .with_content_type("application/x-tar")
        .with_metadata("origin", "import");
    let upload = s3.upload(&bucket, &from, bytes.clone());
    upload.with_options(options).send().await?;
    let (from, to) = ((&bucket, &from), (&bucket, &to));
    let etag = s3.copy(from, to, &PutOptions::new()).await?;
    same("is of parts", etag.ends_with("-3\""), true)?;
    let copy = s3.describe_object(to.0, to.1).await?;
    let media = copy.content_type.as_deref();
    same("media type", media, Some("application/x-tar"))?;
    let origin = copy.metadata.get("origin").map(String::as_str);
    same("metadata", origin, Some("import"))?;
    let read = s3.read(to.0, to.1, usize::MAX).await?;
    same("is the same", read == bytes, true)?;
    let left = s3.unfinished_uploads(&bucket, "").collect_up_to(10).await?;
    same("left", left.items, [])
}

async fn from_the_east(site: &Site) -> Result<(), Trouble> {
    let (east, bucket) = bucket_of_parts(site, "copied-from-the-east").await?;
    let client = site.direct.client::<aws_sdk_s3::Client>();
    let client = client.with_region(WEST).await?;
    let place = CreateBucketConfiguration::builder()
        .location_constraint(BucketLocationConstraint::UsWest2)
        .build();
    let create = client.create_bucket().bucket("copied-to-the-west");
    let create = create.create_bucket_configuration(place);
    create.send().await?;
    let west = S3::builder(site.pool.caller().with_region(WEST).await?);
    let west = west.with_copy_part_size(5 * MIB).build()?;
    let (archive, key) = ("copied-to-the-west".parse()?, "key".parse()?);
    let bytes = vec![7; 11 * MIB];
    east.upload(&bucket, &key, bytes.clone()).send().await?;
    let copy = west.copy_by_parts((&bucket, &key), (&archive, &key));
    let copied = copy.with_original_seen_by(&east).send().await?;
    same("parts", copied.parts, 3)?;
    let read = west.read(&archive, &key, usize::MAX).await?;
    same("is the same", read == bytes, true)
}

async fn continued(site: &Site) -> Result<(), Trouble> {
    let (_, bucket) = bucket_of_parts(site, "continued-copies").await?;
    let s3 = of_parts(&site.pool).await?;
    let s3 = s3.with_copy_part_size(5 * MIB).build()?;
    let (from, to) = ("from".parse()?, "to".parse()?);
    let (from, to) = ((&bucket, &from), (&bucket, &to));
    let bytes = vec![7; 11 * MIB];
    s3.upload(from.0, from.1, bytes.clone()).send().await?;
    let copy = || s3.copy_by_parts(from, to);
    let id = copy().begin().await?;
    let copied = copy().continuing(id.clone()).send().await?;
    same("parts", (copied.size, copied.parts), (11 << 20, 3))?;
    let read = s3.read(to.0, to.1, usize::MAX).await?;
    same("is the same", read == bytes, true)?;
    s3.put(from.0, from.1, "other", &PutOptions::new()).await?;
    is_replaced(copy().continuing(id).send().await)
}
