//! Batches that finish: cut into calls, what a call leaves undone sent again, what cannot be done given back.

mod entry;
mod finish;
mod pace;
mod places;
mod read;
mod write;

pub use entry::RefusedEntry;
pub use read::{Keys, Unread};
pub use write::{Unwritten, Writes};

use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict};

/// What is known of a batch that did not come to its end: that of the call that ended it, else that its time was over. Where something is
/// done, or its calls were dropped, that this one was not sent says nothing of the others.
fn facts_of(cause: Option<&AwsError>, may_be_sent: bool) -> Facts<'_> {
    let Some(cause) = cause else {
        return Facts::new(Stage::MaybeSent, Category::Timeout, Verdict::Transient);
    };
    let mut facts = cause.facts();
    // That of one call; the batch has its own.
    facts.message = None;
    if may_be_sent && facts.stage == Stage::NotSent {
        facts.stage = Stage::MaybeSent;
    }
    facts
}

/// Why it did not come to its end, in words.
fn reason_of(cause: Option<&AwsError>, timed_out: bool) -> String {
    let message = cause.map(|cause| cause.message().unwrap_or(cause.category().as_str()));
    match (message, timed_out) {
        (None, _) => "the time was over".to_owned(),
        (Some(message), true) => format!("the time was over, and the last call failed: {message}"),
        (Some(message), false) => message.to_owned(),
    }
}
