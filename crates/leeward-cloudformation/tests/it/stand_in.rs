//! A CloudFormation that says what it is told to say: the in-process AWS has none.

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use leeward_client_pool::Pool;
use leeward_cloudformation::CloudFormation;
use leeward_error_taxonomy::Region;
use leeward_resilience::Waiter;
use leeward_testkit::stand_in::StandIn;
pub(crate) use leeward_testkit::stand_in::{Answer, QueryCall as Call};
use std::time::Duration;

const EAST: Region = Region::from_static("us-east-1");

/// A refusal: status, code and message.
pub(crate) type Refusal = (u16, &'static str, &'static str);

pub(crate) fn refusal((status, code, message): Refusal) -> Answer {
    Answer::query_error(status, code, message)
}

/// The calls that came; whoever drops it has no CloudFormation any more.
#[derive(Debug)]
pub(crate) struct Calls(StandIn);

impl Calls {
    pub(crate) fn all(&self) -> Vec<Call> {
        self.0.requests().iter().map(Call::of).collect()
    }

    /// How many there were of an action.
    pub(crate) fn of(&self, action: &str) -> usize {
        let calls = self.all();
        calls.iter().filter(|call| call.action() == action).count()
    }

    /// What was said in the only call of an action by fields that are called so, in their order and as it was sent; a field that says
    /// nothing is there, one that was left out is not.
    pub(crate) fn said(&self, action: &str, field: &str) -> Vec<String> {
        assert_eq!(self.of(action), 1, "{action}");
        let requests = self.0.requests();
        let only = requests.iter().find(|it| Call::of(it).action() == action);
        let form = str::from_utf8(only.unwrap().body()).unwrap();
        let parts = form.split('&').filter(|part| part.starts_with(field));
        parts.map(ToOwned::to_owned).collect()
    }
}

/// One that answers by these refusals, and by the last of them from then on; its waits are short.
pub(crate) async fn cloud(refusals: Vec<Refusal>) -> (CloudFormation, Calls) {
    let mut number = 0;
    let (cloud, calls) = cloud_by(move |_| {
        number += 1;
        refusal(refusals[(number - 1).min(refusals.len() - 1)])
    })
    .await;
    let waiter = Waiter::new(Duration::from_millis(300)).with_interval(Duration::from_millis(10));
    (cloud.with_waiter(waiter).unwrap(), calls)
}

/// One that answers by `answer`, call after call.
pub(crate) async fn cloud_by(
    mut answer: impl FnMut(&Call) -> Answer + Send + 'static,
) -> (CloudFormation, Calls) {
    let stand_in = StandIn::start(move |request| answer(&Call::of(request)));
    let stand_in = stand_in.await.unwrap();
    let credentials = Credentials::from_keys("AKIAIOSFODNN7EXAMPLE", "stand-in", None);
    let pool = Pool::builder()
        .without_proxy()
        .with_region(EAST)
        .with_endpoint(EAST, stand_in.endpoint())
        .with_credentials(SharedCredentialsProvider::new(credentials))
        .build()
        .await
        .unwrap();
    let waiter = Waiter::new(Duration::from_secs(60)).with_interval(Duration::from_millis(2));
    let caller = pool.caller().await.unwrap();
    let cloud = CloudFormation::builder(caller).with_waiter(waiter);
    (cloud.build().unwrap(), Calls(stand_in))
}
