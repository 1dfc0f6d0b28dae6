use crate::{context, forgery::Forged, keyrings::raw, raw_rsa, run};
use leeward_envelope::{
    AlgorithmSuite, DecryptError, Decryptor, EncryptedDataKey, EncryptionMaterials, Encryptor,
    EncryptorBuilder, Keyring, RawAesKeyring, RsaPadding,
};
use std::{
    num::{NonZeroU32, NonZeroUsize},
    pin::pin,
    task::{Context, Poll, Waker},
};

/// Polls to the end, and counts how often the future let others run.
fn turns<F: Future>(future: F) -> (usize, F::Output) {
    let mut future = pin!(future);
    let mut turns = 0;
    loop {
        match future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(output) => return (turns, output),
            Poll::Pending => turns += 1,
        }
    }
}

/// On the caller's thread alone.
fn encryptor() -> EncryptorBuilder {
    Encryptor::builder(raw()).with_parallelism(NonZeroUsize::MIN)
}

fn decryptor() -> Decryptor {
    let decryptor = Decryptor::builder(raw()).with_parallelism(NonZeroUsize::MIN);
    decryptor.build().unwrap()
}

#[test]
fn a_long_message_lets_others_run_about_every_mebibyte() {
    let encryptor = encryptor().build().unwrap();
    let decryptor = decryptor();
    let plaintext = vec![1; 4 << 20];
    let (turns_to_encrypt, message) = turns(encryptor.encrypt(&plaintext, &context(&[])));
    let message = message.unwrap();
    let (turns_to_decrypt, decrypted) = turns(decryptor.decrypt(&message));
    assert!(decrypted.unwrap().plaintext() == plaintext);
    // 1024 frames, each of 4 KiB and one more for its own sake.
    assert!((4..=5).contains(&turns_to_encrypt), "{turns_to_encrypt}");
    assert!((4..=5).contains(&turns_to_decrypt), "{turns_to_decrypt}");
}

#[test]
fn a_long_message_that_is_signed_lets_others_run_as_often_as_its_hash_takes() {
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitEcdsaP384;
    let encryptor = encryptor().with_suite(suite).build().unwrap();
    let (turns, message) = turns(encryptor.encrypt(&vec![1; 1 << 20], &context(&[])));
    assert!(message.is_ok());
    // 256 frames of 5 KiB each, nine times.
    assert!((11..=12).contains(&turns), "{turns}");
}

#[test]
fn a_future_that_is_given_up_between_two_turns_leaves_its_buffer_as_it_was() {
    let encryptor = encryptor().build().unwrap();
    let decryptor = decryptor();
    let (plaintext, none) = (vec![1; 4 << 20], context(&[]));
    let message = run(encryptor.encrypt(&plaintext, &none)).unwrap();
    let poll_once = |future: std::pin::Pin<&mut dyn Future<Output = bool>>| {
        let mut cx = Context::from_waker(Waker::noop());
        assert!(future.poll(&mut cx).is_pending());
    };
    let mut out = b"before".to_vec();
    poll_once(pin!(async {
        encryptor
            .encrypt_into(&plaintext, &none, &mut out)
            .await
            .is_ok()
    }));
    assert_eq!(out, b"before");
    // The first turns go by while the reader finds its way.
    let mut future = Box::pin(decryptor.decrypt_into(&message, &none, &mut out));
    for _ in 0..3 {
        let mut cx = Context::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut cx).is_pending());
    }
    drop(future);
    assert_eq!(out, b"before");
}

#[test]
fn a_future_that_is_forgotten_between_two_turns_leaves_no_plaintext_behind() {
    let none = context(&[]);
    let mut message = run(encryptor()
        .build()
        .unwrap()
        .encrypt(&vec![5; 4 << 20], &none))
    .unwrap();
    *message.last_mut().unwrap() ^= 1;
    let decryptor = decryptor();
    let mut out = Vec::with_capacity(5 << 20);
    let mut future = Box::pin(decryptor.decrypt_into(&message, &none, &mut out));
    for _ in 0..4 {
        let mut cx = Context::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut cx).is_pending());
    }
    std::mem::forget(future);
    assert_eq!(out, b"");
}

