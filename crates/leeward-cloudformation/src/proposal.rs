use crate::{ChangeSet, ChangeSetName, CloudFormation, StackRef, StackSpec};
use aws_sdk_cloudformation::{
    operation::create_change_set::{CreateChangeSetInput, builders::CreateChangeSetInputBuilder},
    types::{ChangeSetStatus, ChangeSetType, OnFailure, OnStackFailure, StackStatus},
};
use leeward_client_pool::Op;
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict};
use std::{
    ops::ControlFlow,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

/// What came of a change set that was asked for.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Proposed {
    /// It is there, to be looked through, executed or dropped.
    Changes(Box<ChangeSet>),
    /// The stack is as it was to be. Nothing is left behind.
    Unchanged,
}

/// Says that a change set could not be made; it is there still, to be dropped, unless somebody has dropped it meanwhile.
#[derive(Clone, Debug, thiserror::Error)]
#[error("change set {name} came to {}: {}", .status.as_str(), .reason.as_deref().unwrap_or("no reason is given"))]
#[non_exhaustive]
pub struct ChangeSetFailed {
    /// Its name.
    pub name: String,
    /// The state that it came to.
    pub status: ChangeSetStatus,
    /// What CloudFormation says of it.
    pub reason: Option<String>,
}

impl Classify for ChangeSetFailed {
    fn facts(&self) -> Facts<'_> {
        Facts::new(Stage::Answered, Category::Validation, Verdict::Final)
    }
}

/// CloudFormation has no code for a change set that would change nothing.
fn is_empty(reason: &str) -> bool {
    ["didn't contain changes", "No updates are to be performed"]
        .iter()
        .any(|words| reason.contains(words))
}

impl CloudFormation {
    /// Has CloudFormation find out what it would do to make a stack as `spec` says, new or not, waits for it, and tells `progress` of each
    /// look and how long was waited.
    ///
    /// What it tells is the status of the change set, or `not to be seen` for as long as CloudFormation does not show it yet.
    ///
    /// For a new stack it makes an empty one, in `REVIEW_IN_PROGRESS`, which [`delete`](Self::delete) takes away. Made again with the
    /// same [token](StackSpec::with_token) it is the same change set. Dropped before it is done, it leaves a change set of that name;
    /// [`change_set`](Self::change_set) finds it.
    ///
    /// # Errors
    ///
    /// [`NoPreviousTemplate`](crate::NoPreviousTemplate) if the stack is new and is to keep the one that it has; [`ChangeSetFailed`] if it
    /// could not be made; `AlreadyExistsException` if there is one of this name; `ValidationError` if the template is wrong;
    /// `InsufficientCapabilitiesException` if it asks for a leave that was not given; `WaitTimedOut` if the waiter's time is over.
    ///
    /// ```no_run
    /// # use leeward_cloudformation::{ChangeSetName, CloudFormation, Proposed, StackSpec};
    /// # use leeward_error_taxonomy::AwsError;
    /// # async fn run(cloud: CloudFormation, spec: StackSpec, larger: ChangeSetName) -> Result<(), AwsError> {
    /// match cloud.create_change_set(&spec, &larger, |state, _| println!("{state}")).await? {
    ///     Proposed::Changes(changes) => println!("{changes}"),
    ///     _ => println!("there is nothing to do"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create_change_set(
        &self,
        spec: &StackSpec,
        name: &ChangeSetName,
        mut progress: impl FnMut(&str, Duration),
    ) -> Result<Proposed, AwsError> {
        let template = spec.template.parts()?;
        let (kind, on_failure) = match self.stack(&spec.name).await?.map(|stack| stack.status) {
            None | Some(StackStatus::ReviewInProgress) => {
                spec.template.given()?;
                let on_failure = spec.on_failure.as_ref().map(OnFailure::as_str);
                (ChangeSetType::Create, on_failure.map(OnStackFailure::from))
            }
            // What would become of a new stack is nothing to one that is there.
            Some(_) => (ChangeSetType::Update, None),
        };
        let create = CreateChangeSetInput::builder()
            .stack_name(spec.name.as_str())
            .change_set_name(name.as_str())
            .change_set_type(kind)
            .set_template_body(template.text)
            .set_template_url(template.url)
            .set_use_previous_template(template.previous)
            .set_parameters(spec.parameters())
            .set_tags(spec.tags())
            .set_capabilities(spec.capabilities())
            .set_role_arn(spec.role())
            .set_on_stack_failure(on_failure)
            .client_token(spec.token());
        let create = Op::new(create, CreateChangeSetInputBuilder::send_with).idempotent();
        self.caller.call(create).await?;
        let stack = StackRef::from(&spec.name);
        let was_seen = AtomicBool::new(false);
        let look = || async {
            let Some(seen) = self.change_set(&stack, name).await? else {
                // CloudFormation answers from copies that may be behind; what they knew before they do not forget.
                return match was_seen.load(Relaxed) {
                    true => Err(AwsError::new(ChangeSetFailed {
                        name: name.to_string(),
                        status: ChangeSetStatus::DeleteComplete,
                        reason: Some("somebody has dropped it".to_owned()),
                    })),
                    false => Ok(ControlFlow::Continue("not to be seen".to_owned())),
                };
            };
            was_seen.store(true, Relaxed);
            Ok(match seen.status {
                ChangeSetStatus::CreateComplete | ChangeSetStatus::Failed => {
                    ControlFlow::Break(seen)
                }
                status => ControlFlow::Continue(status.as_str().to_owned()),
            })
        };
        let tell = |state: &String, waited| progress(state, waited);
        let made = self
            .waiter
            .wait(look, tell)
            .await
            .map_err(|error: AwsError| error.with_region(self.caller.region().clone()))?;
        if made.status == ChangeSetStatus::CreateComplete {
            return Ok(Proposed::Changes(Box::new(made)));
        }
        if made.reason.as_deref().is_some_and(is_empty) {
            self.drop_change_set(&stack, name).await?;
            return Ok(Proposed::Unchanged);
        }
        let failed = ChangeSetFailed {
            name: made.name,
            status: made.status,
            reason: made.reason,
        };
        Err(AwsError::new(failed).with_region(self.caller.region().clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_change_nothing_is_known_by_its_reason() {
        for (reason, expected) in [
            (
                "The submitted information didn't contain changes. Submit different information to create a change set.",
                true,
            ),
            ("No updates are to be performed.", true),
            (
                "Transform AWS::Serverless-2016-10-31 failed with: Invalid Serverless Application Specification document.",
                false,
            ),
        ] {
            assert_eq!(is_empty(reason), expected, "{reason}");
        }
    }
}
