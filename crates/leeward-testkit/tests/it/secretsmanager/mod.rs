//! Secrets Manager as the real SDK sees it.

mod batch;
mod deletion;
mod list;
mod refusal;
mod replica;
mod rotation;
mod value;
mod version;

use crate::client::{EAST, WEST, patient, two_regions};
use aws_sdk_secretsmanager::{
    Client, error::ProvideErrorMetadata, error::SdkError, operation::RequestId,
};
use leeward_testkit::Aws;

/// An AWS of two Regions, and a client of each.
struct World {
    aws: Aws,
    east: Client,
    west: Client,
}

impl World {
    async fn start() -> Self {
        Self::of(two_regions().await)
    }

    fn of(aws: Aws) -> Self {
        let [east, west] = [EAST, WEST].map(|region| Client::new(&patient(&aws, &region)));
        Self { aws, east, west }
    }

    /// A secret in the first Region; gives its ARN.
    async fn secret(&self, name: &str, value: &str) -> String {
        let create = self.east.create_secret().name(name).secret_string(value);
        create.send().await.unwrap().arn.unwrap()
    }
}

async fn value(client: &Client, id: &str) -> String {
    let read = client.get_secret_value().secret_id(id);
    read.send().await.unwrap().secret_string.unwrap()
}

async fn value_at(client: &Client, id: &str, stage: &str) -> String {
    let read = client.get_secret_value().secret_id(id).version_stage(stage);
    read.send().await.unwrap().secret_string.unwrap()
}

/// The code and the message that a call was refused with, which must be as HTTP 400 with a request id.
#[track_caller]
fn refused<O: std::fmt::Debug, E>(answer: Result<O, SdkError<E>>) -> (String, String)
where
    E: ProvideErrorMetadata + std::fmt::Debug,
    SdkError<E>: RequestId,
{
    let error = answer.unwrap_err();
    assert!(error.request_id().is_some());
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 400);
    let said = error.as_service_error().unwrap();
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    (text(said.code()), text(said.message()))
}
