//! Messages on several threads, against the same on one.
//!
//! A frame counts for a KiB more than is in it, so frames of a few bytes make long messages of a few KiB.

use crate::{
    cases, context,
    keyrings::raw,
    messages::{plaintext, reader, writer},
    run,
};
use leeward_envelope::{AlgorithmSuite, DecryptError, Decryptor, Encryptor};
use proptest::prelude::*;
use std::{
    num::{NonZeroU32, NonZeroUsize},
    pin::pin,
    task::{Context, Poll, Waker},
};

const SIGNED: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitEcdsaP384;

fn encryptor(suite: AlgorithmSuite, frame_length: u32, threads: usize) -> Encryptor {
    writer(raw(), suite)
        .with_frame_length(NonZeroU32::new(frame_length).unwrap())
        .with_parallelism(NonZeroUsize::new(threads).unwrap())
        .build()
        .unwrap()
}

fn decryptor(threads: usize) -> Decryptor {
    reader(raw())
        .with_parallelism(NonZeroUsize::new(threads).unwrap())
        .with_max_frame_length(None)
        .build()
        .unwrap()
}

fn any_suite() -> impl Strategy<Value = AlgorithmSuite> {
    prop::sample::select(AlgorithmSuite::ALL.to_vec())
}

fn any_threads() -> impl Strategy<Value = usize> {
    prop::sample::select(vec![1, 2, 3, 8])
}

/// A frame length, and a number of bytes: short frames in their thousands, or long ones, up to one that is all.
fn any_shape() -> impl Strategy<Value = (u32, usize)> {
    let long = prop::sample::select(vec![4096, 65_536, 1 << 20, (1 << 20) + 1, u32::MAX]);
    let near = prop::sample::select(vec![-1, 0, 1]);
    let short = (1_u32..20, 1000_usize..20_000, near.clone());
    prop_oneof![
        4 => short.prop_map(|(frame_length, frames, more)| {
            (frame_length, (frames * frame_length as usize).saturating_add_signed(more))
        }),
        1 => (long, 0_usize..4, near).prop_map(|(frame_length, mib, more)| {
            (frame_length, (mib << 20).saturating_add_signed(more))
        }),
    ]
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn what_some_threads_write_others_read(
        suite in any_suite(),
        (frame_length, len) in any_shape(),
        writers in any_threads(),
        readers in any_threads(),
    ) {
        let pairs = context(&[("a", "1")]);
        let plaintext = plaintext(len);
        let encryptor = encryptor(suite, frame_length, writers);
        let message = run(encryptor.encrypt(&plaintext, &pairs)).unwrap();
        let foretold = run(encryptor.begin(&pairs, Some(len as u64))).unwrap();
        prop_assert_eq!(foretold.message_len(), Some(message.len() as u64));
        for threads in [1, readers] {
            let decrypted = run(decryptor(threads).decrypt(&message)).unwrap();
            prop_assert!(decrypted.plaintext() == plaintext, "by {} threads", threads);
        }
    }

    #[test]
    fn a_buffer_holds_what_it_held_and_the_message(
        suite in any_suite(),
        (frame_length, len) in any_shape(),
        threads in any_threads(),
        held in 0_usize..200_000,
        room in 0_usize..200_000,
    ) {
        let (pairs, plaintext) = (context(&[]), plaintext(len));
        let (encryptor, decryptor) = (encryptor(suite, frame_length, threads), decryptor(threads));
        let buffer = || {
            let mut buffer = Vec::with_capacity(held + room);
            buffer.resize(held, 9);
            buffer
        };
        let mut behind = buffer();
        run(encryptor.encrypt_into(&plaintext, &pairs, &mut behind)).unwrap();
        let (before, message) = behind.split_at(held);
        prop_assert!(before.iter().all(|byte| *byte == 9));
        let mut over = buffer();
        run(encryptor.encrypt_over(&plaintext, &pairs, &mut over)).unwrap();
        for message in [message, &over] {
            let mut opened = buffer();
            run(decryptor.decrypt_into(message, &pairs, &mut opened)).unwrap();
            let (before, opened) = opened.split_at(held);
            prop_assert!(before.iter().all(|byte| *byte == 9) && opened == plaintext);
            let mut opened = buffer();
            run(decryptor.decrypt_over(message, &pairs, &mut opened)).unwrap();
            prop_assert!(opened == plaintext);
        }
    }

    #[test]
    fn what_is_changed_anywhere_is_refused_as_one_thread_refuses_it(
        suite in any_suite(),
        frame_length in 1_u32..20,
        frames in 1000_usize..9000,
        at in any::<prop::sample::Index>(),
        edit in 0_u8..4,
        byte in 1_u8..,
        threads in prop::sample::select(vec![2, 3, 8]),
    ) {
        let none = context(&[]);
        let plaintext = plaintext(frames * frame_length as usize);
        let encryptor = encryptor(suite, frame_length, threads);
        let mut message = run(encryptor.encrypt(&plaintext, &none)).unwrap();
        let at = at.index(message.len());
        match edit {
            0 | 1 => message[at] ^= byte,
            2 => message.truncate(at),
            _ => message.push(byte),
        }
        let refused = [1, threads].map(|threads| {
            let mut out = b"before".to_vec();
            let refused = run(decryptor(threads).decrypt_into(&message, &none, &mut out));
            assert_eq!(out, b"before");
            let over = run(decryptor(threads).decrypt_over(&message, &none, &mut out));
            assert!(out.is_empty());
            [refused, over].map(|refused| refused.unwrap_err().to_string())
        });
        prop_assert_eq!(&refused[0], &refused[1]);
    }
}

