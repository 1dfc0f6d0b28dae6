//! Which host is asked where an endpoint is given besides FIPS or dual-stack.

use crate::{
    cloud::EAST,
    hosts::{Ask, Asked, PLAIN, again, kms, list},
};
use aws_sdk_kms::Client;
use leeward_client_pool::{Pool, PoolBuilder, Role};
use leeward_error_taxonomy::Region;
use std::convert::identity;

#[tokio::test]
async fn an_endpoint_that_is_given_takes_the_place_of_those_that_would_be_chosen() {
    const GIVEN: &str = "https://kms.internal";
    let asked = Asked::default();
    let chosen = |pool: PoolBuilder| pool.with_fips(true).with_dual_stack(true);
    let pools: [fn(PoolBuilder) -> PoolBuilder; 2] = [
        |pool| pool.with_endpoint(EAST, GIVEN),
        |pool| pool.with_service_endpoint("kms", EAST, GIVEN),
    ];
    for given in pools {
        for choose in [chosen, identity] {
            let pool = asked.pool(|pool| choose(given(pool.with_region(EAST))));
            let pool = pool.await;
            for ask in [
                PLAIN,
                |ask| ask.with_fips(true),
                |ask| ask.with_dual_stack(true),
            ] {
                list(&pool, ask).await;
                asked.was("kms.internal", "us-east-1/kms");
            }
        }
    }
    let pool = asked.pool(|pool| chosen(pool.with_region(EAST))).await;
    let asks: [Ask; 3] = [
        |ask| ask.with_endpoint(GIVEN),
        |ask| ask.with_endpoint(GIVEN).with_fips(true),
        |ask| {
            ask.with_config("given", |config| {
                config.set_endpoint_url(Some(GIVEN.to_owned()));
            })
        },
    ];
    for ask in asks {
        list(&pool, ask).await;
        asked.was("kms.internal", "us-east-1/kms");
    }
    list(&pool, PLAIN).await;
    asked.was(kms(true, true), "us-east-1/kms");
}

const LEDGER: &str = "arn:aws:iam::111122223333:role/ledger";

/// Asks for a client of a role that nobody lends.
async fn refused(pool: &Pool) {
    let ask = pool.client::<Client>();
    ask.with_role(Role::new(LEDGER).unwrap()).await.unwrap_err();
}

#[tokio::test]
async fn under_fips_sts_is_asked_where_it_has_such_an_endpoint() {
    let asked = Asked::default();
    let pool = |region| asked.pool(move |pool| pool.with_fips(true).with_region(region));
    let hosts = || -> Vec<_> { asked.take().into_iter().map(|(host, _)| host).collect() };
    let america = ["us-east-1", "us-west-2", "us-east-2", "us-west-1"]
        .map(|region| format!("sts-fips.{region}.amazonaws.com"));
    const IRELAND: Region = Region::from_static("eu-west-1");
    refused(&pool(IRELAND).await).await;
    assert_eq!(hosts(), america);
    let pool = asked.pool(|pool| {
        let pool = pool.with_fips(true).with_region(IRELAND);
        pool.with_service_endpoint("sts", IRELAND, "https://sts.internal")
    });
    refused(&pool.await).await;
    let hosts = hosts();
    assert_eq!(
        (hosts[0].as_str(), &hosts[1..]),
        ("sts.internal", &america[..])
    );
}

/// KMS and STS are given endpoints, by whatever the parent has set up; of Secrets Manager nothing is said.
async fn each_goes_to_its_own() {
    let asked = Asked::default();
    let pool = asked.pool(identity).await;
    for ask in [PLAIN, |ask| ask.with_fips(true)] {
        list(&pool, ask).await;
        asked.was("kms.internal", "us-east-1/kms");
    }
    let secrets = pool.client_by("secrets", |config| {
        aws_sdk_secretsmanager::Client::new(config.sdk())
    });
    let secrets = secrets.await.unwrap();
    secrets.list_secrets().send().await.unwrap_err();
    let fips = "secretsmanager-fips.us-east-1.amazonaws.com";
    asked.was(fips, "us-east-1/secretsmanager");
    refused(&pool).await;
    let hosts = asked.take().into_iter().map(|(host, _)| host);
    assert!(hosts.eq(["sts.internal"; 3]));
}

#[tokio::test]
async fn an_endpoint_that_the_environment_gives_is_used_as_it_is() {
    if crate::child::is_child() {
        return each_goes_to_its_own().await;
    }
    again(
        "hosts_given::an_endpoint_that_the_environment_gives_is_used_as_it_is",
        &[
            ("AWS_USE_FIPS_ENDPOINT", "true"),
            ("AWS_ENDPOINT_URL_KMS", "https://kms.internal"),
            ("AWS_ENDPOINT_URL_STS", "https://sts.internal"),
        ],
    );
}

#[tokio::test]
async fn an_endpoint_that_the_services_of_a_profile_give_is_used_as_it_is() {
    if crate::child::is_child() {
        return each_goes_to_its_own().await;
    }
    let files = tempfile::tempdir().unwrap();
    let config = files.path().join("config");
    let profile = "[default]\nuse_fips_endpoint = true\nservices = own\n\n[services own]\n\
                   kms =\n  endpoint_url = https://kms.internal\n\
                   sts =\n  endpoint_url = https://sts.internal\n";
    std::fs::write(&config, profile).unwrap();
    again(
        "hosts_given::an_endpoint_that_the_services_of_a_profile_give_is_used_as_it_is",
        &[("AWS_CONFIG_FILE", config.to_str().unwrap())],
    );
}

#[tokio::test]
async fn the_endpoint_of_all_services_that_the_environment_gives_is_used_as_it_is() {
    if crate::child::is_child() {
        let asked = Asked::default();
        let pool = asked.pool(|pool| pool.with_dual_stack(true)).await;
        list(&pool, PLAIN).await;
        asked.was("all.internal", "us-east-1/kms");
        list(&pool, |ask| ask.with_fips(true)).await;
        asked.was("all.internal", "us-east-1/kms");
        return;
    }
    again(
        "hosts_given::the_endpoint_of_all_services_that_the_environment_gives_is_used_as_it_is",
        &[("AWS_ENDPOINT_URL", "https://all.internal")],
    );
}
