//! A function is invoked with types; what failed on the way is told from what the function has thrown.
//!
//! It emulates AWS itself, whose functions answer `{}`: there is nothing to set up.

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_lambda::{
    primitives::Blob,
    types::{FunctionCode, Runtime},
};
use leeward_client_pool::Pool;
use leeward_error_taxonomy::{Category, Region};
use leeward_lambda::{Invocation, Lambda};
use leeward_testkit::{ACCESS_KEY_ID, ACCOUNT_ID, Aws, Fault, SECRET_ACCESS_KEY, Scope};
use std::error::Error;

const REGION: Region = Region::from_static("us-east-1");

#[derive(serde::Serialize)]
struct Order {
    id: u64,
}

#[derive(Debug, serde::Deserialize)]
struct Receipt {
    total: Option<u64>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let aws = Aws::start(&[REGION]).await?;
    let credentials = Credentials::from_keys(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None);
    let pool = Pool::builder()
        .with_region(REGION)
        .with_endpoint(REGION, aws.endpoint(&REGION))
        .with_credentials(SharedCredentialsProvider::new(credentials))
        .build()
        .await?;
    let lambda = Lambda::new(pool.caller().await?);
    println!(
        "there: {}",
        lambda.function_exists(&"charge".parse()?).await?
    );
    make_function(&lambda).await?;

    let charge = Invocation::of("charge".parse()?).with_log_tail();
    let order = Order { id: 17 };
    let invoked = lambda.invoke::<_, Receipt>(&charge, &order).await?;
    match invoked.outcome {
        Ok(receipt) => println!("charged {:?}", receipt.total),
        Err(failed) => println!("the function failed: {failed}"),
    }

    // The answer is lost: perhaps it was charged, hence it is not charged again.
    let torn = aws
        .faults()
        .inject(Scope::any().operation("Invoke"), Fault::reset());
    if let Err(error) = lambda.invoke::<_, Receipt>(&charge, &order).await {
        println!("{error}; stage {:?}", error.stage());
    }
    torn.clear();

    let nobodys = Invocation::of("nobodys".parse()?);
    match lambda.send_event(&nobodys, &order).await {
        Err(error) if error.category() == Category::NotFound => println!("{}", error.advice()),
        other => return Err(format!("{other:?}").into()),
    }
    Ok(())
}

async fn make_function(lambda: &Lambda) -> Result<(), Box<dyn Error>> {
    let code = FunctionCode::builder().zip_file(Blob::new("code")).build();
    let create = lambda.caller().client().create_function();
    create
        .function_name("charge")
        .role(format!("arn:aws:iam::{ACCOUNT_ID}:role/charge"))
        .runtime(Runtime::Python313)
        .handler("main.handle")
        .code(code)
        .send()
        .await?;
    Ok(())
}
