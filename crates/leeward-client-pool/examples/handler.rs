//! A handler that is called again and again and has no place of its own to keep clients, as a Lambda function's.
//!
//! AWS is emulated in this process and spoken to over HTTP; there is nothing to set up.

use aws_credential_types::Credentials;
use aws_sdk_kms::Client;
use leeward_client_pool::{Environment, Pool};
use leeward_error_taxonomy::{AwsError, Region};
use leeward_testkit::{ACCESS_KEY_ID, Aws, SECRET_ACCESS_KEY};
use std::error::Error;

const EAST: Region = Region::from_static("us-east-1");

/// What Lambda would call for each event. The pool and its connections outlive the call.
async fn handle(event: u32, endpoint: &str) -> Result<usize, AwsError> {
    let pool = Pool::global_by(|| {
        // On AWS `Pool::global()` is all: the environment says the Region, the credentials and that this is Lambda.
        Pool::builder()
            .with_environment(Environment::Lambda)
            .without_proxy()
            .with_region(EAST)
            .with_endpoint(EAST, endpoint)
            .with_keys(Credentials::from_keys(
                ACCESS_KEY_ID,
                SECRET_ACCESS_KEY,
                None,
            ))
    });
    let pool = pool.await?;
    let kms: Client = pool.client().await?;
    let keys = kms.list_keys().send().await?.keys().len();
    let stats = pool.stats();
    println!(
        "event {event}: {keys} keys; so far {} client made, {} connection opened",
        stats.clients.builds, stats.connections.opened
    );
    Ok(keys)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let aws = Aws::start(&[EAST]).await?;
    for event in 1..=3 {
        handle(event, &aws.endpoint(&EAST)).await?;
    }
    if let Some(pool) = Pool::take_global() {
        pool.shutdown().await;
    }
    Ok(())
}
