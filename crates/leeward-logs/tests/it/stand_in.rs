//! A CloudWatch Logs of a few lines over a real socket, for what no emulator does: it rejects events, and answers by odd pages.

use crate::cloud::EAST;
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use leeward_client_pool::Pool;
use leeward_logs::Logs;
use leeward_resilience::{RetryPolicy, stack::Preset};
use leeward_testkit::stand_in::{Answer, JsonCall, StandIn};
use serde_json::{Value, json};
use std::collections::HashMap;

#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) operation: String,
    pub(crate) input: Value,
    /// How many calls of the operation came before it.
    pub(crate) before: usize,
}

/// The calls that came so far; whoever drops it has no CloudWatch Logs any more.
#[derive(Debug)]
pub(crate) struct Calls(StandIn);

impl Calls {
    pub(crate) fn of(&self, operation: &str) -> Vec<JsonCall> {
        let requests = self.0.requests();
        let calls = requests.iter().map(JsonCall::of);
        calls.filter(|call| call.operation == operation).collect()
    }
}

/// A facade, each of whose calls is one attempt.
pub(crate) async fn stand_in(
    answer: impl Fn(&Call) -> (u16, Value) + Send + 'static,
) -> (Logs, Calls) {
    let mut counts = HashMap::<String, usize>::new();
    let stand_in = StandIn::start(move |request| {
        let call = JsonCall::of(request);
        let count = counts.entry(call.operation.clone()).or_default();
        let (status, body) = answer(&Call {
            operation: call.operation,
            input: call.input,
            before: *count,
        });
        *count += 1;
        Answer::new(status, body.to_string())
            .with_header("content-type", "application/x-amz-json-1.1")
    });
    let stand_in = stand_in.await.unwrap();
    let credentials = Credentials::from_keys("AKIAIOSFODNN7EXAMPLE", "stand-in", None);
    let pool = Pool::builder()
        .without_proxy()
        .with_region(EAST)
        .with_credentials(SharedCredentialsProvider::new(credentials))
        .with_endpoint(EAST, stand_in.endpoint())
        .build()
        .await
        .unwrap();
    let once = Preset::mixed().with_retry(RetryPolicy::aws().with_max_attempts(1));
    let caller = pool.caller().with_preset(once).await.unwrap();
    (Logs::new(caller), Calls(stand_in))
}

pub(crate) fn refusal(code: &str) -> (u16, Value) {
    (
        400,
        json!({"__type": format!("com.amazonaws.logs#{code}"), "message": "no"}),
    )
}
