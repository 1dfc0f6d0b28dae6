/// What a stream does with a message whose signature comes behind all of its plaintext.
///
/// Every frame has a tag, so that nobody without the data key can have changed it. What the signature adds is that nobody
/// who was only given the data key to read with has: readers and writers do not trust each other alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignedStreams {
    /// Refuses it when its header is read, before any call to the keyring.
    #[default]
    Refuse,
    /// Holds the plaintext back, up to so many bytes, and releases it once the signature is verified.
    HoldBack {
        /// How many bytes are held in memory at most; a longer message is refused.
        max_len: usize,
    },
    /// Releases every frame but the last before the signature is verified.
    ///
    /// Until [`Decryption::is_verified`](crate::Decryption::is_verified) says so, act on nothing that cannot be undone: write
    /// to a temporary place, and throw it away if the stream fails.
    ReleaseUnverified,
}
