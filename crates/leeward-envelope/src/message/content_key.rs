use super::{
    body::{self, Kind, Piece, PieceAad},
    header::{Header, MESSAGE_ID_LEN_V2},
};
use crate::cipher::TAG_LEN;
use aws_lc_rs::{
    aead::{Aad, LessSafeKey, Nonce},
    error::Unspecified,
};

/// The key of one message, and the id that it is bound to.
pub(super) struct ContentKey {
    cipher: LessSafeKey,
    message_id: [u8; MESSAGE_ID_LEN_V2],
    message_id_len: usize,
}

impl ContentKey {
    pub(super) fn new(cipher: LessSafeKey, message_id: &[u8]) -> Result<Self, Unspecified> {
        let mut id = [0; MESSAGE_ID_LEN_V2];
        let start = id.get_mut(..message_id.len()).ok_or(Unspecified)?;
        start.copy_from_slice(message_id);
        Ok(Self {
            cipher,
            message_id: id,
            message_id_len: message_id.len(),
        })
    }

    /// The tag over a header and the pairs that it leaves out.
    ///
    /// Specification: message-header, "Header Authentication".
    pub(super) fn seal_header(
        &self,
        header: &[u8],
        unsent: &[u8],
    ) -> Result<[u8; TAG_LEN], Unspecified> {
        let nonce = body::nonce(0);
        let tag = if unsent.is_empty() {
            let aad = Aad::from(header);
            self.cipher.seal_in_place_separate_tag(nonce, aad, &mut [])
        } else {
            let aad = Aad::from([header, unsent].concat());
            self.cipher.seal_in_place_separate_tag(nonce, aad, &mut [])
        }?;
        tag.as_ref().try_into().map_err(|_| Unspecified)
    }

    pub(super) fn verify_header(
        &self,
        header: &Header<'_>,
        unsent: &[u8],
    ) -> Result<(), Unspecified> {
        let nonce = Nonce::assume_unique_for_key(*header.iv);
        let (stated, tag) = (header.authenticated, header.tag);
        if unsent.is_empty() {
            let aad = Aad::from(stated);
            self.cipher
                .open_separate_gather(nonce, aad, &[], tag, &mut [])
        } else {
            let aad = Aad::from([stated, unsent].concat());
            self.cipher
                .open_separate_gather(nonce, aad, &[], tag, &mut [])
        }
    }

    /// Encrypts a piece into `sealed`, which has room for it and its tag.
    pub(super) fn seal(
        &self,
        kind: Kind,
        sequence: u32,
        plaintext: &[u8],
        sealed: &mut [u8],
    ) -> Result<(), Unspecified> {
        let aad = PieceAad::new(self.message_id(), kind, sequence, plaintext.len());
        let (ciphertext, tag) = sealed
            .split_at_mut_checked(plaintext.len())
            .ok_or(Unspecified)?;
        self.cipher.seal_out_of_place_scatter(
            body::nonce(sequence),
            Aad::from(aad),
            plaintext,
            ciphertext,
            &[],
            tag,
        )
    }

    /// Decrypts a piece, whose place and length its tag proves; what it leaves there on failure is to be wiped.
    pub(super) fn open(&self, piece: &Piece<'_>, plaintext: &mut [u8]) -> Result<(), Unspecified> {
        let len = piece.ciphertext.len();
        let aad = PieceAad::new(self.message_id(), piece.kind, piece.sequence, len);
        self.cipher.open_separate_gather(
            Nonce::assume_unique_for_key(*piece.iv),
            Aad::from(aad),
            piece.ciphertext,
            piece.tag,
            plaintext,
        )
    }

    fn message_id(&self) -> &[u8] {
        &self.message_id[..self.message_id_len]
    }
}
