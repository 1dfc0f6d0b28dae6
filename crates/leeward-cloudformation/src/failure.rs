use crate::{Stack, StackEvent, StackId, handler};
use aws_sdk_cloudformation::types::StackStatus;
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict, redact};
use std::{error::Error, fmt};

/// Says that a stack did not come to the state that it was to come to, and why.
///
/// [`AwsError::downcast_ref`] finds it in what the verbs fail with. Its category is that of the resource's failure, where the handler of
/// the resource has named one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StackFailed {
    /// The ARN of the stack.
    pub id: StackId,
    /// Its name.
    pub name: String,
    /// The state that it came to.
    pub status: StackStatus,
    /// What went wrong first: the resource, and the reason.
    pub failure: Option<StackEvent>,
    /// What became of what had been done before.
    pub rollback: Rollback,
}

/// What became of what had been done before something went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rollback {
    /// Nothing was undone: the stack is as it was when something went wrong.
    None,
    /// It is undone. A stack that was to be made is there, without resources, to be looked at and deleted.
    Done,
    /// Not all of it could be undone: the stack has to be seen to by `ContinueUpdateRollback`, or deleted.
    Failed,
    /// The stack that was to be made is deleted.
    Deleted,
}

impl Rollback {
    fn of(status: &StackStatus) -> Self {
        match status.as_str() {
            "DELETE_COMPLETE" => Self::Deleted,
            status if status.ends_with("ROLLBACK_COMPLETE") => Self::Done,
            status if status.ends_with("ROLLBACK_FAILED") => Self::Failed,
            _ => Self::None,
        }
    }
}

impl StackFailed {
    pub(crate) fn new(stack: Stack, failure: Option<StackEvent>) -> Self {
        Self {
            rollback: Rollback::of(&stack.status),
            id: stack.id,
            name: stack.name,
            status: stack.status,
            failure,
        }
    }

    fn reason(&self) -> Option<&str> {
        self.failure.as_ref()?.reason.as_deref()
    }
}

/// `stack orders came to ROLLBACK_COMPLETE: Bucket (AWS::S3::Bucket) CREATE_FAILED: … already exists; what was done is undone`
impl fmt::Display for StackFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stack {} came to {}", self.name, self.status.as_str())?;
        if let Some(failure) = &self.failure {
            write!(f, ": {}", redact(&failure.to_string()))?;
        }
        f.write_str(match self.rollback {
            Rollback::None => "",
            Rollback::Done => "; what was done is undone",
            Rollback::Failed => "; not all that was done could be undone",
            Rollback::Deleted => "; the stack is deleted",
        })
    }
}

impl Error for StackFailed {}

impl Classify for StackFailed {
    fn facts(&self) -> Facts<'_> {
        let category = self.reason().map_or(Category::Unknown, handler::category);
        Facts::new(Stage::Answered, category, Verdict::Final)
    }
}

impl From<StackFailed> for AwsError {
    fn from(failed: StackFailed) -> Self {
        Self::new(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_says_what_became_of_what_was_done() {
        for (status, expected) in [
            (StackStatus::CreateFailed, Rollback::None),
            (StackStatus::UpdateFailed, Rollback::None),
            (StackStatus::DeleteFailed, Rollback::None),
            (StackStatus::RollbackComplete, Rollback::Done),
            (StackStatus::UpdateRollbackComplete, Rollback::Done),
            (StackStatus::RollbackFailed, Rollback::Failed),
            (StackStatus::UpdateRollbackFailed, Rollback::Failed),
            (StackStatus::DeleteComplete, Rollback::Deleted),
        ] {
            assert_eq!(Rollback::of(&status), expected, "{}", status.as_str());
        }
    }
}
