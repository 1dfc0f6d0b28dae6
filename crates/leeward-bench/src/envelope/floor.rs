//! What a message cannot do without, however it is written: the bare calls of the cryptographic library that suite 0x0478
//! asks for, with every byte in its place beforehand.

use super::{message, message::Shape, plaintext};
use crate::{BoxError, Subject};
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    constant_time,
    error::Unspecified,
    hmac::{self, HMAC_SHA512},
    rand,
};

const ID_LEN: usize = 32;
const TAG_LEN: usize = 16;
/// Marker, number, IV, length and tag, around the plaintext of the one frame.
const FRAME_OVERHEAD: usize = 4 + 4 + NONCE_LEN + 4 + TAG_LEN;
/// Id, text, number and length.
const AAD_LEN: usize = ID_LEN + 34 + 4 + 8;

/// A new message id, its keys, the header's tag, one frame.
pub(super) fn encrypt(shape: Shape) -> Result<Subject, BoxError> {
    let (mut parts, plaintext) = (Parts::new(shape)?, plaintext(shape.len));
    Ok(Subject::repeat(move || parts.seal(&plaintext)))
}

/// The keys of the message, its commitment compared, the header's tag verified, one frame.
pub(super) fn decrypt(shape: Shape) -> Result<Subject, BoxError> {
    let mut parts = Parts::new(shape)?;
    parts.seal(&plaintext(shape.len))?;
    let mut opened = vec![0; shape.len];
    Ok(Subject::repeat(move || parts.open(&mut opened)))
}

/// The parts of one message.
struct Parts {
    data_key: [u8; 32],
    id: [u8; ID_LEN],
    commitment: [u8; 32],
    header: Vec<u8>,
    header_tag: [u8; TAG_LEN],
    aad: [u8; AAD_LEN],
    sealed: Vec<u8>,
}

impl Parts {
    fn new(shape: Shape) -> Result<Self, BoxError> {
        let header = message::message(shape)?.len() - shape.len - FRAME_OVERHEAD;
        Ok(Self {
            data_key: [0x2a; 32],
            id: [0; ID_LEN],
            commitment: [0; 32],
            // Its own tag stands behind it.
            header: plaintext(header - TAG_LEN),
            header_tag: [0; TAG_LEN],
            aad: [7; AAD_LEN],
            sealed: vec![0; shape.len + TAG_LEN],
        })
    }

    fn seal(&mut self, plaintext: &[u8]) -> Result<(), Unspecified> {
        rand::fill(&mut self.id)?;
        let (content, commitment) = self.derive()?;
        self.commitment = commitment;
        let header = Aad::from(&self.header);
        let tag = content.seal_in_place_separate_tag(nonce(0), header, &mut [])?;
        self.header_tag.copy_from_slice(tag.as_ref());
        let (sealed, tag) = self.sealed.split_at_mut(plaintext.len());
        let aad = Aad::from(&self.aad);
        content.seal_out_of_place_scatter(nonce(1), aad, plaintext, sealed, &[], tag)
    }

    fn open(&self, plaintext: &mut [u8]) -> Result<(), Unspecified> {
        let (content, commitment) = self.derive()?;
        constant_time::verify_slices_are_equal(&commitment, &self.commitment)?;
        let header = Aad::from(&self.header);
        content.open_separate_gather(nonce(0), header, &[], &self.header_tag, &mut [])?;
        let (sealed, tag) = self.sealed.split_at(plaintext.len());
        content.open_separate_gather(nonce(1), Aad::from(&self.aad), sealed, tag, plaintext)
    }

    /// HKDF-SHA-512: one extract, and one key schedule for its two outputs.
    fn derive(&self) -> Result<(LessSafeKey, [u8; 32]), Unspecified> {
        let [mut derived, mut content, mut commitment] = [[0; 64]; 3];
        let salted = hmac::Key::new(HMAC_SHA512, &self.id);
        hmac::sign_to_buffer(&salted, &self.data_key, &mut derived)?;
        let derived = hmac::Key::new(HMAC_SHA512, &derived);
        hmac::sign_to_buffer(&derived, b"\x04\x78DERIVEKEY\x01", &mut content)?;
        hmac::sign_to_buffer(&derived, b"COMMITKEY\x01", &mut commitment)?;
        let content = UnboundKey::new(&AES_256_GCM, &content[..32])?;
        let commitment = commitment.first_chunk().ok_or(Unspecified)?;
        Ok((LessSafeKey::new(content), *commitment))
    }
}

fn nonce(number: u8) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    nonce[NONCE_LEN - 1] = number;
    Nonce::assume_unique_for_key(nonce)
}
