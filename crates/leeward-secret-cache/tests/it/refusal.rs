//! How the Secrets Managers of these tests refuse a call.

use aws_sdk_secretsmanager::error::{ErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;
use leeward_error_taxonomy::Rejected;
use std::{future::Future, pin::Pin};

pub(crate) type Failed<E> = SdkError<E, HttpResponse>;

/// What a call comes to, in the future.
pub(crate) type Answering<T, E> = Pin<Box<dyn Future<Output = Result<T, Failed<E>>> + Send>>;

/// Why there is no answer.
pub(crate) enum Refusal {
    /// A refusal with this code, as HTTP 400.
    Code(&'static str),
    Throttled,
}

impl Refusal {
    /// As an error of the operation, which `error` makes of what all errors have.
    pub(crate) fn into_error<E>(self, error: fn(ErrorMetadata) -> E) -> Failed<E> {
        match self {
            Self::Code(code) => refused(error(ErrorMetadata::builder().code(code).build())),
            Self::Throttled => Rejected::LimiterFull.into(),
        }
    }
}

/// An answer of HTTP 400 that says this.
pub(crate) fn refused<E>(error: E) -> Failed<E> {
    let status = 400.try_into().expect("a status");
    SdkError::service_error(error, HttpResponse::new(status, SdkBody::empty()))
}
