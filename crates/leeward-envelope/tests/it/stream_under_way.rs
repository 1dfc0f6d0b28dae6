//! What a stream holds, prints and waits for meanwhile.

use crate::{
    audit::{Trail, failed},
    context,
    keyrings::raw,
    messages::write,
    run,
    stream::SIGNED,
};
use leeward_envelope::{
    AlgorithmSuite, DecryptError, Decryptor, Encryptor, MalformedMessage, SignedStreams, inspect,
};
use leeward_error_taxonomy::Category;
use leeward_resilience::TokioClock;
use std::{io, time::Duration};

#[test]
fn a_stream_holds_no_more_than_a_frame() {
    let encryptor = Encryptor::builder(raw()).build().unwrap();
    let decryptor = Decryptor::builder(raw()).build().unwrap();
    let none = context(&[]);
    let mut encryption = run(encryptor.begin(&none, None)).unwrap();
    let mut header = decryptor.begin(&none);
    let (mut message, mut plaintext) = (Vec::new(), Vec::new());
    encryption.push(&[0; 8192], &mut message).unwrap();
    let body_at = header.push(&message).unwrap();
    message.drain(..body_at);
    let mut decryption = run(header.open()).unwrap();
    let mut read = 0;
    for turn in 1..200_usize {
        decryption.push(&message, &mut plaintext).unwrap();
        read += plaintext.len();
        // What went in comes out but for a frame that may be the last.
        assert_eq!(
            read,
            8192 + (turn - 1) * 10_000 - ((8192 + (turn - 1) * 10_000 - 1) % 4096 + 1)
        );
        message.clear();
        plaintext.clear();
        encryption
            .push(&[turn as u8; 10_000], &mut message)
            .unwrap();
        assert!(message.capacity() < 4 * 10_000 && plaintext.capacity() < 4 * 10_000);
    }
}

#[test]
fn nothing_of_a_stream_prints_a_plaintext() {
    let encryptor = Encryptor::builder(raw()).build().unwrap();
    let mut encryption = run(encryptor.begin(&context(&[]), None)).unwrap();
    encryption.push(&[0xc5; 64], &mut Vec::new()).unwrap();
    let text = format!("{encryption:?}");
    assert_eq!(
        text,
        "Encryption { taken: 64, plaintext_len: None, failed: None, .. }"
    );
    fn check<T: Send + Sync>(_: &T) {}
    check(&encryption);
    let message = write(SIGNED, &[0xc5; 64], &context(&[]));
    let decryptor = Decryptor::builder(raw())
        .with_signed_streams(SignedStreams::HoldBack { max_len: 64 })
        .build()
        .unwrap();
    let mut header = decryptor.begin(&context(&[]));
    let body_at = header.push(&message).unwrap();
    check(&header);
    let mut decryption = run(header.open()).unwrap();
    decryption
        .push(&message[body_at..message.len() - 1], &mut Vec::new())
        .unwrap();
    check(&decryption);
    let text = format!("{decryption:?}");
    assert!(
        !text.contains("197") && text.contains("is_verified: false"),
        "{text}"
    );
}

#[test]
fn what_waits_for_the_keyring_may_move_between_threads() {
    fn check<T: Send>(future: T) -> T {
        future
    }
    let encryptor = Encryptor::builder(raw()).build().unwrap();
    let decryptor = Decryptor::builder(raw()).build().unwrap();
    let none = context(&[]);
    let message = run(check(encryptor.encrypt(b"x", &none))).unwrap();
    drop(run(check(encryptor.begin(&none, None))).unwrap());
    assert!(run(check(decryptor.decrypt_with_context(&message, &none))).is_ok());
    let mut header = decryptor.begin(&none);
    header.push(&message).unwrap();
    assert!(run(check(header.open())).is_ok());
}

#[test]
fn a_header_that_is_opened_too_early_is_truncated() {
    let decryptor = Decryptor::builder(raw()).build().unwrap();
    let mut header = decryptor.begin(&context(&[]));
    assert_eq!(header.push(&[2, 4]).unwrap(), 2);
    assert!(!header.is_complete());
    let error = run(header.open()).map(drop).unwrap_err();
    assert!(matches!(
        error,
        DecryptError::Malformed(MalformedMessage::Truncated { len: 2, .. })
    ));
}

#[test]
fn a_stream_that_ends_inside_its_header_is_told_as_failed() {
    let trail = Trail::default();
    let message = write(
        AlgorithmSuite::Aes256GcmHkdfSha512Commit,
        b"x",
        &context(&[]),
    );
    let header_len = inspect(&message).unwrap().header_len();
    for len in 0..header_len {
        let (mut header, mut source) = (trail.decryptor().begin(&context(&[])), &message[..len]);
        for _ in 0..2 {
            let error = header.read_from(&mut source).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        }
        let event = trail.only();
        assert_eq!(failed(&event), Some(Category::Validation));
        assert_eq!(event.message_len, len as u64);
        drop(header);
        assert!(trail.take().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn the_duration_counts_what_a_stream_waits_between_its_parts() {
    let trail = Trail::default();
    let audit = trail.audit().with_clock(TokioClock::new());
    let encryptor = Encryptor::builder(raw()).with_audit(audit).build().unwrap();
    let (none, mut message) = (context(&[]), Vec::new());
    let mut encryption = encryptor.begin(&none, None).await.unwrap();
    tokio::time::advance(Duration::from_secs(3)).await;
    encryption.push(b"attack", &mut message).unwrap();
    tokio::time::advance(Duration::from_millis(250)).await;
    encryption.finish(&mut message).unwrap();
    tokio::time::advance(Duration::from_secs(9)).await;
    assert_eq!(trail.only().duration, Duration::from_millis(3250));
}
