//! Between the ciphers and the keyring: asks for materials, holds the keyring to its contract, and uses data keys again
//! as far as a cache policy allows.

mod decryption;
mod encryption;
mod fingerprint;
mod pair;

pub(crate) use decryption::DecryptionMaterialsManager;
pub(crate) use encryption::EncryptionMaterialsManager;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AlgorithmSuite, CachePolicy, EncryptionContext, Partition, RawAesKeyring};
    use allocation_counter::measure;
    use futures_util::FutureExt;
    use leeward_resilience::TokioClock;
    use std::{sync::Arc, time::Duration};

    /// Has materials asked for once, and then again: that must neither wait nor allocate.
    #[test]
    fn a_hit_allocates_nothing() {
        let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitEcdsaP384;
        let keyring = Arc::new(RawAesKeyring::new("tests", "key", &[7; 32]).unwrap());
        let policy = CachePolicy::new(Duration::from_secs(60)).with_clock(TokioClock::new());
        let writer = EncryptionMaterialsManager::new(keyring.clone()).with_cache(policy.clone());
        let writer = writer.in_partition(Partition::new("orders").with_tenant("acme"));
        let reader = DecryptionMaterialsManager::new(keyring).with_cache(policy);
        let context = EncryptionContext::new([("tenant", "acme")]).unwrap();

        let write = || writer.materials(suite, &context, Some(9)).now_or_never();
        let granted = write().unwrap().unwrap().value;
        let (bound, keys) = (
            granted.materials().context().clone(),
            granted.materials().encrypted_data_keys().to_vec(),
        );
        let read = || reader.materials(suite, &bound, &keys).now_or_never();
        let read_first = read().unwrap().unwrap().value;
        reader.settle(&read_first, true);

        let allocations = measure(|| {
            for _ in 0..100 {
                assert!(Arc::ptr_eq(&write().unwrap().unwrap().value, &granted));
                assert!(Arc::ptr_eq(&read().unwrap().unwrap().value, &read_first));
            }
        });
        assert_eq!(allocations.count_total, 0);
        assert_eq!(writer.stats().hits, 100);
        assert_eq!(reader.stats().hits, 100);
        // The signing key is cached with the data key that it was made for.
        assert!(granted.signing_key().is_some());
    }
}
