//! An emulated Region, and the facade over it.

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use leeward_client_pool::Pool;
use leeward_error_taxonomy::{AwsError, Region};
use leeward_logs::{LogEvent, LogGroupName, Logs, Waiter};
use leeward_resilience::{RetryPolicy, stack::Preset};
use leeward_testkit::{ACCESS_KEY_ID, Aws, SECRET_ACCESS_KEY};
use std::{ops::ControlFlow, time::Duration};

pub(crate) const EAST: Region = Region::from_static("us-east-1");

pub(crate) async fn cloud() -> (Aws, Logs) {
    cloud_with(Preset::mixed()).await
}

/// One whose calls have one attempt each, so that two failures in a row are beyond a call.
pub(crate) async fn cloud_of_single_attempts() -> (Aws, Logs) {
    let once = RetryPolicy::aws().with_max_attempts(1);
    cloud_with(Preset::mixed().with_retry(once)).await
}

async fn cloud_with(preset: Preset) -> (Aws, Logs) {
    let aws = Aws::start(&[EAST]).await.unwrap();
    let credentials = Credentials::from_keys(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None);
    let pool = Pool::builder()
        .without_proxy()
        .with_region(EAST)
        .with_credentials(SharedCredentialsProvider::new(credentials))
        .with_endpoint(EAST, aws.endpoint(&EAST))
        .build()
        .await
        .unwrap();
    let logs = Logs::new(pool.caller().with_preset(preset).await.unwrap());
    (aws, logs)
}

pub(crate) fn group(name: &str) -> LogGroupName {
    name.parse().unwrap()
}

/// How often an operation was called.
pub(crate) fn calls(aws: &Aws, operation: &str) -> u64 {
    aws.counts().calls("logs", operation)
}

/// The texts of all events of a group, in the order of their time.
pub(crate) async fn messages(logs: &Logs, name: &LogGroupName) -> Vec<String> {
    let filter = leeward_logs::EventFilter::new(name.clone());
    let events = logs.filter_events(&filter).collect_up_to(100_000).await;
    let message = |event: LogEvent| event.message;
    events.unwrap().items.into_iter().map(message).collect()
}

/// Waits until it is so.
pub(crate) async fn until(is_so: impl Fn() -> bool) {
    let look = || async {
        Ok::<_, AwsError>(match is_so() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue("not so"),
        })
    };
    Waiter::new(Duration::from_secs(20))
        .with_interval(Duration::from_millis(10))
        .wait(look, |_, _| {})
        .await
        .unwrap();
}
