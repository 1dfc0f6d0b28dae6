//! What is known of an operation from its events.

use crate::StackEvent;
use aws_sdk_cloudformation::{
    primitives::DateTime,
    types::{ResourceStatus, StackStatus},
};
use std::collections::HashSet;

/// The events of one operation, as far as they were seen.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// The last event before the operation, where that was looked up.
    mark: Option<String>,
    seen: HashSet<String>,
    /// The first state of the stack in the operation, and its last.
    began: Option<String>,
    state: Option<String>,
    /// When the first event was.
    began_at: Option<DateTime>,
    failure: Option<(Weight, StackEvent)>,
    /// Whether it is one that makes or changes the stack, whatever came after it.
    is_making: bool,
    /// Whether it is good that the stack is deleted, whoever began to, and nothing else is.
    is_deleting: bool,
    /// Whether the stack was seen to be deleted.
    has_deletion: bool,
}

/// Where an event stands among those that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    New,
    /// The one that an operation begins with: those before it belong to another.
    First,
    Known,
}

/// How much a failure says of why an operation failed; less is more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Resource,
    Stack,
    /// Another resource failed, and this one was given up for it.
    Cancelled,
}

impl Record {
    /// Of what comes after an event.
    pub(crate) fn since(mark: Option<&StackEvent>) -> Self {
        // Nothing comes after this one: somebody else was quicker.
        let is_last = |event: &&StackEvent| {
            event.is_of_stack() && event.status == ResourceStatus::DeleteComplete
        };
        Self {
            mark: mark.map(|event| event.id.clone()),
            state: mark
                .filter(is_last)
                .map(|event| event.status.as_str().to_owned()),
            has_deletion: mark.is_some_and(begins_deletion),
            ..Self::default()
        }
    }

    /// The same, of an operation that is to delete the stack.
    pub(crate) fn deleting(self) -> Self {
        Self {
            is_deleting: true,
            ..self
        }
    }

    /// Of the last operation that made or changed the stack, to be deleted after it or not.
    pub(crate) fn of_making() -> Self {
        Self {
            is_making: true,
            ..Self::default()
        }
    }

    /// Where an event stands, which is older than those that were asked for before it.
    pub(crate) fn place(&self, event: &StackEvent) -> Place {
        if self.mark.as_ref() == Some(&event.id) || self.seen.contains(&event.id) {
            Place::Known
        } else if self.mark.is_none() && self.seen.is_empty() && self.begins(event) {
            Place::First
        } else {
            Place::New
        }
    }

    /// Takes events in, the oldest first.
    pub(crate) fn take(&mut self, events: &[StackEvent]) {
        for event in events {
            self.seen.insert(event.id.clone());
            self.began_at = self.began_at.or(event.at);
            if event.is_of_stack() {
                let state = event.status.as_str().to_owned();
                self.began.get_or_insert_with(|| state.clone());
                self.state = Some(state);
                if begins_deletion(event) {
                    self.has_deletion = true;
                    // What failed before is not why a stack cannot be deleted.
                    self.failure = self.failure.take().filter(|_| !self.is_deleting);
                }
            }
            let Some(weight) = self.weight(event) else {
                continue;
            };
            if self
                .failure
                .as_ref()
                .is_none_or(|(known, _)| weight < *known)
            {
                self.failure = Some((weight, event.clone()));
            }
        }
    }

    /// Whether the operation came to its end with `status`, which was looked up before the last events were.
    pub(crate) fn is_over(&self, status: &StackStatus) -> bool {
        // What ended as we came to delete the stack is not the end of the deletion.
        let is_ours =
            !self.is_deleting || self.has_deletion || status.as_str().starts_with("DELETE_");
        is_ours && is_settled(status) && self.state.as_deref() == Some(status.as_str())
    }

    /// Whether the state that it came to is that which it was to come to.
    pub(crate) fn is_good(&self, status: &StackStatus) -> bool {
        let is_to_be_deleted =
            self.is_deleting || self.began.as_deref() == Some("DELETE_IN_PROGRESS");
        match status {
            StackStatus::DeleteComplete => is_to_be_deleted,
            // A stack goes back to these when it cannot be deleted: another one uses what it exports.
            StackStatus::CreateComplete
            | StackStatus::UpdateComplete
            | StackStatus::ImportComplete
            | StackStatus::ReviewInProgress => !is_to_be_deleted,
            _ => false,
        }
    }

    /// When the first of its events was.
    pub(crate) const fn began_at(&self) -> Option<DateTime> {
        self.began_at
    }

