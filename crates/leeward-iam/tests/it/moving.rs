//! Futures that move to other threads.

use crate::cloud::cloud;
use leeward_error_taxonomy::{AwsError, Rejected};
use leeward_iam::{PolicyFilter, RoleName, Simulation};

fn moves<T: Send>(_: T) {}

#[tokio::test]
async fn every_future_moves_to_another_thread() {
    let (_aws, iam) = cloud().await;
    let role: RoleName = "app".parse().unwrap();
    let policy = "arn:aws:iam::aws:policy/ReadOnlyAccess".parse().unwrap();
    let principal = "arn:aws:iam::111122223333:role/app".parse().unwrap();
    let (action, any) = ("s3:GetObject".parse().unwrap(), "*".parse().unwrap());
    let denied = AwsError::from(Rejected::LimiterFull);
    moves(iam.role_exists(&role));
    moves(iam.describe_role(&role));
    moves(iam.list_roles(None).collect_up_to(1));
    moves(iam.list_policies(PolicyFilter::default()).next());
    moves(iam.policy_document(&policy));
    moves(iam.attached_policies(role.clone()).next());
    moves(iam.inline_policies(role.clone()).next());
    moves(iam.inline_policy(&role, &"read".parse().unwrap()));
    moves(iam.may(&principal, &action, &any));
    moves(iam.explain_denial(&denied, &principal, None));
    moves(iam.simulate(Simulation::of(principal.clone(), action.clone())));
}
