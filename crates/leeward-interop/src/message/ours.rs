use leeward_envelope::{
    AlgorithmSuite, CachePolicy, CommitmentPolicy, Decryptor, EncryptionContext, Encryptor,
    Keyring, SignedStreams,
};
use std::{error::Error, num::NonZeroU32, sync::Arc, time::Duration};

/// Both sides write frames of this length.
pub(crate) const FRAME_LENGTH: NonZeroU32 = NonZeroU32::new(4096).expect("not zero");
/// Neither the length of a frame nor of a field.
const CHUNK_LEN: usize = 1000;

/// Our side of one group and suite.
pub(crate) struct Ours {
    encryptor: Encryptor,
    decryptor: Decryptor,
}

impl Ours {
    pub(crate) fn new(
        writer: Arc<dyn Keyring>,
        reader: Arc<dyn Keyring>,
        suite: AlgorithmSuite,
        required: &[&str],
        is_cached: bool,
    ) -> Result<Self, Box<dyn Error>> {
        let policy = match suite.is_committing() {
            true => CommitmentPolicy::RequireEncryptRequireDecrypt,
            false => CommitmentPolicy::ForbidEncryptAllowDecrypt,
        };
        let mut encryptor = Encryptor::builder(writer)
            .with_commitment_policy(policy)
            .with_suite(suite)
            .with_frame_length(FRAME_LENGTH)
            .with_required_context_keys(required.iter().copied());
        let mut decryptor = Decryptor::builder(reader)
            .with_commitment_policy(policy)
            .with_required_context_keys(required.iter().copied())
            .with_signed_streams(SignedStreams::HoldBack { max_len: 2 << 20 });
        if is_cached {
            let policy = || CachePolicy::new(Duration::from_secs(300));
            encryptor = encryptor.with_cache(policy());
            decryptor = decryptor.with_cache(policy());
        }
        Ok(Self {
            encryptor: encryptor.build()?,
            decryptor: decryptor.build()?,
        })
    }

    /// Encrypts from a buffer.
    pub(crate) async fn encrypt(
        &self,
        plaintext: &[u8],
        context: &EncryptionContext,
    ) -> Result<Vec<u8>, Box<dyn Error>> {
        Ok(self.encryptor.encrypt(plaintext, context).await?)
    }

    /// Encrypts in pieces.
    pub(crate) async fn encrypt_stream(
        &self,
        plaintext: &[u8],
        context: &EncryptionContext,
    ) -> Result<Vec<u8>, Box<dyn Error>> {
        let len = Some(plaintext.len() as u64);
        let mut encryption = self.encryptor.begin(context, len).await?;
        let mut message = Vec::new();
        for chunk in plaintext.chunks(CHUNK_LEN) {
            encryption.push(chunk, &mut message)?;
        }
        encryption.finish(&mut message)?;
        Ok(message)
    }

    /// Decrypts from a buffer and in pieces, and finds the same.
    pub(crate) async fn decrypt(
        &self,
        message: &[u8],
        context: &EncryptionContext,
        suite: AlgorithmSuite,
    ) -> Result<Vec<u8>, Box<dyn Error>> {
        let decrypted = self
            .decryptor
            .decrypt_with_context(message, context)
            .await?;
        if decrypted.suite() != suite {
            return Err(format!("the message is under suite {}", decrypted.suite()).into());
        }
        let mut header = self.decryptor.begin(context);
        let mut chunks = message.chunks(CHUNK_LEN);
        let mut left = &[][..];
        while !header.is_complete() {
            let chunk = chunks.next().ok_or("the header does not end")?;
            left = &chunk[header.push(chunk)?..];
        }
        let mut decryption = header.open().await?;
        let mut plaintext = Vec::new();
        for chunk in [left].into_iter().chain(chunks) {
            decryption.push(chunk, &mut plaintext)?;
        }
        decryption.finish()?;
        match plaintext == decrypted.plaintext() {
            true => Ok(plaintext),
            false => Err("the stream holds something else than the buffer".into()),
        }
    }
}
