//! An emulated IAM with roles in it.

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use leeward_client_pool::Pool;
use leeward_error_taxonomy::Region;
use leeward_iam::Iam;
use leeward_testkit::{ACCESS_KEY_ID, Aws, SECRET_ACCESS_KEY};
use serde_json::{Value, json};

const EAST: Region = Region::from_static("us-east-1");

pub(crate) async fn cloud() -> (Aws, Iam) {
    let aws = Aws::start(&[EAST]).await.unwrap();
    let iam = at(aws.endpoint(&EAST)).await;
    (aws, iam)
}

/// The caller is not told of a Region: it is that of IAM.
pub(crate) async fn at(endpoint: String) -> Iam {
    let credentials = Credentials::from_keys(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None);
    let pool = Pool::builder()
        .without_proxy()
        .with_endpoint(EAST, endpoint)
        .with_credentials(SharedCredentialsProvider::new(credentials))
        .build()
        .await
        .unwrap();
    Iam::new(pool.caller().await.unwrap())
}

pub(crate) fn trust() -> Value {
    let principal = json!({"Service": "lambda.amazonaws.com"});
    policy(json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}))
}

pub(crate) fn policy(statement: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

/// Gives its ARN.
pub(crate) async fn role(iam: &Iam, path: &str, name: &str) -> String {
    let create = iam.caller().client().create_role();
    let create = create.path(path).role_name(name);
    let created = create.assume_role_policy_document(trust().to_string());
    created.send().await.unwrap().role.unwrap().arn
}

pub(crate) async fn put(iam: &Iam, role: &str, name: &str, document: &Value) {
    let put = iam.caller().client().put_role_policy();
    let put = put.role_name(role).policy_name(name);
    put.policy_document(document.to_string())
        .send()
        .await
        .unwrap();
}
