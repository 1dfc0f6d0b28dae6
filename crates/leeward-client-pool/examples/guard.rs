//! A plain client, `client.list_keys().send().await` and no more, in front of a service that is down.
//!
//! AWS is emulated in this process and spoken to over HTTP; there is nothing to set up.

use aws_credential_types::Credentials;
use aws_sdk_kms::Client;
use leeward_client_pool::Pool;
use leeward_error_taxonomy::{AwsError, Region};
use leeward_testkit::{ACCESS_KEY_ID, Aws, Fault, SECRET_ACCESS_KEY, Scope};
use std::error::Error;

const EAST: Region = Region::from_static("us-east-1");

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let aws = Aws::start(&[EAST]).await?;
    let pool = Pool::builder()
        .without_proxy()
        .with_region(EAST)
        .with_endpoint(EAST, aws.endpoint(&EAST))
        .with_keys(Credentials::from_keys(
            ACCESS_KEY_ID,
            SECRET_ACCESS_KEY,
            None,
        ))
        .build()
        .await?;
    let kms: Client = pool.client().await?;
    kms.list_keys().send().await?;

    let down = Fault::error(500, "KMSInternalException", "down");
    let outage = aws.faults().inject(Scope::region(EAST), down);
    aws.reset_counts();
    let mut refused = 0;
    for _ in 0..20 {
        if let Err(error) = kms.list_keys().send().await {
            let error = AwsError::from(error);
            refused += u32::from(error.rejected().is_some());
            if refused == 1 {
                println!("{error}\n{}", error.advice());
            }
        }
    }
    println!(
        "20 calls of three attempts each: {} sent, {refused} calls ended by the open circuit",
        aws.counts().calls("kms", "ListKeys")
    );
    outage.clear();
    Ok(())
}
