use crate::{Item, ItemError, item};
use aws_sdk_dynamodb::types::{CancellationReason, error::TransactionCanceledException};
use leeward_error_taxonomy::{AwsError, Classify, Facts};
use serde::de::DeserializeOwned;
use std::fmt;

/// A transaction was cancelled: nothing of it is applied, or read. Each action has a [`Reason`], in the order of the actions.
#[derive(Debug, thiserror::Error)]
#[error("the transaction was cancelled: {}", Blamed(.reasons))]
pub struct Cancelled {
    reasons: Vec<Reason>,
    #[source]
    error: AwsError,
}

impl Cancelled {
    /// Why, for each action. Empty if the service gave none.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }
}

impl Classify for Cancelled {
    fn facts(&self) -> Facts<'_> {
        let mut facts = self.error.facts();
        // That of the service lists codes without places.
        facts.message = None;
        facts
    }
}

/// What one action of a cancelled transaction had to do with it.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Reason {
    /// Nothing.
    Fine,
    /// Its condition did not hold.
    ConditionFailed {
        /// The item that is there, to be read by [`found`](Self::found); none if there is none.
        item: Option<Item>,
    },
    /// Another transaction or write had to do with the item at the same time.
    Conflict,
    /// The table, or the account, has no capacity for it now.
    Throttled,
    /// An item collection would have become too large.
    CollectionTooLarge,
    /// DynamoDB would not take it by itself either.
    Invalid {
        /// What is wrong with it.
        message: String,
    },
    /// Something that is not known here.
    Other {
        /// The code of the service.
        code: String,
    },
}

impl Reason {
    /// The item for which the condition did not hold, if there is one.
    ///
    /// ```no_run
    /// # use std::collections::HashMap;
    /// # fn run(cancelled: &leeward_dynamodb::Cancelled) -> Result<(), leeward_dynamodb::ItemError> {
    /// for reason in cancelled.reasons() {
    ///     if let Some(order) = reason.found::<HashMap<String, String>>()? {
    ///         println!("{} is there", order["id"]);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ItemError::Unreadable`].
    pub fn found<T: DeserializeOwned>(&self) -> Result<Option<T>, ItemError> {
        match self {
            Self::ConditionFailed { item } => item.clone().map(item::from_item).transpose(),
            _ => Ok(None),
        }
    }

    /// The codes are those of *TransactWriteItems* in the API reference.
    fn of(reason: &CancellationReason) -> Self {
        match reason.code() {
            None | Some("None") => Self::Fine,
            Some("ConditionalCheckFailed") => Self::ConditionFailed {
                item: reason.item.clone().filter(|item| !item.is_empty()),
            },
            Some("TransactionConflict") => Self::Conflict,
            Some("ProvisionedThroughputExceeded" | "ThrottlingError") => Self::Throttled,
            Some("ItemCollectionSizeLimitExceeded") => Self::CollectionTooLarge,
            Some("ValidationError") => Self::Invalid {
                message: reason.message().unwrap_or_default().to_owned(),
            },
            Some(code) => Self::Other {
                code: code.to_owned(),
            },
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fine => f.write_str("fine"),
            Self::ConditionFailed { .. } => f.write_str("its condition does not hold"),
            Self::Conflict => f.write_str("another write was in its way"),
            Self::Throttled => f.write_str("throttled"),
            Self::CollectionTooLarge => f.write_str("the item collection is too large"),
            Self::Invalid { message } => write!(f, "invalid: {message}"),
            Self::Other { code } => f.write_str(code),
        }
    }
}

/// Prints no item.
impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reason({self})")
    }
}

/// `action 1: its condition does not hold, action 3: throttled`
struct Blamed<'r>(&'r [Reason]);

impl fmt::Display for Blamed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blamed = self.0.iter().enumerate();
        let mut separator = "";
        for (place, reason) in blamed.filter(|(_, reason)| **reason != Reason::Fine) {
            write!(f, "{separator}action {place}: {reason}")?;
            separator = ", ";
        }
        match separator {
            "" => f.write_str("no reason is given"),
            _ => Ok(()),
        }
    }
}

/// The error with its reasons, if it is that of a cancelled transaction.
pub(super) fn of(error: AwsError) -> AwsError {
    let Some(cancelled) = error.downcast_ref::<TransactionCanceledException>() else {
        return error;
    };
    let reasons = cancelled.cancellation_reasons().iter().map(Reason::of);
    let reasons = reasons.collect();
    AwsError::new(Cancelled { reasons, error })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::types::AttributeValue;

    fn reason(code: &str) -> Reason {
        let secret = AttributeValue::S("s3cret".to_owned());
        let reason = CancellationReason::builder().code(code).message("bad key");
        Reason::of(&reason.item("id", secret).build())
    }

    #[test]
    fn each_code_has_its_reason() {
        for (code, words) in [
            ("None", "fine"),
            ("ConditionalCheckFailed", "its condition does not hold"),
            ("TransactionConflict", "another write was in its way"),
            ("ThrottlingError", "throttled"),
            ("ProvisionedThroughputExceeded", "throttled"),
            (
                "ItemCollectionSizeLimitExceeded",
                "the item collection is too large",
            ),
            ("ValidationError", "invalid: bad key"),
            ("Novelty", "Novelty"),
        ] {
            let reason = reason(code);
            assert_eq!(reason.to_string(), words);
            assert!(!format!("{reason:?}").contains("s3cret"));
        }
    }

    #[test]
    fn only_those_to_blame_are_told() {
        let told = Blamed(&["None", "TransactionConflict", "Novelty"].map(reason)).to_string();
        assert_eq!(
            told,
            "action 1: another write was in its way, action 2: Novelty"
        );
        assert_eq!(Blamed(&[]).to_string(), "no reason is given");
    }
}
