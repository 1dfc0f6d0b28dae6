//! Readers, writers and streams against the same message in one piece.

mod dribble;
mod failures;
mod memory;

use crate::{
    cases, context,
    keyrings::raw,
    messages::{read, reader, write, writer},
    run,
};
use dribble::Dribble;
use futures_util::TryStreamExt;
use leeward_envelope::{
    AlgorithmSuite, DecryptingReader, DecryptingStream, DecryptingWriter, Decryptor,
    EncryptingReader, EncryptingStream, EncryptingWriter, Encryption, EncryptionContext, Encryptor,
    SignedStreams,
};
use proptest::prelude::*;
use std::{
    io::{self, Read, Write},
    num::NonZeroU32,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Each way to have a message converted, blocking or not.
#[derive(Clone, Copy, Debug)]
enum Way {
    Read,
    AsyncRead,
    Write,
    AsyncWrite,
    Stream,
}

const WAYS: [Way; 5] = [
    Way::Read,
    Way::AsyncRead,
    Way::Write,
    Way::AsyncWrite,
    Way::Stream,
];

fn begin(encryptor: &Encryptor, len: Option<u64>) -> Encryption {
    run(encryptor.begin(&context(&[("a", "1")]), len)).unwrap()
}

// What is here may be read and written both ways, so each way has a name.
fn read_all(reader: &mut impl Read, all: &mut Vec<u8>) -> io::Result<()> {
    reader.read_to_end(all).map(drop)
}

async fn read_all_async<R>(reader: &mut R, all: &mut Vec<u8>) -> io::Result<()>
where
    R: AsyncRead + Unpin,
{
    reader.read_to_end(all).await.map(drop)
}

fn write_parts(writer: &mut impl Write, parts: &Dribble) -> io::Result<()> {
    parts.parts().try_for_each(|part| writer.write_all(part?))
}

async fn write_parts_async<W>(writer: &mut W, parts: &Dribble) -> io::Result<()>
where
    W: AsyncWrite + Unpin,
{
    for part in parts.parts() {
        writer.write_all(part?).await?;
    }
    Ok(())
}

fn encrypt(way: Way, encryption: Encryption, plaintext: Dribble) -> io::Result<Vec<u8>> {
    let mut message = Vec::new();
    match way {
        Way::Read => {
            read_all(
                &mut EncryptingReader::new(encryption, plaintext),
                &mut message,
            )?;
        }
        Way::AsyncRead => {
            let mut reader = EncryptingReader::new(encryption, plaintext);
            run(read_all_async(&mut reader, &mut message))?;
        }
        Way::Write => {
            let mut writer = EncryptingWriter::new(encryption, plaintext.sink());
            write_parts(&mut writer, &plaintext)?;
            message = writer.finish()?.into_bytes();
        }
        Way::AsyncWrite => run(async {
            let mut writer = EncryptingWriter::new(encryption, plaintext.sink());
            write_parts_async(&mut writer, &plaintext).await?;
            writer.shutdown().await?;
            message = writer.into_inner().into_bytes();
            io::Result::Ok(())
        })?,
        Way::Stream => {
            let stream = EncryptingStream::new(encryption, plaintext);
            message = run(stream.try_collect::<Vec<_>>())?.concat();
        }
    }
    Ok(message)
}

fn decrypt(
    way: Way,
    decryptor: &Decryptor,
    mut message: Dribble,
    expected: &EncryptionContext,
) -> io::Result<Vec<u8>> {
    let mut plaintext = Vec::new();
    match way {
        Way::AsyncRead => run(async {
            let mut reader = DecryptingReader::open(decryptor, message, expected).await?;
            read_all_async(&mut reader, &mut plaintext).await
        })?,
        Way::Stream => run(async {
            let stream = DecryptingStream::open(decryptor, message, expected).await?;
            plaintext = stream.try_collect::<Vec<_>>().await?.concat();
            io::Result::Ok(())
        })?,
        Way::Read | Way::Write | Way::AsyncWrite => {
            let mut header = decryptor.begin(expected);
            header.read_from(&mut message)?;
            let decryption = run(header.open())?;
            let sink = message.sink();
            match way {
                Way::Read => {
                    read_all(
                        &mut DecryptingReader::new(decryption, message),
                        &mut plaintext,
                    )?;
                }
                Way::Write => {
                    let mut writer = DecryptingWriter::new(decryption, sink);
                    write_parts(&mut writer, &message)?;
                    plaintext = writer.finish()?.0.into_bytes();
                }
                _ => run(async {
                    let mut writer = DecryptingWriter::new(decryption, sink);
                    write_parts_async(&mut writer, &message).await?;
                    writer.shutdown().await?;
                    assert!(writer.authenticated().is_some());
                    plaintext = writer.into_inner().into_bytes();
                    io::Result::Ok(())
                })?,
            }
        }
    }
    Ok(plaintext)
}

fn any_sizes() -> impl Strategy<Value = Vec<usize>> {
    // 0 stands for a poll that is not ready yet, or an interruption.
    prop::collection::vec(prop_oneof![Just(0), 1..200_usize], 1..6)
        .prop_filter("something comes", |sizes| {
            sizes.iter().any(|size| *size > 0)
        })
}

proptest! {
    #![proptest_config(cases(192))]

    #[test]
    fn every_way_of_writing_gives_what_a_buffer_reads(
        way in prop::sample::select(WAYS.to_vec()),
        suite in prop::sample::select(AlgorithmSuite::ALL.to_vec()),
        plaintext in prop::collection::vec(any::<u8>(), 0..700),
        sizes in any_sizes(),
        frame_length in 1_u32..200,
        is_known in any::<bool>(),
    ) {
        let encryptor = writer(raw(), suite)
            .with_frame_length(NonZeroU32::new(frame_length).unwrap())
            .build()
            .unwrap();
        let encryption = begin(&encryptor, is_known.then_some(plaintext.len() as u64));
        let message = encrypt(way, encryption, Dribble::new(&plaintext, &sizes)).unwrap();
        let whole = run(encryptor.encrypt(&plaintext, &context(&[("a", "1")]))).unwrap();
        prop_assert_eq!(message.len(), whole.len());
        prop_assert!(read(&message).unwrap().plaintext() == plaintext);
    }

    #[test]
    fn every_way_of_reading_gives_what_a_buffer_gives(
        way in prop::sample::select(WAYS.to_vec()),
        suite in prop::sample::select(AlgorithmSuite::ALL.to_vec()),
        plaintext in prop::collection::vec(any::<u8>(), 0..700),
        sizes in any_sizes(),
        release in any::<bool>(),
    ) {
        let pairs = context(&[("a", "1")]);
        let message = write(suite, &plaintext, &pairs);
        let streams = match release {
            true => SignedStreams::ReleaseUnverified,
            false => SignedStreams::HoldBack { max_len: 700 },
        };
        let decryptor = reader(raw()).with_signed_streams(streams).build().unwrap();
        let decrypted = decrypt(way, &decryptor, Dribble::new(&message, &sizes), &pairs);
        prop_assert!(decrypted.unwrap() == plaintext);
    }

    #[test]
    fn every_way_of_reading_refuses_what_a_buffer_refuses(
        way in prop::sample::select(WAYS.to_vec()),
        suite in prop::sample::select(AlgorithmSuite::ALL.to_vec()),
        at in any::<prop::sample::Index>(),
        edit in 0_u8..3,
        byte in 1_u8..,
        sizes in any_sizes(),
    ) {
        let none = context(&[]);
        let mut message = write(suite, &[5; 40], &none);
        let at = at.index(message.len());
        match edit {
            0 => message[at] ^= byte,
            1 => message.truncate(at),
            _ => message.push(byte),
        }
        prop_assert!(read(&message).is_err());
        let decryptor = reader(raw())
            .with_signed_streams(SignedStreams::ReleaseUnverified)
            .build()
            .unwrap();
        prop_assert!(decrypt(way, &decryptor, Dribble::new(&message, &sizes), &none).is_err());
    }
}
