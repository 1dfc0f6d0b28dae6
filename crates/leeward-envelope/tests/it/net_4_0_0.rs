//! Messages as ESDK-NET 4.0.0 wrote them. All are made by hand here, after what is known of how that release departed from
//! the format: no message that it wrote itself is among the vectors, and none is public.

use crate::{context, keyrings::Fixed, messages::reader, run};
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    hkdf,
};
use leeward_envelope::DecryptError;

const DATA_KEY: [u8; 32] = [3; 32];

struct Len(usize);

impl hkdf::KeyType for Len {
    fn len(&self) -> usize {
        self.0
    }
}

fn derive(algorithm: hkdf::Algorithm, salt: &[u8], info: &[&[u8]]) -> [u8; 32] {
    let prk = hkdf::Salt::new(algorithm, salt).extract(&DATA_KEY);
    let mut output = [0; 32];
    prk.expand(info, Len(32))
        .unwrap()
        .fill(&mut output)
        .unwrap();
    output
}

/// A message of one final frame; `is_net` chooses the departures of that version.
fn message(is_v2: bool, is_net: bool) -> Vec<u8> {
    let id = [7; 32];
    let id = if is_v2 { &id[..] } else { &id[..16] };
    let suite: [u8; 2] = if is_v2 { [4, 0x78] } else { [1, 0x78] };
    let mut header = if is_v2 { vec![2] } else { vec![1, 0x80] };
    header.extend_from_slice(&suite);
    header.extend_from_slice(id);
    // No context; one wrapped key of provider "p".
    header.extend_from_slice(&[0, 0, 0, 1, 0, 1, b'p', 0, 0, 0, 1, b'k', 2]);
    if !is_v2 {
        header.extend_from_slice(&[0, 0, 0, 0, 12]);
    }
    header.extend_from_slice(&[0, 0, 16, 0]);
    let key = if is_v2 {
        header.extend_from_slice(&derive(hkdf::HKDF_SHA512, id, &[b"COMMITKEY"]));
        derive(hkdf::HKDF_SHA512, id, &[&suite, b"DERIVEKEY"])
    } else {
        let id = if is_net { &[][..] } else { id };
        derive(hkdf::HKDF_SHA256, &[0; 32], &[&suite, id])
    };
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).unwrap());
    let seal = |iv: [u8; 12], aad: &[u8], text: &mut [u8]| {
        let nonce = Nonce::assume_unique_for_key(iv);
        let tag = key.seal_in_place_separate_tag(nonce, Aad::from(aad), text);
        tag.unwrap().as_ref().to_vec()
    };
    let count: &[u8] = if is_net { &[0, 0] } else { &[] };
    let tag = seal([0; 12], &[&header, count].concat(), &mut []);
    if !is_v2 {
        header.extend_from_slice(&[0; 12]);
    }
    header.extend_from_slice(&tag);
    let mut iv = [0; 12];
    iv[11] = 1;
    let mut text = *b"attack";
    let aad = [
        id,
        b"AWSKMSEncryptionClient Final Frame",
        &[0, 0, 0, 1],
        &[0, 0, 0, 0, 0, 0, 0, 6],
    ];
    let tag = seal(iv, &aad.concat(), &mut text);
    [
        &header,
        &[0xff; 4][..],
        &[0, 0, 0, 1],
        &iv,
        &[0, 0, 0, 6],
        &text,
        &tag,
    ]
    .concat()
}

#[test]
fn are_read_if_that_was_asked_for_and_never_else() {
    let keyring = || Fixed {
        data_key: DATA_KEY.to_vec(),
        wrapped: Vec::new(),
    };
    for is_v2 in [false, true] {
        for (is_net, are_read) in [(false, false), (false, true), (true, false), (true, true)] {
            let decryptor = reader(keyring())
                .with_net_4_0_0_messages(are_read)
                .build()
                .unwrap();
            let message = message(is_v2, is_net);
            let case = format!("version 2: {is_v2}, of .NET 4.0.0: {is_net}, read: {are_read}");
            match run(decryptor.decrypt(&message)) {
                Ok(decrypted) => {
                    assert!(!is_net || are_read, "{case}");
                    assert_eq!(decrypted.plaintext(), b"attack", "{case}");
                }
                Err(error) => {
                    assert!(is_net && !are_read, "{case}: {error}");
                    assert!(matches!(error, DecryptError::Unauthentic), "{case}");
                }
            }
        }
    }
}

#[test]
fn are_bound_to_their_context_all_the_same() {
    let keyring = Fixed {
        data_key: DATA_KEY.to_vec(),
        wrapped: Vec::new(),
    };
    let decryptor = reader(keyring)
        .with_net_4_0_0_messages(true)
        .build()
        .unwrap();
    let expected = context(&[("tenant", "acme")]);
    let error = run(decryptor.decrypt_with_context(&message(true, true), &expected)).unwrap_err();
    assert!(matches!(error, DecryptError::Unauthentic));
}
