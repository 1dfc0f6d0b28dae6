//! A process that starts while its first Region is silent: nothing is learnt of what is normal.

use crate::cloud::{Cloud, EAST, WEST};
use leeward_client_pool::health::describe_key;
use leeward_region_router::RegionState;
use leeward_testkit::{Fault, Scope};
use tower::ServiceExt;

#[tokio::test]
async fn the_first_five_calls_of_a_process_that_starts_in_an_outage_are_hedged_and_then_the_region_is_left()
 {
    let cloud = Cloud::start().await;
    let silence = Fault::black_hole();
    cloud.aws.faults().inject(Scope::region(EAST), silence);
    let kms = cloud.hedged().through(&cloud.pool).unwrap();
    for call in 1..=10 {
        let request = describe_key(cloud.key.clone());
        kms.clone().oneshot(request).await.unwrap();
        let status = kms.router().status();
        let east = &status.regions[0];
        // Overtaken, hence as soon as an unknown Region is hedged; not timed out, which would be after the attempt timeout.
        let lost = call.min(5);
        assert_eq!((status.hedges_won, status.fail_overs), (lost, 0));
        assert_eq!((east.overtaken, east.failures), (lost, 0));
        let is_left = east.state == RegionState::Open;
        assert_eq!(is_left, call >= 5, "after {call} calls");
    }
    assert_eq!(cloud.calls(&WEST, "DescribeKey"), 10);
}
