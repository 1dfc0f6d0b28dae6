//! Where an ARN is asked for, and as whom.

use crate::cloud::{Cloud, EAST, WEST, arn, iam_arn, pool};
use leeward_client_pool::Role;
use leeward_error_taxonomy::Region;
use leeward_resources::{ResourceError, Resources};
use leeward_testkit::{ACCOUNT_ID, Aws, Fault, Scope};

async fn group_in_the_west(cloud: &Cloud) {
    let client: aws_sdk_cloudwatchlogs::Client = cloud.client(WEST).await;
    let create = client.create_log_group().log_group_name("/app");
    create.send().await.unwrap();
}

#[tokio::test]
async fn an_arn_is_asked_for_in_its_own_region() {
    let cloud = Cloud::start().await;
    group_in_the_west(&cloud).await;
    let here = arn("logs", "log-group:/app");
    assert!(!cloud.is_there(&here).await);
    assert!(
        cloud
            .is_there(&here.replace("us-east-1", "us-west-2"))
            .await
    );
    for region in [EAST, WEST] {
        assert_eq!(cloud.calls(&region, "logs", "DescribeLogGroups"), 1);
    }
}

#[tokio::test]
async fn an_object_is_looked_for_where_its_bucket_is() {
    let cloud = Cloud::start().await;
    let client: aws_sdk_s3::Client = cloud.client(WEST).await;
    client
        .create_bucket()
        .bucket("orders")
        .send()
        .await
        .unwrap();
    let put = client.put_object().bucket("orders").key("2026");
    put.send().await.unwrap();
    let elsewhere = Fault::error(301, "PermanentRedirect", "elsewhere");
    let elsewhere = elsewhere.with_header("x-amz-bucket-region", "us-west-2");
    let scope = Scope::region(EAST).service("s3");
    cloud.aws.faults().inject(scope, elsewhere);
    for (arn, there) in [
        ("arn:aws:s3:::orders", true),
        ("arn:aws:s3:::orders/2026", true),
        ("arn:aws:s3:::orders/2027", false),
    ] {
        assert_eq!(cloud.is_there(arn).await, there, "{arn}");
    }
    assert_eq!(cloud.calls(&WEST, "s3", "HeadObject"), 2);
}

#[tokio::test]
async fn what_is_of_another_account_is_never_said_not_to_be_there() {
    let cloud = Cloud::start().await;
    group_in_the_west(&cloud).await;
    let other = "999988887777";
    for arn in [
        // One of the same name is there.
        arn("logs", "log-group:/app").replace("us-east-1", "us-west-2"),
        arn("logs", "log-group:/app:log-stream:a"),
        arn("dynamodb", "table/orders"),
        arn("lambda", "function:orders"),
        arn("lambda", "layer:numbers"),
        iam_arn("role/app"),
    ] {
        let arn = arn.replace(ACCOUNT_ID, other);
        let refused = cloud.refusal(&arn).await;
        assert!(
            matches!(&refused, ResourceError::OtherAccount { caller, .. } if caller == ACCOUNT_ID),
            "{arn}: {refused}"
        );
    }
    let asked = [EAST, WEST].map(|region| cloud.calls(&region, "sts", "GetCallerIdentity"));
    assert_eq!(asked, [0, 1]);
}

#[tokio::test]
async fn whose_account_it_is_counts_for_one_identity() {
    let cloud = Cloud::start().await;
    let foreign = arn("dynamodb", "table/orders").replace(ACCOUNT_ID, "111122223333");
    let refused = cloud.refusal(&foreign).await;
    assert!(
        matches!(refused, ResourceError::OtherAccount { .. }),
        "{refused}"
    );
    let role = Role::new("arn:aws:iam::111122223333:role/auditor").unwrap();
    let as_role = cloud.resources.clone().with_identity(role);
    assert!(
        !as_role
            .resource_exists(&foreign.parse().unwrap())
            .await
            .unwrap()
    );
    let own = arn("dynamodb", "table/orders").parse().unwrap();
    assert!(as_role.resource_exists(&own).await.is_err());
    assert!(!cloud.resources.resource_exists(&own).await.unwrap());
}

#[tokio::test]
async fn if_sts_does_not_say_whose_the_calls_are_nothing_is_said() {
    let cloud = Cloud::start().await;
    let scope = Scope::any().service("sts");
    let rule = cloud.aws.faults().inject(scope, Fault::access_denied());
    let table = arn("dynamodb", "table/orders");
    let error = cloud.exists(&table).await.unwrap_err();
    let operation = error.operation().unwrap().to_string();
    assert_eq!(operation, "sts.GetCallerIdentity", "{error}");
    rule.clear();
    assert!(!cloud.is_there(&table).await);
}

#[tokio::test]
async fn what_names_no_region_is_asked_for_at_home() {
    let aws = Aws::start(&[EAST]).await.unwrap();
    let pool = pool().with_endpoint(EAST, aws.endpoint(&EAST));
    let resources = Resources::new(pool.build().await.unwrap());
    let role = iam_arn("role/app").parse().unwrap();
    assert!(!resources.resource_exists(&role).await.unwrap());
    let bucket = "arn:aws:s3:::orders".parse().unwrap();
    let error = resources.resource_exists(&bucket).await.unwrap_err();
    assert!(error.to_string().contains("no Region is set"), "{error}");
    let resources = resources.with_region(EAST);
    assert!(!resources.resource_exists(&bucket).await.unwrap());
}

#[tokio::test]
async fn no_region_of_another_partition_is_asked() {
    let cloud = Cloud::start().await;
    for arn in [
        "arn:aws-cn:s3:::orders".to_owned(),
        "arn:aws-cn:s3:::orders/2026".to_owned(),
        iam_arn("role/app").replace("arn:aws:", "arn:aws-us-gov:"),
    ] {
        let refused = cloud.refusal(&arn).await;
        assert!(
            matches!(&refused, ResourceError::OtherPartition { region, .. } if *region == EAST),
            "{arn}: {refused}"
        );
    }
    assert_eq!(cloud.aws.counts().total().calls, 0);
    let beijing = Region::from_static("cn-north-1");
    let error = cloud.resources.clone().with_region(beijing);
    let error = error
        .resource_exists(&"arn:aws:s3:::orders".parse().unwrap())
        .await;
    let told = error.unwrap_err().to_string();
    assert!(told.contains("in cn-north-1, a Region of aws-cn"), "{told}");
}

#[tokio::test]
async fn a_service_is_called_through_one_circuit() {
    let cloud = Cloud::start().await;
    let scope = Scope::region(EAST).service("logs");
    let rule = cloud.aws.faults().inject(
        scope,
        Fault::error(500, "ServiceUnavailableException", "down"),
    );
    let down = arn("logs", "log-group:/app");
    let mut is_refused = false;
    for _ in 0..40 {
        let error = cloud.exists(&down).await.unwrap_err();
        is_refused |= error.rejected().is_some();
    }
    assert!(is_refused, "nothing is learned from call to call");
    // Another Region has a circuit of its own.
    assert!(
        !cloud
            .is_there(&down.replace("us-east-1", "us-west-2"))
            .await
    );
    rule.clear();
}
