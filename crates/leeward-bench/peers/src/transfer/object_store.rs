use std::sync::Arc;

use futures_util::{StreamExt, stream};
use leeward_bench::{
    BoxError,
    facades::transfer::{AT_ONCE, Connecting, Moves, Moving, PART, Place, Source},
};
use object_store::{
    ObjectStoreExt, WriteMultipart,
    aws::{AmazonS3, AmazonS3Builder, Checksum},
    path::Path,
};
use tokio::runtime::Handle;

struct Peer {
    store: Arc<AmazonS3>,
    key: Path,
}

/// As it comes: it signs what it sends.
pub(super) fn connect(place: Place) -> Connecting {
    Box::pin(async { peer(place.key, builder(place)) })
}

/// As ours: what is signed is a checksum.
pub(super) fn connect_summed(place: Place) -> Connecting {
    Box::pin(async {
        let key = place.key;
        let builder = builder(place).with_unsigned_payload(true);
        peer(key, builder.with_checksum_algorithm(Checksum::CRC64NVME))
    })
}

/// Nobody would see that a body is not what was sent.
pub(super) fn connect_unguarded(place: Place) -> Connecting {
    Box::pin(async { peer(place.key, builder(place).with_unsigned_payload(true)) })
}

fn builder(place: Place) -> AmazonS3Builder {
    AmazonS3Builder::new()
        .with_bucket_name(place.bucket)
        .with_region(place.region)
        .with_access_key_id(place.access_key_id)
        .with_secret_access_key(place.secret_access_key)
        .with_endpoint(place.endpoint)
        .with_allow_http(true)
}

fn peer(key: &'static str, builder: AmazonS3Builder) -> Result<Box<dyn Moves>, BoxError> {
    let store = builder.build()?;
    Ok(Box::new(Peer {
        store: Arc::new(store),
        key: Path::from(key),
    }))
}

impl Moves for Peer {
    /// Ranges, each in a task of its own: `get_ranges` would give all of them at the end.
    fn download(&self) -> Moving {
        let (store, key) = (Arc::clone(&self.store), self.key.clone());
        Box::pin(async move {
            let size = store.head(&key).await?.size;
            let tasks = Handle::current();
            let parts = stream::iter((0..size).step_by(PART)).map(|start| {
                let range = start..size.min(start + PART as u64);
                let (store, key) = (Arc::clone(&store), key.clone());
                tasks.spawn(async move { store.get_range(&key, range).await })
            });
            let mut parts = parts.buffered(AT_ONCE);
            let mut came = 0;
            while let Some(part) = parts.next().await {
                came += part??.len() as u64;
            }
            Ok(came)
        })
    }

    fn upload(&self, source: Source) -> Moving {
        let (store, key) = (Arc::clone(&self.store), self.key.clone());
        Box::pin(async move {
            let upload = store.put_multipart(&key).await?;
            let mut upload = WriteMultipart::new_with_chunk_size(upload, PART);
            let mut sent = 0;
            match source {
                Source::Memory(mut bytes) => {
                    while !bytes.is_empty() {
                        let part = bytes.split_to(PART.min(bytes.len()));
                        sent += part.len() as u64;
                        upload.wait_for_capacity(AT_ONCE).await?;
                        upload.put(part);
                    }
                }
                Source::Stream(pieces) => {
                    for piece in pieces {
                        sent += piece.len() as u64;
                        upload.wait_for_capacity(AT_ONCE).await?;
                        upload.put(piece);
                    }
                }
            }
            upload.finish().await?;
            Ok(sent)
        })
    }
}
