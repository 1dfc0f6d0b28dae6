//! Where a client calls of which no Region was named; each test runs in a process of its own.

use crate::cloud::EAST;
use aws_sdk_kms::Client;
use leeward_client_pool::{ClientError, Identity, Pool, PoolError};
use leeward_error_taxonomy::{AwsError, Category};

#[tokio::test]
async fn no_region_is_told_at_once() {
    // In a process of its own, since the environment belongs to all tests of one.
    if crate::child::is_child() {
        let pool = Pool::builder().build().await.unwrap();
        let refused = pool.client::<Client>().await.unwrap_err();
        assert!(matches!(refused, ClientError::NoRegion));
        let error = AwsError::from(refused);
        assert!(error.advice().to_string().contains("AWS_REGION"), "{error}");
        assert_eq!(
            pool.stats().connections.opened + pool.stats().connections.failed,
            0
        );
        return;
    }
    let none = [
        ("AWS_CONFIG_FILE", "/none"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/none"),
    ];
    crate::child::run("regions::no_region_is_told_at_once", &none);
}

#[tokio::test]
async fn the_environment_names_the_region_and_the_profile_its_own() {
    if crate::child::is_child() {
        let pool = Pool::builder().build().await.unwrap();
        let region = pool.client::<Client>().target().await.unwrap();
        assert_eq!(region.region().as_str(), "eu-central-1");
        let far = Pool::builder().with_identity(Identity::profile("far"));
        let far = far.build().await.unwrap();
        let region = far.client::<Client>().target().await.unwrap();
        assert_eq!(
            region.region().as_str(),
            "ap-southeast-2",
            "the pool's own profile"
        );
        let ask = pool.client::<Client>().with_profile("far");
        let region = ask.target().await.unwrap();
        assert_eq!(region.region().as_str(), "ap-southeast-2");
        let refused = pool
            .client::<Client>()
            .with_profile("fra")
            .await
            .unwrap_err();
        let text = refused.to_string();
        assert!(text.contains("\"fra\"") && text.contains("far"), "{text}");
        return;
    }
    let files = tempfile::tempdir().unwrap();
    let config = files.path().join("config");
    let profile = "[profile far]\nregion = ap-southeast-2\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n";
    std::fs::write(&config, profile).unwrap();
    let variables = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_CONFIG_FILE", config.to_str().unwrap()),
        ("AWS_SHARED_CREDENTIALS_FILE", "/none"),
    ];
    crate::child::run(
        "regions::the_environment_names_the_region_and_the_profile_its_own",
        &variables,
    );
}

#[tokio::test]
async fn a_region_of_the_environment_that_cannot_be_one_is_refused_and_an_empty_one_too() {
    const TEST: &str =
        "regions::a_region_of_the_environment_that_cannot_be_one_is_refused_and_an_empty_one_too";
    if crate::child::is_child() {
        let error = Pool::builder().build().await.unwrap_err();
        let expected = format!(
            "the Region that the environment or the profile names: {:?} is no AWS Region: write it as in us-east-1",
            std::env::var("AWS_REGION").unwrap()
        );
        assert!(error.to_string().starts_with(&expected), "{error}");
        let PoolError::Client(error) = error else {
            panic!("{error}")
        };
        let error = AwsError::from(error);
        assert_eq!(error.category(), Category::Configuration);
        // Whoever names one does not depend on it.
        Pool::builder().with_region(EAST).build().await.unwrap();
        return;
    }
    for region in ["US EAST", "", " "] {
        // Nothing else is taken in its place.
        let other = ("AWS_DEFAULT_REGION", "eu-central-1");
        crate::child::run(TEST, &[("AWS_REGION", region), other]);
    }
}
