use super::{Dribble, WAYS, Way, begin, decrypt, encrypt};
use crate::{
    audit::{Trail, failed},
    context,
    keyrings::raw,
    messages::{read, reader, write, writer},
    run,
};
use futures_util::StreamExt;
use leeward_envelope::{
    AlgorithmSuite, AuditOutcome, DecryptError, DecryptingReader, DecryptingStream, EncryptError,
    EncryptingReader, EncryptingStream, EncryptingWriter, Encryptor, MalformedMessage,
};
use leeward_error_taxonomy::Category;
use std::{
    future::poll_fn,
    io::{self, Read, Write},
    num::NonZeroU32,
    pin::Pin,
    task::Poll,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512Commit;

fn encryptor() -> Encryptor {
    writer(raw(), SUITE)
        .with_frame_length(const { NonZeroU32::new(10).unwrap() })
        .build()
        .unwrap()
}

fn within<E: std::error::Error + 'static>(error: &io::Error) -> &E {
    error.get_ref().unwrap().downcast_ref().unwrap()
}

#[test]
fn errors_of_the_message_are_kept_within_those_of_io() {
    let none = context(&[]);
    let decryptor = reader(raw()).build().unwrap();
    let mut message = write(SUITE, &[5; 40], &none);
    for way in WAYS {
        let cut = Dribble::new(&message[..message.len() - 1], &[7]);
        let error = decrypt(way, &decryptor, cut, &none).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{way:?}");
        let truncated = within::<DecryptError>(&error);
        assert!(
            matches!(
                truncated,
                DecryptError::Malformed(MalformedMessage::Truncated { .. })
            ),
            "{way:?}: {truncated:?}"
        );
        let cut = Dribble::new(&message[..20], &[7]);
        let error = decrypt(way, &decryptor, cut, &none).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the message ends after 20 bytes, inside its header: fetch the whole of it",
            "{way:?}"
        );
    }
    *message.last_mut().unwrap() ^= 1;
    for way in WAYS {
        let error = decrypt(way, &decryptor, Dribble::new(&message, &[7]), &none).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{way:?}");
        assert!(matches!(
            within::<DecryptError>(&error),
            DecryptError::Unauthentic
        ));
    }
    for way in WAYS {
        let encryption = begin(&encryptor(), Some(4));
        let error = encrypt(way, encryption, Dribble::new(&[5; 3], &[2])).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{way:?}");
        assert!(matches!(
            within::<EncryptError>(&error),
            EncryptError::OtherLength {
                stated: 4,
                found: 3
            }
        ));
    }
}

#[test]
fn a_source_that_fails_does_not_end_a_message() {
    for way in [Way::Read, Way::AsyncRead] {
        let source = Dribble::new(&[5; 40], &[7]).failing_at(20);
        let mut reader = EncryptingReader::new(begin(&encryptor(), None), source);
        let mut message = Vec::new();
        let mut read = || match way {
            Way::Read => Read::read_to_end(&mut reader, &mut message),
            _ => run(AsyncReadExt::read_to_end(&mut reader, &mut message)),
        };
        assert_eq!(read().unwrap_err().kind(), io::ErrorKind::ConnectionReset);
        // The source would go on, and end; what was lost in between nobody knows.
        assert_eq!(
            read().unwrap_err().to_string(),
            "the message was broken off by an error before this one: begin anew"
        );
        assert!(!message.is_empty() && self::read(&message).is_err());
    }
    let source = Dribble::new(&[5; 40], &[7]).failing_at(20);
    let mut stream = EncryptingStream::new(begin(&encryptor(), None), source);
    run(async {
        let mut errors = Vec::new();
        while let Some(chunk) = stream.next().await {
            errors.extend(chunk.err().map(|error| error.kind()));
        }
        assert_eq!(errors, [io::ErrorKind::ConnectionReset]);
        assert!(stream.next().await.is_none());
    });
}

