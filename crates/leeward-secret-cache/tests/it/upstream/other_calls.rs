//! What it answers to calls besides `GetSecretValue`: the same secret, told otherwise.

use super::{Answer, MISSING, Upstream, served, version};
use crate::refusal::{Answering, Failed, Refusal};
use aws_sdk_secretsmanager::{
    operation::{
        batch_get_secret_value::{BatchGetSecretValueError, BatchGetSecretValueOutput},
        describe_secret::{DescribeSecretError, DescribeSecretOutput},
    },
    primitives::DateTime,
    types::{ApiErrorType, SecretValueEntry},
};
use leeward_secret_cache::{BatchGetSecretValue, DescribeSecret};
use std::task::{Context, Poll};
use tokio::time::sleep;
use tower::Service;

/// When what is deleted was, in seconds of UNIX.
const DELETED: i64 = 1_800_000_000;

impl Service<DescribeSecret> for Upstream {
    type Response = DescribeSecretOutput;
    type Error = Failed<DescribeSecretError>;
    type Future = Answering<DescribeSecretOutput, DescribeSecretError>;

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
            let (answer, deleted) = match answer {
                Answer::Deleted(number) => (Answer::Version(number), Some(DELETED)),
                answer => (answer, None),
            };
            let (region, number) = served(answer)
                .await
                .map_err(|refusal| refusal.into_error(DescribeSecretError::generic))?;
            let value = version(&asked, region, number);
            let stages = value.version_stages().to_vec();
            let described = DescribeSecretOutput::builder()
                .set_arn(value.arn)
                .set_name(value.name)
                .set_deleted_date(deleted.map(DateTime::from_secs))
                .version_ids_to_stages(format!("version-{number}"), stages);
            Ok(described.build())
        })
    }
}

impl Service<BatchGetSecretValue> for Upstream {
    type Response = BatchGetSecretValueOutput;
    type Error = Failed<BatchGetSecretValueError>;
    type Future = Answering<BatchGetSecretValueOutput, BatchGetSecretValueError>;

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
                Ok(served) => Ok(served),
                Err(Refusal::Code(code)) => Err(code),
                Err(refusal) => {
                    return Err(refusal.into_error(BatchGetSecretValueError::generic));
                }
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

pub(crate) fn entry(asked: &str, region: &str, number: u32) -> SecretValueEntry {
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

pub(crate) fn error_of(asked: &str, code: &str) -> ApiErrorType {
    let error = ApiErrorType::builder().secret_id(asked).error_code(code);
    error.message("as it was told").build()
}
