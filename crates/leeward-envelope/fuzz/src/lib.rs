//! What each fuzz target does with its bytes. `tests/it/fuzz.rs` compiles this file as well and replays the corpus with it, on
//! the stable toolchain; hence nothing but the public API of leeward-envelope, and nothing of libFuzzer, is used here.

use leeward_envelope::{
    CommitmentPolicy, DataKey, DecryptError, DecryptionMaterials, Decryptor, EncryptedDataKey,
    EncryptionContext, Inspection, Keyring, KeyringError, MultiKeyring, RangeError, RawAesKeyring,
    RawRsaKeyring, RsaPadding, SignedStreams, inspect,
};
use std::{
    pin::pin,
    sync::LazyLock,
    task::{Context, Poll, Waker},
};

/// What the messages below hold: two full frames and a part of one.
pub const PLAINTEXT: &[u8] = b"two frames of sixteen bytes, and a bit";

/// A message of each kind that bodies and footers are grafted onto, under the wrapping key of [`aes`].
pub const MESSAGES: [&[u8]; 4] = [
    include_bytes!("../messages/0014.message"),
    include_bytes!("../messages/0214.message"),
    include_bytes!("../messages/0478.message"),
    include_bytes!("../messages/0578.message"),
];

/// Reads `data` as the beginning of a message: whole, and as it would come in pieces.
pub fn header(data: &[u8]) {
    let whole = inspect(data);
    if let Ok(found) = &whole {
        // Claims are held to what is there.
        assert!(found.header_len() <= data.len());
        let len = found.plaintext_len().unwrap_or_default();
        assert!(len <= (data.len() - found.header_len()) as u64);
        let _ = found.to_string();
    }
    for size in [1, 7, data.len().max(1)] {
        let mut header = decryptor().begin(&EncryptionContext::empty());
        let mut read = 0;
        let pushed = data.chunks(size).try_for_each(|chunk| {
            read += header.push(chunk)?;
            Ok::<_, DecryptError>(())
        });
        match (&whole, pushed) {
            (Ok(found), pushed) => {
                pushed.expect("a header that is whole is read in pieces");
                assert!(header.is_complete());
                assert_eq!(read, found.header_len());
            }
            (Err(_), Ok(())) => {
                assert!(read <= data.len());
                if header.is_complete() {
                    // Either it breaks the format itself, or what is behind it does.
                    let opened = run(header.open());
                    assert!(opened.is_err() || inspect(&data[..read]).is_ok());
                }
            }
            (Err(_), Err(error)) => {
                let again = header.push(&[]).expect_err("it failed before");
                assert_eq!(again.to_string(), error.to_string());
            }
        }
    }
}

/// Reads `data` behind the header of a message that its first byte chooses.
pub fn body(data: &[u8]) {
    let Some((choice, body)) = data.split_first() else {
        return;
    };
    let message = MESSAGES[usize::from(*choice) % MESSAGES.len()];
    let header = &message[..header_len(message)];
    read_both_ways(message, &[header, body].concat());
}

/// Reads `data` in the place of the signature of a message that its first byte chooses.
pub fn footer(data: &[u8]) {
    let Some((choice, footer)) = data.split_first() else {
        return;
    };
    let signed = [1, 3];
    let message = MESSAGES[signed[usize::from(*choice) % signed.len()]];
    let end = header_len(message) + body_len(message);
    read_both_ways(message, &[&message[..end], footer].concat());
}

/// Has a wrapped key unwrapped that says and holds what `data` does, by every keyring of this crate.
pub fn wrapped_key(data: &[u8]) {
    let Some((info_len, rest)) = data.split_first() else {
        return;
    };
    let (info, ciphertext) = rest.split_at(usize::from(*info_len).min(rest.len()));
    for (provider_id, keyring) in &*KEYRINGS {
        let key = EncryptedDataKey::new(*provider_id, info, ciphertext);
        let Ok(key) = key else { return };
        let _ = key.to_string();
        let suite = leeward_envelope::AlgorithmSuite::Aes256GcmHkdfSha512Commit;
        let materials = DecryptionMaterials::new(suite, EncryptionContext::empty());
        match run(keyring.on_decrypt(materials, &[key])) {
            Ok(materials) => {
                let key = materials.data_key().map(DataKey::expose);
                assert_eq!(key.map(<[u8]>::len), Some(suite.data_key_len()));
            }
            Err(error) => assert!(
                matches!(
                    error,
                    KeyringError::Unauthentic | KeyringError::NoMatchingKey { .. }
                ),
                "a forged key is told in one way only: {error}"
            ),
        }
    }
}

/// The keyring that [`MESSAGES`] were written with.
pub fn aes() -> RawAesKeyring {
    RawAesKeyring::new("fuzz", "key", &[7; 32]).expect("the names and the key are good")
}