#[test]
fn a_source_that_fails_is_told_as_failed_whoever_reads() {
    let (trail, none) = (Trail::default(), context(&[]));
    let message = write(SUITE, &[5; 40], &none);
    for way in [Way::Read, Way::AsyncRead, Way::Stream] {
        let source = Dribble::new(&[5; 40], &[7]).failing_at(20);
        let error = encrypt(way, begin(&trail.encryptor(), None), source).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset, "{way:?}");
        assert_eq!(failed(&trail.only()), Some(Category::Unknown), "{way:?}");
        // In the header, and in the body.
        for at in [20, message.len() - 20] {
            let source = Dribble::new(&message, &[7]).failing_at(at);
            let error = decrypt(way, &trail.decryptor(), source, &none).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::ConnectionReset, "{way:?} {at}");
            let event = trail.only();
            assert_eq!(failed(&event), Some(Category::Unknown), "{way:?} {at}");
        }
    }
    // A sink likewise, and what is given up although both are well is no failure.
    let sink = Dribble::new(&[], &[7]).failing_at(20);
    let mut writer = EncryptingWriter::new(begin(&trail.encryptor(), None), sink);
    Write::write_all(&mut writer, &[5; 9000]).unwrap();
    Write::flush(&mut writer).unwrap_err();
    drop(writer);
    assert_eq!(failed(&trail.only()), Some(Category::Unknown));
    drop(EncryptingReader::new(
        begin(&trail.encryptor(), None),
        &[5; 40][..],
    ));
    assert_eq!(trail.only().outcome, AuditOutcome::Abandoned);
}

#[test]
fn a_message_that_is_cut_off_is_told_as_failed_whoever_reads() {
    let (trail, none) = (Trail::default(), context(&[]));
    let message = write(SUITE, &[5; 40], &none);
    for way in WAYS {
        for len in [0, 2, 20, message.len() - 1] {
            let cut = Dribble::new(&message[..len], &[7]);
            decrypt(way, &trail.decryptor(), cut, &none).unwrap_err();
            let event = trail.only();
            assert_eq!(failed(&event), Some(Category::Validation), "{way:?} {len}");
        }
    }
}

#[test]
fn a_header_whose_source_is_asked_again_is_told_by_its_end() {
    let (trail, none) = (Trail::default(), context(&[]));
    let message = write(SUITE, &[5; 40], &none);
    let mut source = Dribble::new(&message, &[7]).failing_at(20);
    let mut header = trail.decryptor().begin(&none);
    header.read_from(&mut source).unwrap_err();
    header.read_from(&mut source).unwrap();
    let decryption = run(header.open()).unwrap();
    let mut plaintext = Vec::new();
    super::read_all(
        &mut DecryptingReader::new(decryption, source),
        &mut plaintext,
    )
    .unwrap();
    assert_eq!(plaintext, [5; 40]);
    assert_eq!(trail.only().outcome, AuditOutcome::Succeeded);
}

#[test]
fn nothing_more_comes_after_an_error() {
    let none = context(&[]);
    let decryptor = reader(raw()).build().unwrap();
    let mut message = run(encryptor().encrypt(&[5; 40], &none)).unwrap();
    let at = message.len() - 60;
    message[at] ^= 1;
    run(async {
        let open = DecryptingReader::open(&decryptor, &message[..], &none);
        let mut reader = open.await.unwrap();
        let mut plaintext = Vec::new();
        for _ in 0..3 {
            let error = AsyncReadExt::read_to_end(&mut reader, &mut plaintext).await;
            let error = error.unwrap_err();
            assert!(matches!(
                within::<DecryptError>(&error),
                DecryptError::Unauthentic
            ));
            assert!(plaintext.is_empty(), "all was in one chunk");
        }
        assert!(reader.authenticated().is_none());

        let source = Dribble::new(&message, &[50]);
        let mut stream = DecryptingStream::open(&decryptor, source, &none)
            .await
            .unwrap();
        let mut ends = Vec::new();
        while let Some(chunk) = stream.next().await {
            ends.push(chunk.is_ok());
        }
        assert!(ends.ends_with(&[false]));
        assert_eq!(ends.iter().filter(|is_ok| !**is_ok).count(), 1);
    });
}

#[test]
fn a_writer_that_is_not_shut_down_leaves_a_message_without_an_end() {
    let encryption = begin(&encryptor(), None);
    let mut message = Vec::new();
    run(async {
        let mut writer = EncryptingWriter::new(encryption, &mut message);
        AsyncWriteExt::write_all(&mut writer, &[5; 45])
            .await
            .unwrap();
        AsyncWriteExt::flush(&mut writer).await.unwrap();
    });
    assert!(!message.is_empty());
    assert!(matches!(
        read(&message).unwrap_err(),
        DecryptError::Malformed(MalformedMessage::Truncated { .. })
    ));
}

