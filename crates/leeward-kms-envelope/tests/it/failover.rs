//! A Region that is gone, before and after a message was written.

use crate::cloud::{Cloud, EAST, WEST, context, decryptor, encryptor};
use leeward_envelope::Encryptor;
use leeward_testkit::{Fault, Scope};

#[tokio::test]
async fn a_message_of_a_lost_region_is_read_in_another() {
    let cloud = Cloud::start().await;
    let message = encryptor(&cloud)
        .encrypt(b"kept", &context())
        .await
        .unwrap();
    cloud
        .aws
        .faults()
        .inject(Scope::region(EAST), Fault::refuse());
    let decrypted = decryptor(&cloud).decrypt(&message).await.unwrap();
    assert_eq!(decrypted.plaintext(), b"kept");
    assert_eq!(cloud.calls(&WEST, "Decrypt"), 1);
}

#[tokio::test]
async fn a_message_written_elsewhere_is_read_at_home_again() {
    let cloud = Cloud::start().await;
    let rule = cloud
        .aws
        .faults()
        .inject(Scope::region(EAST), Fault::black_hole());
    let hedged = Encryptor::builder(cloud.keyring_over(cloud.hedged()));
    let hedged = hedged.build().unwrap();
    let message = hedged.encrypt(b"kept", &context()).await.unwrap();
    assert_eq!(cloud.calls(&WEST, "GenerateDataKey"), 1);
    let needle = cloud.key.in_region(&WEST).unwrap().to_string();
    let named = message
        .windows(needle.len())
        .any(|bytes| bytes == needle.as_bytes());
    assert!(
        named,
        "the message names the key of the Region that wrapped it"
    );
    rule.clear();
    let decrypted = decryptor(&cloud).decrypt(&message).await.unwrap();
    assert_eq!(decrypted.plaintext(), b"kept");
    assert_eq!(
        cloud.calls(&EAST, "Decrypt"),
        1,
        "with the ARN of the home Region"
    );
}

#[tokio::test]
async fn a_call_given_up_half_way_leaves_the_keyring_usable() {
    let cloud = Cloud::start().await;
    let encryptor = encryptor(&cloud);
    let rule = cloud.aws.faults().inject(Scope::any(), Fault::black_hole());
    {
        let context = context();
        let call = encryptor.encrypt(b"lost", &context);
        let given_up = tokio::time::timeout(std::time::Duration::from_millis(50), call).await;
        assert!(given_up.is_err());
    }
    rule.clear();
    let message = encryptor.encrypt(b"kept", &context()).await.unwrap();
    assert_eq!(
        decryptor(&cloud)
            .decrypt(&message)
            .await
            .unwrap()
            .plaintext(),
        b"kept"
    );
}
