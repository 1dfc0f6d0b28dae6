//! A CloudFormation that says what it is told to say, with an STS beside it: the in-process AWS has no CloudFormation.

use crate::cloud::{EAST, pool};
use leeward_resources::Resources;
use leeward_testkit::stand_in::{Answer, QueryCall, StandIn};

/// Calls are made as this account.
pub(crate) const ACCOUNT: &str = "111122223333";

/// One to which CloudFormation says `answer`, whatever it is asked.
pub(crate) async fn resources(answer: Answer) -> (Resources, StandIn) {
    let stand_in = StandIn::start(move |request| {
        let call = QueryCall::of(request);
        match call.action() {
            "GetCallerIdentity" => call.answer(&format!("<Account>{ACCOUNT}</Account>")),
            _ => answer.clone(),
        }
    });
    let stand_in = stand_in.await.unwrap();
    let pool = pool().with_region(EAST);
    let pool = pool.with_endpoint(EAST, stand_in.endpoint());
    (Resources::new(pool.build().await.unwrap()), stand_in)
}
