//! What is written comes back, in every Region, with few calls.

use crate::cloud::{Cloud, EAST, WEST, context, decryptor, encryptor};
use leeward_envelope::{CachePolicy, Decryptor, Encryptor};
use std::{num::NonZeroU32, time::Duration};

#[tokio::test]
async fn a_message_comes_back_with_its_context() {
    let cloud = Cloud::start().await;
    for plaintext in [&b""[..], b"attack at dawn", &[7; 10_000]] {
        let message = encryptor(&cloud)
            .encrypt(plaintext, &context())
            .await
            .unwrap();
        let decrypted = decryptor(&cloud).decrypt(&message).await.unwrap();
        assert_eq!(decrypted.plaintext(), plaintext);
        assert_eq!(decrypted.context(), &context());
    }
}

#[tokio::test]
async fn the_first_region_does_all_the_work_while_it_is_well() {
    let cloud = Cloud::start().await;
    let message = encryptor(&cloud).encrypt(b"x", &context()).await.unwrap();
    decryptor(&cloud).decrypt(&message).await.unwrap();
    assert_eq!(cloud.calls(&EAST, "GenerateDataKey"), 1);
    assert_eq!(cloud.calls(&EAST, "Decrypt"), 1);
    assert_eq!(cloud.aws.counts().in_region(&WEST).total().calls, 0);
}

#[tokio::test]
async fn a_data_key_serves_as_many_messages_as_it_may() {
    let cloud = Cloud::start().await;
    let messages = NonZeroU32::new(100).unwrap();
    let cache = || {
        CachePolicy::new(Duration::from_secs(60))
            .with_max_messages(messages)
            .with_renewal(None)
    };
    let encryptor = Encryptor::builder(cloud.keyring())
        .with_cache(cache())
        .build()
        .unwrap();
    let decryptor = Decryptor::builder(cloud.keyring())
        .with_cache(cache())
        .build()
        .unwrap();
    for at in 0..250_u32 {
        let plaintext = at.to_be_bytes();
        let message = encryptor.encrypt(&plaintext, &context()).await.unwrap();
        let decrypted = decryptor.decrypt(&message).await.unwrap();
        assert_eq!(decrypted.plaintext(), plaintext);
    }
    assert_eq!(cloud.calls(&EAST, "GenerateDataKey"), 3);
    assert_eq!(cloud.calls(&EAST, "Decrypt"), 3);
}
