//! An emulated Region with a function in it.

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_lambda::{
    Client,
    primitives::Blob,
    types::{FunctionCode, Runtime},
};
use leeward_client_pool::Pool;
use leeward_error_taxonomy::Region;
use leeward_lambda::{Caller, Lambda};
use leeward_testkit::{ACCESS_KEY_ID, ACCOUNT_ID, Aws, SECRET_ACCESS_KEY};

pub(crate) const EAST: Region = Region::from_static("us-east-1");

pub(crate) async fn cloud() -> (Aws, Lambda) {
    let aws = Aws::start(&[EAST]).await.unwrap();
    let lambda = Lambda::new(caller(EAST, aws.endpoint(&EAST)).await);
    (aws, lambda)
}

pub(crate) async fn caller(region: Region, endpoint: String) -> Caller<Client> {
    let credentials = Credentials::from_keys(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None);
    let pool = Pool::builder()
        .without_proxy()
        .with_region(region.clone())
        .with_endpoint(region, endpoint)
        .with_credentials(SharedCredentialsProvider::new(credentials))
        .build()
        .await
        .unwrap();
    pool.caller().await.unwrap()
}

pub(crate) async fn create(lambda: &Lambda, name: &str) {
    let code = FunctionCode::builder().zip_file(Blob::new("code")).build();
    let create = lambda.caller().client().create_function();
    create
        .function_name(name)
        .role(format!("arn:aws:iam::{ACCOUNT_ID}:role/reader"))
        .runtime(Runtime::Python312)
        .handler("main.handle")
        .memory_size(256)
        .timeout(7)
        .code(code)
        .send()
        .await
        .unwrap();
}

pub(crate) fn calls(aws: &Aws, operation: &str) -> u64 {
    aws.counts().in_region(&EAST).calls("lambda", operation)
}
