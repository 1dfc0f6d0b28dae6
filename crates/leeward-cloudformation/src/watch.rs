//! How an operation of CloudFormation is seen through.

use crate::{CloudFormation, Stack, StackEvent, StackFailed, StackId, StackRef, record::Record};
use leeward_error_taxonomy::AwsError;
use std::{fmt, mem, ops::ControlFlow, sync::Mutex};

/// What was seen at once: the state of the stack, and what happened since the look before.
struct Look {
    stack: Option<Stack>,
    fresh: Vec<StackEvent>,
}

impl fmt::Display for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.stack {
            Some(stack) => stack.status.as_str(),
            None => "not to be seen",
        })
    }
}

impl CloudFormation {
    /// Waits for the end of the operation of which `record` is kept, and tells of each event once, oldest first.
    pub(crate) async fn watch(
        &self,
        id: StackId,
        record: Record,
        mut progress: impl FnMut(&StackEvent),
    ) -> Result<Stack, AwsError> {
        let stack = StackRef::from(id);
        let record = Mutex::new(record);
        let look = || self.look(&stack, &record);
        let tell = |look: &Look, _| look.fresh.iter().for_each(&mut progress);
        let (stack, fresh) = self
            .waiter
            .wait(look, tell)
            .await
            .map_err(|error: AwsError| error.with_region(self.caller.region().clone()))?;
        fresh.iter().for_each(&mut progress);
        let record = mem::take(&mut *record.lock().expect("not poisoned"));
        if record.is_good(&stack.status) {
            return Ok(stack);
        }
        let began_at = record.began_at();
        let failure = match record.into_failure() {
            Some(failure) => Some(self.cause(failure, began_at).await),
            None => None,
        };
        let failed = AwsError::new(StackFailed::new(stack, failure));
        Err(failed.with_region(self.caller.region().clone()))
    }

    async fn look(
        &self,
        stack: &StackRef,
        record: &Mutex<Record>,
    ) -> Result<ControlFlow<(Stack, Vec<StackEvent>), Look>, AwsError> {
        // The state first: its end is told of once the events tell of it too, so that none is lost.
        let Some(found) = self.stack(stack).await? else {
            // It was named by its id, so it is there: CloudFormation answers from copies that may be behind.
            return Ok(ControlFlow::Continue(Look {
                stack: None,
                fresh: Vec::new(),
            }));
        };
        let fresh = self.fresh(stack, record).await?;
        Ok(
            match record.lock().expect("not poisoned").is_over(&found.status) {
                true => ControlFlow::Break((found, fresh)),
                false => ControlFlow::Continue(Look {
                    stack: Some(found),
                    fresh,
                }),
            },
        )
    }

    /// A record of what comes after this moment.
    pub(crate) async fn record_now(&self, stack: &StackRef) -> Result<Record, AwsError> {
        let newest = self.events(stack).next().await.transpose()?;
        Ok(Record::since(newest.as_ref()))
    }
}
