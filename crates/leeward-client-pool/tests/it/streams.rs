//! Operations with streams: by a closure where the body cannot be copied, as a value where the answer alone is one.

use crate::cloud::{EAST, WEST, regions};
use aws_sdk_s3::{
    Client,
    operation::get_object::{GetObjectInput, builders::GetObjectInputBuilder},
    primitives::ByteStream,
};
use leeward_client_pool::{ClientConfig, Op, Pool, Target};
use leeward_error_taxonomy::{OperationName, Region};
use leeward_resilience::{Idempotency, Plain, Request};
use tower::ServiceExt;

/// A client that names the bucket in the path, since the emulated AWS has no names of hosts.
async fn s3(pool: &Pool, region: Region) -> Target<Client> {
    let made = pool.client_by("s3", |config: &ClientConfig| {
        let mut own = aws_sdk_s3::config::Builder::from(config.sdk()).force_path_style(true);
        for interceptor in config.interceptors() {
            own.push_interceptor(interceptor);
        }
        Client::from_conf(own.build())
    });
    made.with_region(region).target().await.unwrap()
}

/// A bucket is in one Region, and its name is nobody else's in any.
fn ledger(region: &str) -> String {
    format!("ledger-{region}")
}

fn region_of(s3: &Client) -> &str {
    s3.config().region().unwrap().as_ref()
}

#[tokio::test]
async fn a_body_is_made_anew_for_each_region_that_it_is_sent_to() {
    let (aws, pool) = regions().await;
    let create = Plain::new(|s3: Client| async move {
        // In us-east-1 a bucket is created without, elsewhere with its Region.
        let region = region_of(&s3);
        let place = aws_sdk_s3::types::CreateBucketConfiguration::builder()
            .location_constraint(region.into())
            .build();
        let place = Some(place).filter(|_| region != "us-east-1");
        let create = s3.create_bucket().bucket(ledger(region));
        create.set_create_bucket_configuration(place).send().await
    });
    let put = Plain::new(|s3: Client| async move {
        let page = ByteStream::from_static(b"a page of the ledger");
        let put = s3.put_object().bucket(ledger(region_of(&s3)));
        let put = put.key("2026/11");
        put.body(page).send().await
    });
    let put = put
        .named(OperationName::new("s3", "PutObject"))
        .idempotent();
    let get = GetObjectInput::builder().key("2026/11");
    let get = Op::new(get, GetObjectInputBuilder::send_with)
        .rewritten_by(|get, region| Ok(get.bucket(ledger(region.as_str()))));
    assert_eq!(get.operation().to_string(), "s3.GetObject");
    assert_eq!(get.idempotency(), Idempotency::Idempotent);

    for region in [EAST, WEST] {
        let s3 = s3(&pool, region.clone()).await;
        s3.clone().oneshot(create.clone()).await.unwrap();
        for _ in 0..2 {
            let again = put.replay().unwrap();
            assert_eq!(again.operation().to_string(), "s3.PutObject");
            assert_eq!(again.idempotency(), Idempotency::Idempotent);
            s3.clone().oneshot(again).await.unwrap();
        }
        let get = get.for_region(&region).unwrap();
        let answer = s3.clone().oneshot(get).await.unwrap();
        let page = answer.body.collect().await.unwrap().into_bytes();
        assert_eq!(page, "a page of the ledger", "{region}");
        let here = aws.counts().in_region(&region);
        assert_eq!(
            (here.calls("s3", "PutObject"), here.calls("s3", "GetObject")),
            (2, 1)
        );
    }
    assert_eq!(pool.stats().http.in_flight, 0);
}
