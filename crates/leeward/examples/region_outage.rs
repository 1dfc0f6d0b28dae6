//! A message is written and read while the first of two Regions is silent.
//!
//! Both Regions are emulated in this process and spoken to over HTTP; there is nothing to set up.

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_kms::Client;
use leeward::{
    client_pool::Pool,
    envelope::{Decryptor, EncryptionContext, Encryptor},
    error_taxonomy::Region,
    kms_envelope::{KmsKeyring, KmsStack},
    region_router::RouterEvent,
};
use leeward_testkit::{ACCESS_KEY_ID, Aws, Fault, SECRET_ACCESS_KEY, Scope};
use std::{error::Error, sync::Arc, time::Duration};

const EAST: Region = Region::from_static("us-east-1");
const WEST: Region = Region::from_static("us-west-2");

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let aws = Aws::start(&[EAST, WEST]).await?;
    let credentials = Credentials::from_keys(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None);
    let pool = Pool::builder()
        .without_proxy()
        .with_credentials(SharedCredentialsProvider::new(credentials))
        .with_endpoint(EAST, aws.endpoint(&EAST))
        .with_endpoint(WEST, aws.endpoint(&WEST))
        .build()
        .await?;

    // A multi-Region key and its replica, as Terraform would have made them.
    let kms: Client = pool.client().with_region(EAST).await?;
    let key = kms
        .create_key()
        .multi_region(true)
        .send()
        .await?
        .key_metadata;
    let key = key
        .and_then(|key| key.arn)
        .ok_or("CreateKey answered without an ARN")?;
    kms.replicate_key()
        .key_id(&key)
        .replica_region(WEST.as_str())
        .send()
        .await?;

    let calls = KmsStack::new([EAST, WEST])
        .with_attempt_timeout(Duration::from_millis(300))
        .with_observer(tell)
        .through(&pool)?;
    let keyring = Arc::new(KmsKeyring::multi_region(key.parse()?, calls)?);
    let encryptor = Encryptor::builder(keyring.clone()).build()?;
    let decryptor = Decryptor::builder(keyring).build()?;
    let context = EncryptionContext::new([("tenant", "blue")])?;

    aws.faults()
        .inject(Scope::region(EAST), Fault::black_hole());
    let message = encryptor.encrypt(b"attack at dawn", &context).await?;
    println!("{} bytes written while {EAST} is silent", message.len());
    let decrypted = decryptor.decrypt(&message).await?;
    println!(
        "read back: {}",
        String::from_utf8_lossy(decrypted.plaintext())
    );
    aws.shutdown().await;
    Ok(())
}

/// Says where a call went besides its first Region: beside it after a while without an answer, or instead of it.
fn tell(event: &RouterEvent) {
    match event {
        RouterEvent::Hedged {
            from, to, elapsed, ..
        } => println!(
            "no answer from {from} for {} ms: {to} is asked too",
            elapsed.as_millis()
        ),
        RouterEvent::HedgeWon {
            region, elapsed, ..
        } => println!("{region} was first, after {} ms", elapsed.as_millis()),
        RouterEvent::FailedOver {
            from,
            to,
            failure,
            elapsed,
            ..
        } => println!("{from} -> {to} after {} ms: {failure}", elapsed.as_millis()),
        _ => {}
    }
}
