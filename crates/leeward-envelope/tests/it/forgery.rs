//! Messages as somebody writes them who keeps to the format and to nothing else.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    hkdf,
};
use leeward_envelope::{DataKey, EncryptedDataKey, EncryptionContext};

const SUITE: [u8; 2] = [0x04, 0x78];
const MESSAGE_ID: [u8; 32] = [0x5a; 32];

/// A message under 0x0478, unsigned, with one frame; it authenticates under the data key that it is given.
pub(crate) struct Forged<'a> {
    keys: &'a [EncryptedDataKey],
    data_key: Vec<u8>,
    sent: EncryptionContext,
    unsent: Vec<u8>,
}

impl<'a> Forged<'a> {
    /// One that authenticates under a data key that no keyring ever gave.
    pub(crate) fn new(keys: &'a [EncryptedDataKey]) -> Self {
        Self {
            keys,
            data_key: vec![0xda; 32],
            sent: EncryptionContext::empty(),
            unsent: Vec::new(),
        }
    }

    pub(crate) fn under(self, data_key: &DataKey) -> Self {
        Self {
            data_key: data_key.expose().to_vec(),
            ..self
        }
    }

    /// Puts `sent` into the header, and binds it to the one pair `unsent`, which it leaves out.
    pub(crate) fn bound_to(self, sent: EncryptionContext, unsent: (&str, &str)) -> Self {
        let (key, value) = (field(unsent.0.as_bytes()), field(unsent.1.as_bytes()));
        Self {
            sent,
            unsent: [&[0, 1], &key[..], &value].concat(),
            ..self
        }
    }

    pub(crate) fn write(&self, plaintext: &[u8]) -> Vec<u8> {
        let (content_key, commitment) = self.derived();
        let mut message = vec![2];
        message.extend(SUITE);
        message.extend(MESSAGE_ID);
        message.extend(field(self.sent.as_bytes()));
        message.extend((self.keys.len() as u16).to_be_bytes());
        for key in self.keys {
            message.extend(field(key.provider_id().as_bytes()));
            message.extend(field(key.provider_info()));
            message.extend(field(key.ciphertext()));
        }
        message.push(2);
        message.extend(4096_u32.to_be_bytes());
        message.extend(commitment);
        let authenticated = [&message[..], &self.unsent].concat();
        message.extend(seal(&content_key, 0, &authenticated, &[]));

        let len = plaintext.len();
        let about = [
            &MESSAGE_ID[..],
            b"AWSKMSEncryptionClient Final Frame",
            &1_u32.to_be_bytes(),
            &(len as u64).to_be_bytes(),
        ];
        message.extend([0xff; 4]);
        message.extend(1_u32.to_be_bytes());
        message.extend(iv(1));
        message.extend((len as u32).to_be_bytes());
        message.extend(seal(&content_key, 1, &about.concat(), plaintext));
        message
    }

    fn derived(&self) -> (LessSafeKey, [u8; 32]) {
        struct Len;
        impl hkdf::KeyType for Len {
            fn len(&self) -> usize {
                32
            }
        }
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA512, &MESSAGE_ID);
        let extracted = salt.extract(&self.data_key);
        let expanded = |info: &[&[u8]]| {
            let mut bytes = [0; 32];
            let expanded = extracted.expand(info, Len).unwrap();
            expanded.fill(&mut bytes).unwrap();
            bytes
        };
        let content_key = expanded(&[&SUITE, b"DERIVEKEY"]);
        let content_key = UnboundKey::new(&AES_256_GCM, &content_key).unwrap();
        (LessSafeKey::new(content_key), expanded(&[b"COMMITKEY"]))
    }
}

fn field(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes()[..], bytes].concat()
}

fn iv(sequence: u32) -> [u8; 12] {
    let mut iv = [0; 12];
    iv[8..].copy_from_slice(&sequence.to_be_bytes());
    iv
}

/// Ciphertext and tag.
fn seal(key: &LessSafeKey, sequence: u32, about: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let mut sealed = plaintext.to_vec();
    let nonce = Nonce::assume_unique_for_key(iv(sequence));
    key.seal_in_place_append_tag(nonce, Aad::from(about), &mut sealed)
        .unwrap();
    sealed
}