fn rsa(padding: RsaPadding) -> RawRsaKeyring {
    RawRsaKeyring::builder("fuzz", "key", padding)
        .with_private_pem(include_str!("../messages/rsa.pem"))
        .build()
        .expect("the key is good")
}

static KEYRINGS: LazyLock<Vec<(&str, Box<dyn Keyring>)>> = LazyLock::new(|| {
    let both = MultiKeyring::builder()
        .with_generator(aes())
        .with_child(rsa(RsaPadding::OaepSha256))
        .build()
        .expect("it has keyrings");
    vec![
        ("fuzz", Box::new(aes())),
        ("fuzz", Box::new(rsa(RsaPadding::Pkcs1))),
        ("fuzz", Box::new(rsa(RsaPadding::OaepSha256))),
        ("fuzz", Box::new(both)),
        ("another", Box::new(aes())),
    ]
});

fn decryptor() -> Decryptor {
    Decryptor::builder(aes())
        .with_commitment_policy(CommitmentPolicy::RequireEncryptAllowDecrypt)
        .with_signed_streams(SignedStreams::ReleaseUnverified)
        .with_max_encrypted_data_keys(None)
        .with_max_header_len(None)
        .with_max_frame_length(None)
        .build()
        .expect("nothing in it can be refused")
}

/// Buffers and streams agree, and accept nothing but what was written, or signed anew with the same key.
fn read_both_ways(original: &[u8], message: &[u8]) {
    let decryptor = decryptor();
    let expected = EncryptionContext::empty();
    let whole = run(decryptor.decrypt(message));
    if let Ok(decrypted) = &whole {
        assert_eq!(decrypted.plaintext(), PLAINTEXT);
        let signed = header_len(original) + body_len(original);
        assert_eq!(message[..signed], original[..signed]);
    }
    for size in [1, 13, message.len()] {
        let mut released = Vec::new();
        let streamed = stream(&decryptor, &expected, message.chunks(size), &mut released);
        assert_eq!(streamed.is_ok(), whole.is_ok(), "in pieces of {size}");
        // Frames that were released before the fault was found are the first of those that were written.
        assert!(PLAINTEXT.starts_with(&released));
        // All of it only if the message is whole and goes on, which its end alone shows.
        let is_all = released.len() == PLAINTEXT.len();
        assert!(streamed.is_ok() || !is_all || message.starts_with(original));
    }
    read_parts(&decryptor, message, whole.is_ok());
}

/// What is read by itself is what was written there, whatever became of the rest; of a message that is whole all can be read.
fn read_parts(decryptor: &Decryptor, message: &[u8], is_whole: bool) {
    let reader = match run(decryptor.open_ranges(message, &EncryptionContext::empty())) {
        Ok(reader) => reader,
        Err(RangeError::Signed { .. }) => return,
        Err(error) => return assert!(!is_whole, "{error}"),
    };
    for range in [0..1, 3..17, 20..u64::MAX, 0..u64::MAX] {
        match run(reader.read_range(range.clone())) {
            Ok(part) => {
                let end = PLAINTEXT.len().min(range.end as usize);
                assert_eq!(part, PLAINTEXT[range.start as usize..end]);
            }
            Err(error) => assert!(!is_whole, "{error}"),
        }
    }
    let proven = run(reader.prove_len()).ok();
    assert!(proven == Some(PLAINTEXT.len() as u64) || proven.is_none() && !is_whole);
}

fn stream<'a>(
    decryptor: &Decryptor,
    expected: &EncryptionContext,
    mut chunks: impl Iterator<Item = &'a [u8]>,
    released: &mut Vec<u8>,
) -> Result<(), DecryptError> {
    let mut header = decryptor.begin(expected);
    let mut left = &[][..];
    while !header.is_complete() {
        let Some(chunk) = chunks.next() else {
            // Not a whole header: what opening it says is not asked here.
            return Err(inspect(&[]).expect_err("nothing is no message"));
        };
        left = &chunk[header.push(chunk)?..];
    }
    let mut decryption = run(header.open())?;
    for chunk in [left].into_iter().chain(chunks) {
        decryption.push(chunk, released)?;
    }
    decryption.finish().map(drop)
}

fn inspected(message: &[u8]) -> Inspection {
    inspect(message).expect("the messages above are whole")
}

fn header_len(message: &[u8]) -> usize {
    inspected(message).header_len()
}

/// Frames of sixteen bytes, each with 32 more, and eight in the last.
fn body_len(message: &[u8]) -> usize {
    let frame_length = inspected(message).frame_length();
    let frame_length = frame_length.map_or(1, |len| len.get() as usize);
    PLAINTEXT.len() + PLAINTEXT.len().div_ceil(frame_length) * 32 + 8
}

/// Runs a future that never waits: all keys are here.
fn run<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