#[test]
fn several_keys_under_rsa_are_tried_in_turns() {
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512Commit;
    let writer = raw_rsa::writer(RsaPadding::OaepSha256);
    let asked = EncryptionMaterials::new(suite, context(&[]));
    let made = run(writer.on_encrypt(asked)).unwrap();
    let forged = (0..9).map(|at| EncryptedDataKey::new("here", "rsa", vec![at; 256]).unwrap());
    let keys: Vec<_> = forged.chain(made.encrypted_data_keys().to_vec()).collect();
    let message = Forged::new(&keys).under(made.data_key().unwrap());
    let message = message.write(b"x");
    let reader = Decryptor::builder(raw_rsa::reader(RsaPadding::OaepSha256));
    let reader = reader.build().unwrap();
    let (turns, decrypted) = turns(reader.decrypt(&message));
    assert_eq!(decrypted.unwrap().plaintext(), b"x");
    assert_eq!(turns, 9);
}

#[test]
fn a_short_message_never_waits() {
    let encryptor = encryptor().build().unwrap();
    let (turns, message) = turns(encryptor.encrypt(&[1; 4096], &context(&[])));
    assert_eq!(turns, 0);
    let decryptor = decryptor();
    assert!(run(decryptor.decrypt(&message.unwrap())).is_ok());
}

#[test]
fn frames_count_for_more_than_the_bytes_in_them() {
    let encryptor = encryptor()
        .with_frame_length(NonZeroU32::MIN)
        .build()
        .unwrap();
    let decryptor = decryptor();
    let plaintext = vec![1; 64 << 10];
    let (turns_to_encrypt, message) = turns(encryptor.encrypt(&plaintext, &context(&[])));
    let message = message.unwrap();
    let (turns_to_decrypt, decrypted) = turns(decryptor.decrypt(&message));
    assert!(decrypted.unwrap().plaintext() == plaintext);
    // A KiB for each frame; a reader finds its way through them before, in a quarter of that.
    assert!((63..=65).contains(&turns_to_encrypt), "{turns_to_encrypt}");
    assert!((79..=82).contains(&turns_to_decrypt), "{turns_to_decrypt}");
}

#[test]
fn a_forged_message_is_overwritten_in_turns() {
    let encryptor = encryptor().build().unwrap();
    let decryptor = decryptor();
    let mut message = run(encryptor.encrypt(&vec![1; 4 << 20], &context(&[]))).unwrap();
    let (turns_to_decrypt, _) = turns(decryptor.decrypt(&message));
    *message.last_mut().unwrap() ^= 1;
    let (turns, decrypted) = turns(decryptor.decrypt(&message));
    assert!(matches!(decrypted.unwrap_err(), DecryptError::Unauthentic));
    assert!(turns >= turns_to_decrypt + 3, "{turns}");
}

#[test]
fn a_long_signed_message_is_hashed_in_turns() {
    // A true header of the Python SDK before four MiB that nobody has signed.
    let signed = include_bytes!("../vectors/python/python-0578.message");
    let first_frame = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let body_at = signed
        .windows(first_frame.len())
        .position(|bytes| bytes == first_frame)
        .unwrap();
    let (frame_length, _) = signed[body_at - 16 - 32 - 4..].split_first_chunk().unwrap();
    let frame_length = u32::from_be_bytes(*frame_length);
    let mut message = signed[..body_at].to_vec();
    let mut sequence = 0_u32;
    while message.len() < 4 << 20 {
        sequence += 1;
        message.extend_from_slice(&sequence.to_be_bytes());
        message.resize(message.len() + 12 + frame_length as usize + 16, 0);
    }
    message.extend_from_slice(&u32::MAX.to_be_bytes());
    message.extend_from_slice(&(sequence + 1).to_be_bytes());
    message.resize(message.len() + 12 + 4 + 16, 0);
    message.extend_from_slice(&[0, 1, 0]); // the signature

    let keyring = RawAesKeyring::new("leeward", "example", &[0x2a; 32]).unwrap();
    let decryptor = Decryptor::builder(keyring)
        .with_parallelism(NonZeroUsize::MIN)
        .build()
        .unwrap();
    let (turns, decrypted) = turns(decryptor.decrypt(&message));
    assert!(matches!(decrypted.unwrap_err(), DecryptError::Unauthentic));
    // Hashing takes eight times as long as the cipher.
    assert!((31..=34).contains(&turns), "{turns}");
}
