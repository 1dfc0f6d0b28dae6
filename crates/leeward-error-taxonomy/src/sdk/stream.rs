//! Errors that come in an event stream, after the call itself has succeeded.

use super::{Failed, facts_of};
use crate::{AwsError, Classify, Facts, Stage};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::{error::metadata::ProvideErrorMetadata, event_stream::RawMessage};
use std::error::Error;

/// As of an answer, without status and headers: a message in a stream has none.
impl<E> Classify for Failed<E, RawMessage>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    fn facts(&self) -> Facts<'_> {
        let mut facts = facts_of(self, None);
        if facts.stage == Stage::NotSent {
            // There is a stream because the request was sent.
            facts.stage = Stage::MaybeSent;
        }
        facts
    }
}

impl<E> From<SdkError<E, RawMessage>> for AwsError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    fn from(error: SdkError<E, RawMessage>) -> Self {
        Self::new(error)
    }
}