    /// The stack enters these states once, and says `CONFIGURATION_COMPLETE` in them again.
    fn begins(&self, event: &StackEvent) -> bool {
        let is_beginning = match event.status.as_str() {
            "CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS" | "IMPORT_IN_PROGRESS" => true,
            "DELETE_IN_PROGRESS" => !self.is_making,
            _ => false,
        };
        is_beginning && event.is_of_stack() && event.detail.is_none()
    }

    /// How much an event says of a failure, if it is one.
    fn weight(&self, event: &StackEvent) -> Option<Weight> {
        if !event.is_of_stack() {
            return of_resource(event);
        }
        let status = event.status.as_str();
        let is_undeleted =
            self.has_deletion && status.ends_with("_COMPLETE") && status != "DELETE_COMPLETE";
        let is_turn = event.is_failure() || status.ends_with("ROLLBACK_IN_PROGRESS");
        ((is_turn || is_undeleted) && event.reason.is_some()).then_some(Weight::Stack)
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.state.as_deref() == Some("DELETE_COMPLETE")
    }

    /// What went wrong first, and was not given up for something else.
    pub(crate) fn into_failure(self) -> Option<StackEvent> {
        self.failure.map(|(_, event)| event)
    }
}

/// Nothing is done to a stack that has a change set to be looked through.
fn is_settled(status: &StackStatus) -> bool {
    *status == StackStatus::ReviewInProgress || !status.as_str().ends_with("_IN_PROGRESS")
}

/// Whether the stack is being deleted from here on.
pub(crate) fn begins_deletion(event: &StackEvent) -> bool {
    event.is_of_stack() && event.status.as_str() == "DELETE_IN_PROGRESS"
}