#[test]
fn what_is_written_behind_the_end_is_refused() {
    let encryption = begin(&encryptor(), None);
    let message = run(async {
        let mut writer = EncryptingWriter::new(encryption, Vec::new());
        AsyncWriteExt::write_all(&mut writer, b"before")
            .await
            .unwrap();
        writer.shutdown().await.unwrap();
        writer.shutdown().await.unwrap();
        let error = AsyncWriteExt::write_all(&mut writer, b"behind").await;
        assert_eq!(error.unwrap_err().kind(), io::ErrorKind::InvalidInput);
        writer.into_inner()
    });
    assert_eq!(read(&message).unwrap().plaintext(), b"before");
}

#[test]
fn a_sink_that_takes_nothing_is_an_error() {
    let mut room = [0; 60];
    let mut writer = EncryptingWriter::new(begin(&encryptor(), None), &mut room[..]);
    Write::write_all(&mut writer, &[5; 45]).unwrap();
    let error = Write::flush(&mut writer).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WriteZero);
    assert!(writer.finish().is_err());
}

/// How often a future is polled until it is done.
fn polls<F: Future>(future: F) -> (usize, F::Output) {
    let mut polls = 0;
    let mut future = Box::pin(future);
    let output = run(poll_fn(|cx| {
        polls += 1;
        future.as_mut().poll(cx)
    }));
    (polls, output)
}

#[test]
fn long_work_lets_others_run() {
    let plaintext = vec![5; 8 << 20];
    let encryptor = writer(raw(), SUITE).build().unwrap();
    let mut message = Vec::new();
    let mut reader = EncryptingReader::new(begin(&encryptor, None), &plaintext[..]);
    let (count, read) = polls(AsyncReadExt::read_to_end(&mut reader, &mut message));
    read.unwrap();
    assert!((8..20).contains(&count), "{count}");

    let decryptor = super::reader(raw()).build().unwrap();
    let none = context(&[]);
    let (count, written) = polls(async {
        let mut header = decryptor.begin(&none);
        let mut source = &message[..];
        header.read_from_async(&mut source).await.unwrap();
        let decryption = header.open().await.unwrap();
        let mut writer = leeward_envelope::DecryptingWriter::new(decryption, tokio::io::sink());
        AsyncWriteExt::write_all(&mut writer, source).await?;
        writer.shutdown().await
    });
    written.unwrap();
    assert!((8..20).contains(&count), "{count}");
}

#[test]
fn a_poll_that_is_left_loses_nothing() {
    let none = context(&[]);
    let plaintext: Vec<u8> = (0..=255).collect();
    let message = run(encryptor().encrypt(&plaintext, &none)).unwrap();
    let decryptor = reader(raw()).build().unwrap();
    run(async {
        // Every future is dropped after one poll; the reader goes on where it was.
        let mut source = Dribble::new(&message, &[3, 0]);
        let mut header = decryptor.begin(&none);
        while !header.is_complete() {
            let mut read = Box::pin(header.read_from_async(&mut source));
            let polled = poll_fn(|cx| Poll::Ready(Pin::new(&mut read).poll(cx))).await;
            if let Poll::Ready(read) = polled {
                read.unwrap();
            }
        }
        let mut reader = DecryptingReader::new(header.open().await.unwrap(), source);
        let mut found = Vec::new();
        loop {
            let mut buffer = [0; 7];
            let mut read = Box::pin(AsyncReadExt::read(&mut reader, &mut buffer));
            match poll_fn(|cx| Poll::Ready(Pin::new(&mut read).poll(cx))).await {
                Poll::Pending => {}
                Poll::Ready(Ok(0)) => break,
                Poll::Ready(len) => {
                    let len = len.unwrap();
                    drop(read);
                    found.extend_from_slice(&buffer[..len]);
                }
            }
        }
        assert_eq!(found, plaintext);
        assert_eq!(reader.authenticated().unwrap().suite(), SUITE);
    });
}
