use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3_transfer_manager::{
    Client, Config,
    io::{InputStream, PartData, PartStream, SizeHint, StreamContext},
    types::{ConcurrencyMode, PartSize},
};
use bytes::{Buf, BytesMut};
use leeward_bench::facades::transfer::{
    AT_ONCE, Connecting, Moves, Moving, PART, Pieces, Place, Source,
};

struct Peer {
    client: Client,
    place: Place,
}

/// On threads of its own and over connections of its own, as it does by default.
pub(super) fn connect(place: Place) -> Connecting {
    Box::pin(async {
        let (id, secret) = (place.access_key_id, place.secret_access_key);
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(Credentials::new(id, secret, None, None, "bench"))
            .region(Region::from_static(place.region))
            .endpoint_url(&place.endpoint)
            .force_path_style(true);
        let config = Config::builder()
            .s3_config(config)
            .part_size(PartSize::Target(PART as u64))
            .concurrency(ConcurrencyMode::Explicit(AT_ONCE));
        let client = Client::new(config.build());
        Ok(Box::new(Peer { client, place }) as Box<dyn Moves>)
    })
}

impl Moves for Peer {
    fn download(&self) -> Moving {
        let Place { bucket, key, .. } = self.place;
        let download = self.client.download().bucket(bucket).key(key);
        Box::pin(async move {
            let mut handle = download.initiate()?;
            let mut came = 0;
            while let Some(chunk) = handle.body_mut().next().await {
                came += chunk?.data.remaining() as u64;
            }
            handle.join().await?;
            Ok(came)
        })
    }

    fn upload(&self, source: Source) -> Moving {
        let Place { bucket, key, .. } = self.place;
        let (source, len) = match source {
            Source::Memory(bytes) => {
                let len = bytes.len() as u64;
                (InputStream::from(bytes), len)
            }
            Source::Stream(pieces) => {
                let len = pieces.left();
                let parts = Parts { pieces, number: 0 };
                (InputStream::from_part_stream(parts), len)
            }
        };
        let upload = self.client.upload().bucket(bucket).key(key).body(source);
        Box::pin(async move {
            upload.initiate()?.join().await?;
            Ok(len)
        })
    }
}

/// Pieces, put together to parts.
struct Parts {
    pieces: Pieces,
    number: u64,
}

impl PartStream for Parts {
    fn poll_part(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        stream: &StreamContext,
    ) -> Poll<Option<io::Result<PartData>>> {
        let mut part = BytesMut::with_capacity(stream.part_size());
        while part.len() < stream.part_size()
            && let Some(piece) = self.pieces.next()
        {
            part.extend_from_slice(&piece);
        }
        self.number += 1;
        let part = Some(part).filter(|part| !part.is_empty());
        Poll::Ready(part.map(|part| Ok(PartData::new(self.number, part))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::exact(self.pieces.left())
    }
}
