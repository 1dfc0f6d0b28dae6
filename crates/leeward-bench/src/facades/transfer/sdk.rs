//! What one writes by hand over the SDK.

use super::{
    AT_ONCE, PART,
    mover::{Connecting, Moves, Moving, Pieces, Place, Source},
};
use crate::{
    BoxError,
    world::{REGION, credentials},
};
use aws_config::BehaviorVersion;
use aws_sdk_s3::{
    Client,
    config::Region,
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart},
};
use aws_smithy_http_client::Builder;
use bytes::{Buf, Bytes, BytesMut};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::runtime::Handle;

/// Parts, each in a task of its own.
#[derive(Clone)]
struct Loop {
    client: Client,
    place: Place,
    signs_payloads: bool,
}

/// One request for all.
struct OneStream(Loop);

pub(super) fn connect(place: Place) -> Connecting {
    Box::pin(async { Ok(Box::new(Loop::new(place, true)) as Box<dyn Moves>) })
}

pub(super) fn connect_unsigned(place: Place) -> Connecting {
    Box::pin(async { Ok(Box::new(Loop::new(place, false)) as Box<dyn Moves>) })
}

pub(super) fn connect_one_stream(place: Place) -> Connecting {
    Box::pin(async { Ok(Box::new(OneStream(Loop::new(place, true))) as Box<dyn Moves>) })
}

impl Loop {
    fn new(place: Place, signs_payloads: bool) -> Self {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(credentials())
            .region(Region::from_static(REGION))
            .endpoint_url(&place.endpoint)
            .http_client(Builder::new().build_http())
            .force_path_style(true);
        Self {
            client: Client::from_conf(config.build()),
            place,
            signs_payloads,
        }
    }

    async fn download(self) -> Result<u64, BoxError> {
        let Place { bucket, key, .. } = self.place;
        let head = self.client.head_object().bucket(bucket).key(key);
        let size = head.send().await?.content_length().unwrap_or_default();
        let size = u64::try_from(size)?;
        let tasks = Handle::current();
        let parts = stream::iter((0..size).step_by(PART)).map(|start| {
            let last = size.min(start + PART as u64) - 1;
            let get = self.client.get_object().bucket(bucket).key(key);
            let get = get.range(format!("bytes={start}-{last}"));
            tasks.spawn(async move {
                let body = get.send().await?.body;
                Ok::<_, BoxError>(body.collect().await?)
            })
        });
        let mut parts = parts.buffered(AT_ONCE);
        let mut came = 0;
        while let Some(part) = parts.next().await {
            came += part??.remaining() as u64;
        }
        Ok(came)
    }

    async fn upload(self, source: Source) -> Result<u64, BoxError> {
        let Place { bucket, key, .. } = self.place;
        let create = self.client.create_multipart_upload();
        let begun = create.bucket(bucket).key(key).send().await?;
        let id = begun.upload_id.ok_or("an upload without an id")?;
        let tasks = Handle::current();
        let parts = stream::iter(Parts::of(source)).zip(stream::iter(1..));
        let parts = parts.map(|(bytes, number)| {
            let put = self.client.upload_part().bucket(bucket).key(key);
            let put = put.upload_id(&id).part_number(number);
            let signs_payload = self.signs_payloads;
            tasks.spawn(async move {
                let len = bytes.len() as u64;
                let put = put.body(ByteStream::from(bytes)).customize();
                let put = match signs_payload {
                    true => put,
                    false => put.disable_payload_signing(),
                };
                let answer = put.send().await?;
                let part = CompletedPart::builder()
                    .part_number(number)
                    .set_e_tag(answer.e_tag)
                    .set_checksum_crc32(answer.checksum_crc32);
                Ok::<_, BoxError>((part.build(), len))
            })
        });
        let done: Vec<_> = parts.buffered(AT_ONCE).try_collect().await?;
        let done: Vec<_> = done.into_iter().collect::<Result<_, _>>()?;
        let sent = done.iter().map(|(_, len)| len).sum();
        let parts = done.into_iter().map(|(part, _)| part).collect();
        let upload = CompletedMultipartUpload::builder().set_parts(Some(parts));
        let complete = self.client.complete_multipart_upload();
        let complete = complete.bucket(bucket).key(key).upload_id(id);
        complete.multipart_upload(upload.build()).send().await?;
        Ok(sent)
    }
}

impl Moves for Loop {
    fn download(&self) -> Moving {
        Box::pin(self.clone().download())
    }

    fn upload(&self, source: Source) -> Moving {
        Box::pin(self.clone().upload(source))
    }
}

impl Moves for OneStream {
    fn download(&self) -> Moving {
        let Loop { client, place, .. } = &self.0;
        let get = client.get_object().bucket(place.bucket).key(place.key);
        Box::pin(async move {
            let mut body = get.send().await?.body;
            let mut came = 0;
            while let Some(bytes) = body.next().await {
                came += bytes?.len() as u64;
            }
            Ok(came)
        })
    }

    fn upload(&self, source: Source) -> Moving {
        let Loop { client, place, .. } = &self.0;
        let put = client.put_object().bucket(place.bucket).key(place.key);
        Box::pin(async move {
            let bytes = match source {
                Source::Memory(bytes) => bytes,
                Source::Stream(pieces) => pieces.collect::<Vec<_>>().concat().into(),
            };
            let len = bytes.len() as u64;
            put.body(ByteStream::from(bytes)).send().await?;
            Ok(len)
        })
    }
}

/// A source, cut into parts when they are wanted.
enum Parts {
    Memory(Bytes),
    Stream(Pieces),
}

impl Parts {
    fn of(source: Source) -> Self {
        match source {
            Source::Memory(bytes) => Self::Memory(bytes),
            Source::Stream(pieces) => Self::Stream(pieces),
        }
    }
}

impl Iterator for Parts {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let part = match self {
            Self::Memory(bytes) => bytes.split_to(PART.min(bytes.len())),
            Self::Stream(pieces) => {
                let mut part = BytesMut::with_capacity(PART);
                while part.len() < PART
                    && let Some(piece) = pieces.next()
                {
                    part.extend_from_slice(&piece);
                }
                part.freeze()
            }
        };
        (!part.is_empty()).then_some(part)
    }
}
