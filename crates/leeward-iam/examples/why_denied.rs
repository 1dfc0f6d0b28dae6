//! A call to another service is denied, and IAM says why and what to do.
//!
//! It emulates AWS itself: there is nothing to set up.

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use leeward_client_pool::Pool;
use leeward_error_taxonomy::Region;
use leeward_iam::Iam;
use leeward_testkit::{ACCESS_KEY_ID, Aws, Fault, SECRET_ACCESS_KEY, Scope};
use serde_json::json;
use std::error::Error;

const REGION: Region = Region::from_static("us-east-1");

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let aws = Aws::start(&[REGION]).await?;
    let credentials = Credentials::from_keys(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None);
    let pool = Pool::builder()
        .with_endpoint(REGION, aws.endpoint(&REGION))
        .with_credentials(SharedCredentialsProvider::new(credentials))
        .build()
        .await?;
    let iam = Iam::new(pool.caller().await?);
    let app = make_role(&iam).await?;

    let denied = aws.faults().inject(
        Scope::any().service("iam").operation("GetRole"),
        Fault::access_denied(),
    );
    let Err(error) = iam.role_exists(&"app".parse()?).await else {
        return Err("it was not denied".into());
    };
    denied.clear();

    println!("{error}");
    println!("the error itself: {}", error.advice());
    let (principal, resource) = (app.parse()?, app.parse()?);
    match iam
        .explain_denial(&error, &principal, Some(&resource))
        .await?
    {
        Some(explanation) => println!("the simulator: {explanation}"),
        None => println!("the simulator knows nothing of it"),
    }
    Ok(())
}

/// A role that may read objects, and nothing of IAM; making one is left to the SDK's client.
async fn make_role(iam: &Iam) -> Result<String, Box<dyn Error>> {
    let client = iam.caller().client();
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ]});
    let create = client.create_role().role_name("app");
    let made = create.assume_role_policy_document(trust.to_string());
    let made = made.send().await?.role.ok_or("no role was made")?;
    let read = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::ledger/*"},
    ]});
    let put = client
        .put_role_policy()
        .role_name("app")
        .policy_name("read");
    put.policy_document(read.to_string()).send().await?;
    Ok(made.arn)
}
