//! What it answers to calls besides `GetSecretValue`: the same secret, told otherwise.

use super::{Answer, Upstream, version};
use aws_sdk_secretsmanager::{
    error::{ErrorMetadata, SdkError},
    operation::{
        batch_get_secret_value::{BatchGetSecretValueError, BatchGetSecretValueOutput},
        describe_secret::{DescribeSecretError, DescribeSecretOutput},
    },
    types::{ApiErrorType, SecretValueEntry},
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use leeward_error_taxonomy::Rejected;
use leeward_secret_cache::{BatchGetSecretValue, DescribeSecret};
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::time::sleep;
use tower::Service;

type Failed<E> = SdkError<E, HttpResponse>;
type FutureOf<T, E> = Pin<Box<dyn Future<Output = Result<T, Failed<E>>> + Send>>;

impl Service<DescribeSecret> for Upstream {
    type Response = DescribeSecretOutput;
    type Error = Failed<DescribeSecretError>;
    type Future = FutureOf<DescribeSecretOutput, DescribeSecretError>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: DescribeSecret) -> Self::Future {
        let asked = request.input().get_secret_id().clone();
        let asked = asked.expect("a name or an ARN");
        let mut script = self.script();
        script.described.push(asked.clone());
        let answer = script.description.clone();
        let (answer, delay) = (answer.unwrap_or(script.answer.clone()), script.delay);
        Box::pin(async move {
            sleep(delay).await;
            let (region, number) = served(answer).await.map_err(|refusal| match refusal {
                Refusal::Code(code) => refused(DescribeSecretError::generic(meta(code))),
                Refusal::Unserved(rejected) => rejected.into(),
            })?;
            let value = version(&asked, region, number);
            let stages = value.version_stages().to_vec();
            let described = DescribeSecretOutput::builder()
                .set_arn(value.arn)
                .set_name(value.name)
                .version_ids_to_stages(format!("version-{number}"), stages);
            Ok(described.build())
        })
    }
}

impl Service<BatchGetSecretValue> for Upstream {
    type Response = BatchGetSecretValueOutput;
    type Error = Failed<BatchGetSecretValueError>;
    type Future = FutureOf<BatchGetSecretValueOutput, BatchGetSecretValueError>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: BatchGetSecretValue) -> Self::Future {
        let asked = request.input().get_secret_id_list().clone();
        let asked = asked.unwrap_or_default();
        let mut script = self.script();
        script.batches.push(asked.clone());
        let (answer, delay) = (script.answer.clone(), script.delay);
        let lacking = script.lacking.clone();
        Box::pin(async move {
            sleep(delay).await;
            let served = match served(answer).await {
                Err(Refusal::Unserved(rejected)) => return Err(rejected.into()),
                Err(Refusal::Code(code)) => Err(code),
                Ok(served) => Ok(served),
            };
            let mut output = BatchGetSecretValueOutput::builder();
            for id in asked {
                let is_lacking = lacking.as_ref() == Some(&id);
                output = match served {
                    Ok((region, number)) if !is_lacking => {
                        output.secret_values(entry(&id, region, number))
                    }
                    Ok(_) => output.errors(error_of(&id, MISSING)),
                    Err(code) => output.errors(error_of(&id, code)),
                };
            }
            Ok(output.build())
        })
    }
}

const MISSING: &str = "ResourceNotFoundException";

/// Why there is no answer, or which answer it is instead.
enum Refusal {
    Code(&'static str),
    Unserved(Rejected),
}

/// The Region and the number of the version that is there.
async fn served(answer: Answer) -> Result<(&'static str, u32), Refusal> {
    match answer {
        Answer::Version(number) => Ok(("us-east-1", number)),
        Answer::Replica(number) => Ok(("us-west-2", number)),
        Answer::Missing => Err(Refusal::Code(MISSING)),
        Answer::Refused(code) => Err(Refusal::Code(code)),
        Answer::Throttled => Err(Refusal::Unserved(Rejected::LimiterFull)),
        Answer::Silent => std::future::pending().await,
        Answer::Panic => panic!("as it was told"),
    }
}

fn entry(asked: &str, region: &str, number: u32) -> SecretValueEntry {
    let value = version(asked, region, number);
    SecretValueEntry::builder()
        .set_arn(value.arn)
        .set_name(value.name)
        .set_version_id(value.version_id)
        .set_secret_string(value.secret_string)
        .set_version_stages(value.version_stages)
        .set_created_date(value.created_date)
        .build()
}

fn error_of(asked: &str, code: &str) -> ApiErrorType {
    let error = ApiErrorType::builder().secret_id(asked).error_code(code);
    error.message("as it was told").build()
}

fn meta(code: &str) -> ErrorMetadata {
    ErrorMetadata::builder().code(code).build()
}

fn refused<E>(error: E) -> Failed<E> {
    let response = HttpResponse::new(
        400.try_into().expect("a status"),
        aws_smithy_types::body::SdkBody::empty(),
    );
    SdkError::service_error(error, response)
}