#[test]
fn every_frame_of_a_long_message_is_verified() {
    let none = context(&[]);
    for suite in [AlgorithmSuite::Aes256GcmHkdfSha512Commit, SIGNED] {
        let (frame_length, frames) = (1 << 16, 300);
        let message = run(encryptor(suite, frame_length, 2)
            .encrypt(&plaintext(frames * frame_length as usize), &none))
        .unwrap();
        let body_at = message.len() % (frame_length as usize + 32);
        for frame in [0, 3, 4, 155, 156, 157, 158, 298, 299] {
            let mut message = message.clone();
            message[body_at + frame * (frame_length as usize + 32) + 100] ^= 1;
            let refused = run(decryptor(2).decrypt(&message)).unwrap_err();
            assert!(matches!(refused, DecryptError::Unauthentic), "{frame}");
        }
    }
}

/// Polls so often, and answers whether it came to its end by then.
fn poll<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    (0..times).find_map(|_| match future.as_mut().poll(&mut cx) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    })
}

#[test]
fn a_future_that_is_given_up_after_any_turn_leaves_its_buffer_as_it_was() {
    let (plaintext, none) = (plaintext(64 << 10), context(&[]));
    for suite in [AlgorithmSuite::Aes256GcmHkdfSha512Commit, SIGNED] {
        let (encryptor, decryptor) = (encryptor(suite, 1, 2), decryptor(2));
        let message = run(encryptor.encrypt(&plaintext, &none)).unwrap();
        let mut out = b"before".to_vec();
        let mut given_up = 0;
        while poll(
            encryptor.encrypt_into(&plaintext, &none, &mut out),
            given_up,
        )
        .is_none()
        {
            assert_eq!(out, b"before");
            given_up += 1;
        }
        assert!(given_up > 4, "{given_up}");
        out.truncate(6);
        given_up = 0;
        while poll(decryptor.decrypt_into(&message, &none, &mut out), given_up).is_none() {
            assert_eq!(out, b"before");
            given_up += 1;
        }
        assert!(given_up > 4, "{given_up}");
        assert!(out[6..] == plaintext);
    }
}

#[test]
fn long_messages_of_a_crowd_take_turns_on_two_workers() {
    // As many as 32 MiB for the cipher.
    let (plaintext, none) = (plaintext(32 << 10), context(&[]));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let (encryptor, decryptor) = (
        encryptor(AlgorithmSuite::Aes256GcmHkdfSha512Commit, 1, 2),
        decryptor(2),
    );
    let mut messages = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let (encryptor, decryptor) = (encryptor.clone(), decryptor.clone());
        let (plaintext, none) = (plaintext.clone(), none.clone());
        let message = async move {
            let (sealing, message) = turns(encryptor.encrypt(&plaintext, &none)).await;
            let message = message.unwrap();
            let (opening, opened) = turns(decryptor.decrypt(&message)).await;
            assert!(opened.unwrap().plaintext() == plaintext);
            [sealing, opening]
        };
        messages.spawn_on(message, runtime.handle());
    }
    for [sealing, opening] in runtime.block_on(messages.join_all()) {
        // Sixteen MiB for two threads, or one for one; a reader finds its way in eight turns.
        assert!((2..=33).contains(&sealing), "{sealing}");
        assert!((8 + 2..=8 + 33).contains(&opening), "{opening}");
    }
}

/// How often the future let others run.
async fn turns<F: Future>(future: F) -> (usize, F::Output) {
    let mut future = pin!(future);
    let mut turns = 0;
    let output = std::future::poll_fn(|cx| {
        let polled = future.as_mut().poll(cx);
        turns += usize::from(polled.is_pending());
        polled
    });
    let output = output.await;
    (turns, output)
}