/// How much an event of a resource says of a failure, if it is one.
fn of_resource(event: &StackEvent) -> Option<Weight> {
    // `Resource creation cancelled`, `Resource update cancelled`.
    let is_cancelled =
        |reason: &String| reason.starts_with("Resource ") && reason.ends_with("cancelled");
    event.is_failure().then(|| match &event.reason {
        Some(reason) if is_cancelled(reason) => Weight::Cancelled,
        _ => Weight::Resource,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STACK: &str = "arn:stack";

    /// `Bucket CREATE_FAILED it is taken`; `@` stands for the stack.
    fn event(number: usize, line: &str) -> StackEvent {
        let mut parts = line.splitn(3, ' ');
        let logical_id = parts.next().unwrap();
        StackEvent {
            id: number.to_string(),
            stack_id: STACK.to_owned(),
            logical_id: logical_id.to_owned(),
            physical_id: (logical_id == "@").then(|| STACK.to_owned()),
            resource_type: "AWS::Test".to_owned(),
            status: ResourceStatus::from(parts.next().unwrap()),
            reason: parts.next().map(ToOwned::to_owned),
            detail: None,
            at: None,
            token: None,
        }
    }

    fn record(lines: &[&str]) -> Record {
        let events: Vec<_> = lines
            .iter()
            .enumerate()
            .map(|(n, line)| event(n, line))
            .collect();
        let mut record = Record::default();
        record.take(&events);
        record
    }

    #[track_caller]
    fn fails_with(lines: &[&str], expected: Option<&str>) {
        let failure = record(lines).into_failure();
        let failure = failure
            .map(|event| format!("{} {}", event.logical_id, event.reason.unwrap_or_default()));
        assert_eq!(failure.as_deref(), expected);
    }

    #[test]
    fn the_first_failure_that_was_not_given_up_for_another_is_told() {
        fails_with(&["@ CREATE_IN_PROGRESS", "@ CREATE_COMPLETE"], None);
        fails_with(
            &[
                "@ CREATE_IN_PROGRESS",
                "Queue CREATE_FAILED Resource creation cancelled",
                "Bucket CREATE_FAILED it is taken",
                "Topic CREATE_FAILED it is late",
                "@ ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Bucket, Queue].",
            ],
            Some("Bucket it is taken"),
        );
        fails_with(
            &["Bucket CREATE_FAILED", "Topic CREATE_FAILED late"],
            Some("Bucket "),
        );
        fails_with(
            &[
                "@ UPDATE_IN_PROGRESS",
                "Bucket UPDATE_FAILED Resource update cancelled",
                "@ UPDATE_ROLLBACK_IN_PROGRESS User Initiated",
            ],
            Some("@ User Initiated"),
        );
        // What goes wrong in a rollback is not why there is one.
        fails_with(
            &["Topic UPDATE_FAILED no", "Topic UPDATE_FAILED no way back"],
            Some("Topic no"),
        );
    }

    #[test]
    fn it_is_over_when_the_events_tell_so_too() {
        let rolling = record(&["@ CREATE_IN_PROGRESS", "@ ROLLBACK_IN_PROGRESS"]);
        assert!(!rolling.is_over(&StackStatus::RollbackInProgress));
        assert!(
            !rolling.is_over(&StackStatus::RollbackComplete),
            "the events are behind"
        );
        let before = event(7, "@ UPDATE_COMPLETE");
        assert!(!Record::since(Some(&before)).is_over(&StackStatus::UpdateComplete));
        let last = event(7, "@ DELETE_COMPLETE");
        assert!(Record::since(Some(&last)).is_over(&StackStatus::DeleteComplete));
        let of_nested = event(7, "Nested DELETE_COMPLETE");
        assert!(!Record::since(Some(&of_nested)).is_over(&StackStatus::DeleteComplete));
        let back = record(&["@ CREATE_IN_PROGRESS", "@ ROLLBACK_COMPLETE"]);
        assert!(back.is_over(&StackStatus::RollbackComplete));
        assert!(!back.is_good(&StackStatus::RollbackComplete));
    }

    #[test]
    fn to_be_deleted_is_good_if_that_was_asked_for() {
        let deleted = record(&["@ DELETE_IN_PROGRESS", "@ DELETE_COMPLETE"]);
        assert!(deleted.is_good(&StackStatus::DeleteComplete) && deleted.is_deleted());
        let failed = record(&[
            "@ CREATE_IN_PROGRESS",
            "@ DELETE_IN_PROGRESS",
            "@ DELETE_COMPLETE",
        ]);
        assert!(!failed.is_good(&StackStatus::DeleteComplete));
        // Another stack uses what it exports.
        let lines = [
            "@ DELETE_IN_PROGRESS",
            "@ CREATE_COMPLETE Export Orders cannot be deleted as it is in use by ledger",
        ];
        for refused in [record(&lines), record(&lines).deleting()] {
            assert!(refused.is_over(&StackStatus::CreateComplete));
            assert!(!refused.is_good(&StackStatus::CreateComplete));
            let reason = refused.into_failure().unwrap().reason.unwrap();
            assert!(reason.starts_with("Export Orders"), "{reason}");
        }
        // Nor is what failed before it why it fails.
        let stuck = [
            "@ CREATE_IN_PROGRESS",
            "Queue CREATE_FAILED it is taken",
            "@ DELETE_IN_PROGRESS",
            "Bucket DELETE_FAILED it is not empty",
            "@ DELETE_FAILED",
        ];
        let events: Vec<_> = stuck
            .iter()
            .enumerate()
            .map(|(n, line)| event(n, line))
            .collect();
        let mut deleting = Record::default().deleting();
        deleting.take(&events);
        assert_eq!(deleting.into_failure().unwrap().logical_id, "Bucket");
        // What ended before the deletion began is not its end.
        let created = record(&["@ CREATE_COMPLETE"]).deleting();
        assert!(!created.is_over(&StackStatus::CreateComplete));
        let begun = event(7, "@ DELETE_IN_PROGRESS");
        let mut after = Record::since(Some(&begun)).deleting();
        after.take(&[event(8, "@ CREATE_COMPLETE it is in use")]);
        assert!(after.is_over(&StackStatus::CreateComplete));
        // Somebody else began, before the mark.
        let joined = record(&["@ DELETE_COMPLETE"]).deleting();
        assert!(joined.is_good(&StackStatus::DeleteComplete));
    }

    #[test]
    fn an_operation_goes_back_to_its_beginning_or_to_the_mark() {
        let fresh = Record::default();
        assert_eq!(fresh.place(&event(1, "Topic CREATE_COMPLETE")), Place::New);
        assert_eq!(fresh.place(&event(1, "@ UPDATE_COMPLETE")), Place::New);
        assert_eq!(fresh.place(&event(1, "@ UPDATE_IN_PROGRESS")), Place::First);
        let settled = StackEvent {
            detail: Some(aws_sdk_cloudformation::types::DetailedStatus::ConfigurationComplete),
            ..event(1, "@ UPDATE_IN_PROGRESS")
        };
        assert_eq!(fresh.place(&settled), Place::New);
        let deleting = event(1, "@ DELETE_IN_PROGRESS");
        assert_eq!(fresh.place(&deleting), Place::First);
        assert_eq!(Record::of_making().place(&deleting), Place::New);
        let marked = Record::since(Some(&event(4, "@ CREATE_COMPLETE")));
        assert_eq!(marked.place(&event(4, "@ CREATE_COMPLETE")), Place::Known);
        assert_eq!(marked.place(&event(5, "@ UPDATE_IN_PROGRESS")), Place::New);
        let seen = record(&["@ CREATE_IN_PROGRESS", "Topic CREATE_COMPLETE"]);
        assert_eq!(seen.place(&event(1, "Topic CREATE_COMPLETE")), Place::Known);
        assert_eq!(seen.place(&event(2, "Topic CREATE_COMPLETE")), Place::New);
    }
}
