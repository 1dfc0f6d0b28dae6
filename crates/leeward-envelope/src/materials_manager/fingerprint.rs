use crate::{AlgorithmSuite, EncryptedDataKey, EncryptionContext};
use aws_lc_rs::digest::{Context, SHA256, SHA256_OUTPUT_LEN};

/// Stands for all that the data key of a message depends on: suite, context and wrapped keys.
///
/// A header is the word of whoever sent it until its tag is verified, and may be long: a cache that kept it could be
/// filled. The digest has one length, and nobody can find two headers that share one. The order in which a header names
/// its keys is not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Fingerprint([u8; SHA256_OUTPUT_LEN]);

impl Fingerprint {
    pub(super) fn new(
        suite: AlgorithmSuite,
        context: &EncryptionContext,
        keys: &[EncryptedDataKey],
    ) -> Self {
        let mut digest = Context::new(&SHA256);
        digest.update(&suite.id().to_be_bytes());
        // Every part of variable length stands behind its length, so that none can pass for the beginning of the next.
        part(&mut digest, context.as_bytes());
        if let [key] = keys {
            whole(&mut digest, key);
        } else {
            let mut sorted: Vec<&EncryptedDataKey> = keys.iter().collect();
            sorted.sort_unstable();
            sorted.into_iter().for_each(|key| whole(&mut digest, key));
        }
        let digest = digest.finish();
        Self(*digest.as_ref().first_chunk().expect("as long as SHA-256"))
    }
}

fn whole(digest: &mut Context, key: &EncryptedDataKey) {
    part(digest, key.provider_id().as_bytes());
    part(digest, key.provider_info());
    part(digest, key.ciphertext());
}

fn part(digest: &mut Context, bytes: &[u8]) {
    digest.update(&(bytes.len() as u64).to_be_bytes());
    digest.update(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512Commit;

    fn fingerprint(
        suite: AlgorithmSuite,
        pairs: &[(&str, &str)],
        keys: &[[&str; 3]],
    ) -> Fingerprint {
        let keys = keys
            .iter()
            .map(|[id, info, ciphertext]| EncryptedDataKey::new(*id, *info, *ciphertext).unwrap());
        let context = EncryptionContext::new(pairs.iter().copied()).unwrap();
        Fingerprint::new(suite, &context, &keys.collect::<Vec<_>>())
    }

    #[test]
    fn whatever_differs_shows() {
        let other = AlgorithmSuite::Aes256GcmHkdfSha512CommitEcdsaP384;
        let one = ["id", "info", "wrapped"];
        let all = [
            fingerprint(SUITE, &[], &[]),
            fingerprint(SUITE, &[], &[["", "", ""]]),
            fingerprint(SUITE, &[], &[one]),
            fingerprint(other, &[], &[one]),
            fingerprint(SUITE, &[("a", "1")], &[one]),
            fingerprint(SUITE, &[("a", "2")], &[one]),
            fingerprint(SUITE, &[("a1", "")], &[one]),
            // The same bytes in a row, cut elsewhere.
            fingerprint(SUITE, &[], &[["idi", "nfo", "wrapped"]]),
            fingerprint(SUITE, &[], &[["id", "infow", "rapped"]]),
            fingerprint(SUITE, &[], &[["", "id", "infowrapped"]]),
            fingerprint(SUITE, &[], &[one, one]),
            fingerprint(SUITE, &[], &[one, ["id", "info", "other"]]),
        ];
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
    }

    #[test]
    fn the_order_of_keys_does_not_show() {
        let [a, b, c] = [["a", "", ""], ["b", "", ""], ["a", "b", ""]];
        assert_eq!(
            fingerprint(SUITE, &[], &[a, b, c]),
            fingerprint(SUITE, &[], &[c, a, b])
        );
    }
}
