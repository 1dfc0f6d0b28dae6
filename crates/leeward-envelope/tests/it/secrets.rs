use crate::{
    context,
    keyrings::{Fixed, raw},
    run,
};
use leeward_envelope::{
    CachePolicy, DataKey, DecryptingReader, DecryptingWriter, DecryptionMaterials, Decryptor,
    EncryptedDataKey, EncryptingReader, EncryptingWriter, EncryptionMaterials, Encryptor,
};
use std::{
    fmt::Debug,
    io::{Read, Write},
};

/// What no output may show.
const SECRET: [u8; 32] = [0xc5; 32];

/// Fails if the debug output shows eight equal bytes `0xc5` in a row, in whatever notation.
#[track_caller]
fn check(value: &dyn Debug) {
    for text in [format!("{value:?}"), format!("{value:#?}")] {
        let squeezed: String = text
            .chars()
            .filter(|char| char.is_alphanumeric())
            .collect::<String>()
            .to_lowercase()
            .replace("0x", "");
        for notation in ["197", "c5", "xc5", "Å"] {
            assert!(!squeezed.contains(&notation.repeat(8)), "{text}");
        }
    }
}

#[test]
fn nothing_prints_a_key_or_a_plaintext() {
    let secret = SECRET;
    let keyring = leeward_envelope::RawAesKeyring::new("tests", "key", &secret).unwrap();
    check(&keyring);
    let policy = CachePolicy::default();
    let encryptor = Encryptor::builder(keyring)
        .with_cache(policy.clone())
        .build()
        .unwrap();
    let message = run(encryptor.encrypt(&secret, &context(&[]))).unwrap();
    check(&encryptor);

    let keyring = leeward_envelope::RawAesKeyring::new("tests", "key", &secret).unwrap();
    let decryptor = Decryptor::builder(keyring)
        .with_cache(policy)
        .build()
        .unwrap();
    let decrypted = run(decryptor.decrypt(&message)).unwrap();
    check(&decryptor);
    check(&decrypted);
    assert_eq!(
        format!("{decrypted:?}"),
        "Decrypted { plaintext_len: 32, context: {}, suite: Aes256GcmHkdfSha512Commit }"
    );
}

#[test]
fn nothing_under_way_prints_a_key_or_a_plaintext() {
    let keyring = || leeward_envelope::RawAesKeyring::new("tests", "key", &SECRET).unwrap();
    let none = context(&[]);
    let encryptor = Encryptor::builder(keyring())
        .with_frame_length(std::num::NonZeroU32::new(20).unwrap())
        .build()
        .unwrap();
    let decryptor = Decryptor::builder(keyring()).build().unwrap();
    let begin = || run(encryptor.begin(&none, None)).unwrap();
    let message = run(encryptor.encrypt(&SECRET, &none)).unwrap();
    let open = || {
        let mut header = decryptor.begin(&none);
        let mut source = &message[..];
        header.read_from(&mut source).unwrap();
        check(&header);
        (run(header.open()).unwrap(), source)
    };

    let mut encryption = begin();
    encryption.push(&SECRET, &mut Vec::new()).unwrap();
    check(&encryption);
    let (mut decryption, body) = open();
    let mut plaintext = Vec::new();
    // A frame has been released, and of the next all but the last byte is held.
    decryption
        .push(&body[..body.len() - 1], &mut plaintext)
        .unwrap();
    assert_eq!(plaintext, SECRET[..20]);
    check(&decryption);

    let mut reader = EncryptingReader::new(begin(), &SECRET[..]);
    reader.read_exact(&mut [0; 1]).unwrap();
    check(&reader);
    let (decryption, body) = open();
    let mut reader = DecryptingReader::new(decryption, body);
    reader.read_exact(&mut [0; 1]).unwrap();
    check(&reader);
    let mut writer = EncryptingWriter::new(begin(), std::io::sink());
    writer.write_all(&SECRET).unwrap();
    check(&writer);
    let (decryption, body) = open();
    let mut writer = DecryptingWriter::new(decryption, std::io::sink());
    writer.write_all(body).unwrap();
    check(&writer);

    let ranges = run(decryptor.open_ranges(&message[..], &none)).unwrap();
    assert_eq!(run(ranges.read_range(0..32)).unwrap(), SECRET);
    check(&ranges);
}

#[cfg(feature = "stream")]
#[test]
fn no_stream_prints_a_plaintext() {
    use futures_util::{StreamExt, stream};
    use leeward_envelope::{DecryptingStream, EncryptingStream};

    let none = context(&[]);
    let encryptor = Encryptor::builder(raw()).build().unwrap();
    let decryptor = Decryptor::builder(raw()).build().unwrap();
    let plaintext = || stream::iter([Ok::<_, std::io::Error>(&SECRET[..]), Ok(&SECRET[..])]);
    run(async {
        let encryption = encryptor.begin(&none, None).await.unwrap();
        let mut message = EncryptingStream::new(encryption, plaintext());
        message.next().await.unwrap().unwrap();
        check(&message);
        let encryption = encryptor.begin(&none, None).await.unwrap();
        let message = EncryptingStream::new(encryption, plaintext());
        let mut opened = DecryptingStream::open(&decryptor, message, &none)
            .await
            .unwrap();
        check(&opened);
        opened.next().await.unwrap().unwrap();
        check(&opened);
    });
}

#[test]
fn no_materials_print_a_data_key() {
    let suite = Encryptor::builder(raw()).build().unwrap().suite();
    let data_key = || DataKey::new(SECRET.to_vec());
    check(&data_key());
    let made = EncryptionMaterials::new(suite, context(&[("a", "1")]));
    let made = made.with_data_key(data_key()).unwrap();
    let wrapped = EncryptedDataKey::new("tests", "key", SECRET).unwrap();
    check(&wrapped);
    check(&made.with_encrypted_data_key(wrapped));
    let found = DecryptionMaterials::new(suite, context(&[("a", "1")]));
    check(&found.with_data_key(data_key()).unwrap());
}

#[test]
fn the_plaintext_of_a_message_is_handed_over_as_it_lies() {
    let message = run(Encryptor::builder(raw())
        .build()
        .unwrap()
        .encrypt(&SECRET, &context(&[])));
    let decryptor = Decryptor::builder(raw()).build().unwrap();
    let decrypted = run(decryptor.decrypt(&message.unwrap())).unwrap();
    let place = decrypted.plaintext().as_ptr();
    let plaintext = decrypted.into_plaintext();
    // No copy stays behind, and nothing was wiped.
    assert_eq!((plaintext.as_ptr(), &plaintext[..]), (place, &SECRET[..]));
}

#[test]
fn the_check_above_finds_a_key_that_is_printed() {
    let printed = Fixed {
        data_key: vec![0xc5; 32],
        wrapped: Vec::new(),
    };
    let text = format!("{printed:?}");
    assert!(text.contains("197, 197"));
    assert!(std::panic::catch_unwind(|| check(&printed)).is_err());
    check(&raw());
}

#[test]
fn encryptors_may_be_shared_among_threads() {
    fn check<T: Clone + Send + Sync + 'static>() {}
    check::<Encryptor>();
    check::<Decryptor>();
}
