//! Waiters, which poll until a resource is in a state.

use super::{answered, dispatch, operation_of};
use crate::{AwsError, Category, Classify, Facts, Stage, Verdict, chain};
use aws_smithy_runtime_api::client::waiters::error::WaiterError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use std::{error::Error, fmt};

/// A poll that failed says what it is; a wait that was too long may be begun again; a state that bars the one waited for is
/// final.
impl<O, E> Classify for WaiterError<O, E>
where
    O: fmt::Debug + 'static,
    E: ProvideErrorMetadata + Error + 'static,
{
    fn facts(&self) -> Facts<'_> {
        let in_state = |verdict| Facts::new(Stage::Answered, Category::Conflict, verdict);
        let mut facts = match self {
            Self::OperationFailed(failed) => return failed.error().facts(),
            Self::ConstructionFailure(_) => dispatch::not_made(),
            Self::ExceededMaxWait(_) => in_state(Verdict::Transient),
            Self::FailureState(state) => match state.final_poll().as_result() {
                Ok(_) => in_state(Verdict::Final),
                Err(error) => {
                    let mut facts = answered(error, operation_of::<E>(), None);
                    facts.request_id = error.meta().request_id();
                    facts
                }
            },
            _ => Facts::new(Stage::MaybeSent, Category::Unknown, Verdict::Final),
        };
        facts.operation = operation_of::<E>();
        facts.cause = chain::below(self).last();
        facts
    }
}

impl<O, E> From<WaiterError<O, E>> for AwsError
where
    O: fmt::Debug + Send + Sync + 'static,
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    fn from(error: WaiterError<O, E>) -> Self {
        Self::new(error)
    }
}
