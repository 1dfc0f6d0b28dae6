//! One process that calls as roles of two accounts, in two Regions, while the STS of its own Region is dark.
//!
//! AWS is emulated in this process and spoken to over HTTP; there is nothing to set up.

use aws_credential_types::Credentials;
use aws_sdk_kms::Client;
use leeward_client_pool::{Pool, Role};
use leeward_error_taxonomy::{AwsError, Region};
use leeward_testkit::{ACCESS_KEY_ID, Aws, Fault, SECRET_ACCESS_KEY, Scope};
use std::{error::Error, time::Duration};

const EAST: Region = Region::from_static("us-east-1");
const WEST: Region = Region::from_static("us-west-2");

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let aws = Aws::start(&[EAST, WEST]).await?;
    let pool = Pool::builder()
        .without_proxy()
        .with_region(EAST)
        .with_sts_regions([WEST])
        .with_sts_timeout(Duration::from_millis(300))
        .with_endpoint(EAST, aws.endpoint(&EAST))
        .with_endpoint(WEST, aws.endpoint(&WEST))
        .with_keys(Credentials::from_keys(
            ACCESS_KEY_ID,
            SECRET_ACCESS_KEY,
            None,
        ))
        .build()
        .await?;
    aws.faults()
        .inject(Scope::region(EAST).service("sts"), Fault::black_hole());

    let ours = Role::new("arn:aws:iam::111122223333:role/ledger")?;
    let partner =
        Role::new("arn:aws:iam::444455556666:role/read-only")?.with_external_id("partner-7");
    for (name, role) in [("ours", &ours), ("partner", &partner)] {
        for region in [EAST, WEST] {
            let ask = pool.client::<Client>().with_region(region);
            let ask = ask.with_role(role.clone());
            let label = ask.label();
            ask.await?.list_keys().send().await?;
            println!("{name}: {label}");
        }
        println!("{name}: {} call of STS", aws.roles().calls(role.arn()));
    }

    // A role that may not be assumed is told when its client is asked for, with what to do.
    aws.roles().deny("arn:aws:iam::777788889999:role/theirs");
    let theirs = Role::new("arn:aws:iam::777788889999:role/theirs")?;
    let refused = pool.client::<Client>().with_role(theirs).await;
    let error = AwsError::from(refused.err().ok_or("STS has denied nothing")?);
    println!("theirs: {error}\n        {}", error.advice());
    Ok(())
}
