use crate::{
    context,
    keyrings::{Fixed, raw},
    messages::{plaintext, reader, writer},
    vectors::unframed,
};
use leeward_envelope::{
    AlgorithmSuite, Decryptor, EncryptionContext, Keyring, MultiKeyring, RawAesKeyring,
    SignedStreams, inspect,
};
use std::{num::NonZeroU32, sync::Arc};

const FRAME_LENGTH: usize = 16;

/// A message, and who reads it.
pub(super) struct Subject {
    pub(super) name: String,
    pub(super) suite: AlgorithmSuite,
    pub(super) message: Vec<u8>,
    pub(super) plaintext: Vec<u8>,
    pub(super) expected: EncryptionContext,
    pub(super) buffer: Decryptor,
    pub(super) streams: Vec<(SignedStreams, Decryptor)>,
    header_len: usize,
    is_framed: bool,
}

impl Subject {
    fn new(
        name: &str,
        keyring: Arc<dyn Keyring>,
        message: Vec<u8>,
        plaintext: Vec<u8>,
        expected: EncryptionContext,
    ) -> Self {
        let claims = inspect(&message).unwrap();
        let suite = claims.suite();
        let mut policies = vec![SignedStreams::ReleaseUnverified];
        if suite.is_signing() {
            policies.push(SignedStreams::HoldBack { max_len: 1 << 20 });
        }
        let stream = |policy| {
            let builder = reader(keyring.clone()).with_signed_streams(policy);
            (policy, builder.build().unwrap())
        };
        Self {
            name: format!("{suite}, {name}"),
            suite,
            is_framed: claims.frame_length().is_some(),
            header_len: claims.header_len(),
            buffer: reader(keyring.clone()).build().unwrap(),
            streams: policies.into_iter().map(stream).collect(),
            message,
            plaintext,
            expected,
        }
    }

    /// How much plaintext may be released of so many bytes of the message: whole frames, the last one only with what follows,
    /// and all of it once everything that `policy` waits for is there.
    pub(super) fn released_by(&self, intact: usize, policy: SignedStreams) -> usize {
        if intact == self.message.len() {
            return self.plaintext.len();
        }
        let is_held_back = matches!(policy, SignedStreams::HoldBack { .. });
        if !self.is_framed || is_held_back && self.suite.is_signing() {
            return 0;
        }
        let frames = intact.saturating_sub(self.header_len) / (FRAME_LENGTH + 32);
        let full = self.plaintext.len().saturating_sub(1) / FRAME_LENGTH;
        frames.min(full) * FRAME_LENGTH
    }
}

/// Three messages of every suite, and seven that are out of the common.
pub(super) fn subjects() -> Vec<Subject> {
    let pairs = context(&[("a", "1"), ("b", "")]);
    let write = |suite, keyring: Arc<dyn Keyring>, len, context: &EncryptionContext| {
        let encryptor = writer(keyring, suite)
            .with_frame_length(NonZeroU32::new(FRAME_LENGTH as u32).unwrap())
            .with_required_context_keys(context.get("kept out").map(|_| "kept out"))
            .build()
            .unwrap();
        crate::run(encryptor.encrypt(&plaintext(len), context)).unwrap()
    };
    let mut subjects = Vec::new();
    let mut add =
        |name: &str, suite, keyring: Arc<dyn Keyring>, len, context: &EncryptionContext| {
            let message = write(suite, keyring.clone(), len, context);
            let expected = context.clone();
            subjects.push(Subject::new(
                name,
                keyring,
                message,
                plaintext(len),
                expected,
            ));
        };
    for suite in AlgorithmSuite::ALL {
        add("empty", suite, Arc::new(raw()), 0, &context(&[]));
        add("one full frame", suite, Arc::new(raw()), 16, &pairs);
        add("three frames", suite, Arc::new(raw()), 37, &pairs);
    }
    let required = context(&[("kept out", "yes"), ("a", "1")]);
    let other = RawAesKeyring::new("tests", "other", &[9; 32]).unwrap();
    let both = MultiKeyring::builder()
        .with_generator(raw())
        .with_child(other)
        .build()
        .unwrap();
    let both: Arc<dyn Keyring> = Arc::new(both);
    for suite in [
        AlgorithmSuite::Aes256GcmHkdfSha256,
        AlgorithmSuite::Aes256GcmHkdfSha512Commit,
    ] {
        add("required context", suite, Arc::new(raw()), 17, &required);
    }
    for suite in [
        AlgorithmSuite::Aes128GcmHkdfSha256EcdsaP256,
        AlgorithmSuite::Aes256GcmHkdfSha512Commit,
    ] {
        add("two wrapped keys", suite, both.clone(), 20, &pairs);
    }
    // Only old writers write one block: the shortest three of the official messages that do.
    for vector in unframed().into_iter().take(3) {
        let keyring = Fixed {
            data_key: vector.data_key,
            wrapped: Vec::new(),
        };
        let (message, none) = (vector.message, context(&[]));
        let plaintext = vector.plaintext;
        subjects.push(Subject::new(
            "one block",
            Arc::new(keyring),
            message,
            plaintext,
            none,
        ));
    }
    subjects
}
