//! What a stack lets one set, see and do by hand.

use crate::cloud::{Cloud, EAST, WEST, slow_by, warm_up};
use leeward_client_pool::health::describe_key;
use leeward_kms_envelope::{KmsKeyring, KmsService};
use leeward_region_router::{Health, RegionState, RoundRobin};
use leeward_resilience::{CircuitConfig, Switch};
use leeward_testkit::{Fault, Scope};
use std::time::Duration;
use tower::ServiceExt;

async fn describe(kms: &KmsService, cloud: &Cloud, calls: usize) {
    for _ in 0..calls {
        let request = describe_key(cloud.key.clone());
        kms.clone().oneshot(request).await.unwrap();
    }
}

#[tokio::test]
async fn a_slow_call_is_hedged_unless_hedging_is_off() {
    for (hedged, hedges) in [(true, 1), (false, 0)] {
        let cloud = Cloud::start().await;
        let (stack, slow) = if hedged {
            // So slow that a busy machine hedges in time, too; nobody waits for it.
            (cloud.hedged(), slow_by(Duration::from_secs(60)))
        } else {
            (
                cloud.hedged().without_hedging(),
                slow_by(Duration::from_millis(300)),
            )
        };
        let kms = stack.through(&cloud.pool).unwrap();
        warm_up(&kms, &cloud).await;
        cloud.aws.faults().inject(Scope::region(EAST), slow);
        // On a busy machine some of the calls before were slow.
        let before = kms.router().status();
        describe(&kms, &cloud, 1).await;
        let status = kms.router().status();
        assert_eq!(status.hedges, before.hedges + hedges);
        assert_eq!(status.hedges_won, before.hedges_won + hedges);
        assert_eq!(cloud.calls(&WEST, "DescribeKey"), hedges);
    }
}

#[tokio::test]
async fn regions_take_turns_if_the_ranking_says_so() {
    let cloud = Cloud::start().await;
    let stack = cloud.patient([EAST, WEST]).with_ranking(RoundRobin::new());
    let kms = stack.through(&cloud.pool).unwrap();
    describe(&kms, &cloud, 10).await;
    assert_eq!(cloud.calls(&EAST, "DescribeKey"), 5);
    assert_eq!(cloud.calls(&WEST, "DescribeKey"), 5);
}

#[tokio::test]
async fn a_region_is_drained_and_restored_by_hand() {
    let cloud = Cloud::start().await;
    let kms = cloud.patient([EAST, WEST]).through(&cloud.pool).unwrap();
    let keyring = KmsKeyring::multi_region(cloud.key.clone(), kms.clone()).unwrap();
    let router = keyring.kms().router();
    let mut watch = router.watch();
    router.drain(&EAST).unwrap();
    describe(&kms, &cloud, 3).await;
    assert_eq!(cloud.calls(&EAST, "DescribeKey"), 0);
    let view = watch.changed().await.unwrap();
    assert_eq!(view.first_choice, Some(WEST));
    let json = kms.router().health_json();
    assert!(
        json.contains(r#""region":"us-east-1","state":"drained""#),
        "{json}"
    );
    router.restore(&EAST).unwrap();
    let status = router.status();
    assert_eq!(
        (status.health, status.regions[0].state),
        (Health::Ok, RegionState::Closed)
    );
}

#[tokio::test]
async fn switched_off_it_knows_the_first_region_only() {
    let cloud = Cloud::start().await;
    let switch = Switch::new();
    let stack = cloud.patient([EAST, WEST]).with_switch(switch.clone());
    let kms = stack.through(&cloud.pool).unwrap();
    cloud
        .aws
        .faults()
        .inject(Scope::region(EAST), Fault::refuse());
    switch.turn_off();
    let request = describe_key(cloud.key.clone());
    kms.clone().oneshot(request).await.unwrap_err();
    assert_eq!(cloud.calls(&WEST, "DescribeKey"), 0);
    switch.turn_on();
    describe(&kms, &cloud, 1).await;
    assert_eq!(cloud.calls(&WEST, "DescribeKey"), 1);
}

#[tokio::test]
async fn the_circuit_of_rare_calls_is_changed_in_part_or_replaced() {
    let minute = Duration::from_secs(60);
    let own = CircuitConfig::new().with_consecutive_failures(2);
    // One that is given fits the attempts by itself.
    let own = own.with_attempt_timeout(10 * minute);
    for (circuit, failures) in [(None, 3), (Some(own), 2)] {
        let cloud = Cloud::start().await;
        let stack = cloud.patient([EAST, WEST]);
        let stack = match circuit {
            Some(circuit) => stack.with_circuit(circuit),
            None => stack,
        };
        let stack = stack.with_circuit_changes(move |circuit| circuit.with_rest(minute));
        let kms = stack.through(&cloud.pool).unwrap();
        let lost = Scope::region(EAST);
        cloud.aws.faults().inject(lost, Fault::refuse());
        for _ in 0..failures {
            assert_eq!(kms.router().status().regions[0].state, RegionState::Closed);
            describe(&kms, &cloud, 1).await;
        }
        let east = &kms.router().status().regions[0];
        assert_eq!(east.state, RegionState::Open);
        // Far more than by default, give or take a quarter.
        assert!(east.next_probe_in > Some(minute / 2), "{east:?}");
    }
}

#[cfg(feature = "serde")]
#[tokio::test]
async fn the_status_is_a_record() {
    let cloud = Cloud::start().await;
    let kms = cloud.patient([EAST, WEST]).through(&cloud.pool).unwrap();
    describe(&kms, &cloud, 1).await;
    let record = serde_json::to_value(kms.router().status()).unwrap();
    assert_eq!(record["regions"][0]["region"], "us-east-1");
    assert_eq!(record["regions"][0]["successes"], 1);
}
