//! Regions of which the pool can give no client, and one that cannot be reached.

use crate::cloud::{A, B, C, Cloud, Router, call};
use aws_sdk_kms::Client;
use leeward::{
    client_pool::ClientRequest,
    error_taxonomy::{Classify, Region, Rejected},
    region_router::{RegionRouter, RegionState, RouterEvent},
    resilience::{Budget, BudgetConfig, Ratio},
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tower::service_fn;

/// How a client of a Region in trouble is asked for.
type Trouble = for<'p> fn(ClientRequest<'p, Client>) -> ClientRequest<'p, Client>;

const NO_CREDENTIALS: Trouble = |request| request.with_profile("leeward-absent");
const NO_URL: Trouble = |request| request.with_endpoint("kms.nowhere");
const NO_HOST: Trouble = |request| request.with_endpoint("http://kms.nowhere.invalid");

/// A router with a single token, whose first Regions are in trouble, and what made it leave them.
struct Troubled {
    cloud: Cloud,
    router: Router,
    budget: Budget,
    failures: Arc<Mutex<Vec<String>>>,
}

impl Troubled {
    async fn start(trouble: Trouble, regions: usize) -> Self {
        let cloud = Cloud::start().await;
        let budget = BudgetConfig::new()
            .with_ratio(Ratio::percent(0))
            .with_floor(1)
            .with_floor_interval(Duration::from_secs(3_600));
        let (budget, pool) = (Budget::new(budget), cloud.pool.clone());
        let failures: Arc<Mutex<Vec<String>>> = Arc::default();
        let heard = Arc::clone(&failures);
        let router = RegionRouter::builder([A, B, C])
            .with_budget(budget.clone())
            .with_observer(move |event| {
                if let RouterEvent::FailedOver { failure, .. } = event {
                    heard.lock().unwrap().push(failure.to_string());
                }
            })
            .build(service_fn(move |region: Region| {
                let pool = pool.clone();
                async move {
                    let troubled = [A, B, C][..regions].contains(&region);
                    let request = pool.client().with_region(region);
                    let request = if troubled { trouble(request) } else { request };
                    request.target().await
                }
            }))
            .unwrap();
        Self {
            cloud,
            router,
            budget,
            failures,
        }
    }

    /// The tokens left after so many calls, all of which are answered.
    async fn tokens_after(&self, calls: u64) -> u64 {
        for _ in 0..calls {
            call(self.router.clone()).await.unwrap();
        }
        assert_eq!(self.router.status().fail_overs, calls);
        self.budget.tokens()
    }

    #[track_caller]
    fn check_failures(&self, text: &str) {
        let failures = self.failures.lock().unwrap();
        let all = failures.iter().all(|failure| failure.contains(text));
        assert!(all && !failures.is_empty(), "{failures:?}");
    }
}

#[tokio::test]
async fn a_region_without_credentials_is_left_free_of_charge() {
    let troubled = Troubled::start(NO_CREDENTIALS, 1).await;
    assert_eq!(troubled.tokens_after(3).await, 1);
    assert_eq!(troubled.cloud.served(&B), 3);
    troubled.check_failures("leeward-absent");
    // What is missing here is no fault of the Region's.
    let first = &troubled.router.status().regions[0];
    assert_eq!((first.state, first.failures), (RegionState::Closed, 0));
}

#[tokio::test]
async fn two_regions_whose_endpoints_are_no_url_are_left_free_of_charge() {
    let troubled = Troubled::start(NO_URL, 2).await;
    for _ in 0..3 {
        call(troubled.router.clone()).await.unwrap();
    }
    assert_eq!(troubled.budget.tokens(), 1);
    assert_eq!(
        (troubled.cloud.served(&B), troubled.cloud.served(&C)),
        (0, 3)
    );
    troubled.check_failures("kms.nowhere");
}

#[tokio::test]
async fn a_region_that_no_name_server_knows_costs_a_token() {
    let troubled = Troubled::start(NO_HOST, 1).await;
    assert_eq!(troubled.tokens_after(1).await, 0);
    assert_eq!(troubled.cloud.served(&B), 1);
    assert_eq!(troubled.router.status().regions[0].failures, 1);
}

#[tokio::test]
async fn where_no_region_has_a_client_the_error_says_of_each_why() {
    let troubled = Troubled::start(NO_CREDENTIALS, 3).await;
    let error = call(troubled.router.clone()).await.unwrap_err();
    let Some(Rejected::Exhausted { tried }) = error.facts().rejected else {
        panic!("{error:?}");
    };
    let regions: Vec<_> = tried.iter().map(|it| it.region.clone()).collect();
    assert_eq!(regions, [A, B, C]);
    for attempt in tried {
        let failure = attempt.failure.to_string();
        assert!(failure.contains("leeward-absent"), "{failure}");
    }
    assert_eq!(troubled.budget.tokens(), 1);
}
