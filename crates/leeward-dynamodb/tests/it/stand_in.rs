//! A DynamoDB of a few lines over a real socket, for what no emulator does: it leaves work undone, and tells the item in conflict.

use crate::cloud::caller;
use leeward_dynamodb::{DynamoDb, DynamoDbBuilder};
pub(crate) use leeward_testkit::stand_in::JsonCall as Call;
use leeward_testkit::stand_in::{Answer, StandIn};
use serde_json::{Value, json};

/// The calls that came so far; whoever drops it has no DynamoDB any more.
#[derive(Debug)]
pub(crate) struct Calls(StandIn);

impl Calls {
    pub(crate) fn count(&self) -> usize {
        self.0.requests().len()
    }

    pub(crate) fn all(&self) -> Vec<Call> {
        self.0.requests().iter().map(Call::of).collect()
    }
}

pub(crate) async fn stand_in(
    answer: impl Fn(&Call) -> (u16, Value) + Send + 'static,
) -> (DynamoDb, Calls) {
    stand_in_with(answer, |builder| builder).await
}

pub(crate) async fn stand_in_with(
    answer: impl Fn(&Call) -> (u16, Value) + Send + 'static,
    settings: impl FnOnce(DynamoDbBuilder) -> DynamoDbBuilder,
) -> (DynamoDb, Calls) {
    let stand_in = StandIn::start(move |request| {
        let (status, body) = answer(&Call::of(request));
        Answer::new(status, body.to_string())
            .with_header("content-type", "application/x-amz-json-1.0")
    });
    let stand_in = stand_in.await.unwrap();
    let builder = DynamoDb::builder(caller(stand_in.endpoint()).await);
    (settings(builder).build().unwrap(), Calls(stand_in))
}

pub(crate) fn refusal(code: &str, message: &str) -> Value {
    json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": message})
}
