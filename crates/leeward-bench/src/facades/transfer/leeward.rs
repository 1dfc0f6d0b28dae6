use super::{
    AT_ONCE, PART,
    mover::{Connecting, Moves, Moving, Place, Source},
};
use crate::world::{HOME, credentials};
use aws_sdk_s3::Client;
use futures_util::stream;
use leeward_client_pool::{Environment, Pool};
use leeward_s3::{BucketName, Checksum, ObjectKey, S3, UploadSource};
use std::convert::Infallible;

struct Leeward {
    /// Lives as long as its connections are to.
    _pool: Pool,
    s3: S3,
    bucket: BucketName,
    key: ObjectKey,
    checksum: Checksum,
}

/// As it comes.
pub(super) fn connect(place: Place) -> Connecting {
    connect_with(place, Checksum::default())
}

/// With no checksum on either way.
pub(super) fn connect_bare(place: Place) -> Connecting {
    connect_with(place, Checksum::Nothing)
}

fn connect_with(place: Place, checksum: Checksum) -> Connecting {
    Box::pin(async move {
        let pool = Pool::builder()
            .with_environment(Environment::Production)
            .without_proxy()
            .with_credentials(credentials())
            .with_region(HOME)
            .with_endpoint(HOME, place.endpoint)
            .build()
            .await?;
        let s3 = S3::builder(pool.caller::<Client>().await?)
            .with_part_size(PART)
            .with_max_concurrency(AT_ONCE)
            .with_checksum(checksum)
            .build()?;
        let moves: Box<dyn Moves> = Box::new(Leeward {
            _pool: pool,
            s3,
            bucket: place.bucket.parse()?,
            key: place.key.parse()?,
            checksum,
        });
        Ok(moves)
    })
}

impl Moves for Leeward {
    fn download(&self) -> Moving {
        let download = self.s3.download(&self.bucket, &self.key);
        let download = match self.checksum {
            Checksum::Nothing => download.without_checksum(),
            _ => download,
        };
        Box::pin(async move {
            let mut stream = download.stream().await?;
            let mut came = 0;
            while let Some(bytes) = stream.next().await {
                came += bytes?.len() as u64;
            }
            Ok(came)
        })
    }

    fn upload(&self, source: Source) -> Moving {
        let source = match source {
            Source::Memory(bytes) => UploadSource::from(bytes),
            Source::Stream(pieces) => {
                UploadSource::stream(stream::iter(pieces.map(Ok::<_, Infallible>)))
            }
        };
        let upload = self.s3.upload(&self.bucket, &self.key, source);
        Box::pin(async move { Ok(upload.send().await?.size) })
    }
}
