use super::Entry;
use crate::{
    Category::{Conflict, NotFound, QuotaExceeded, RateLimit, Validation},
    Verdict::{Final, Throttled, Transient},
};

/// The codes of DynamoDB, from "Error handling with DynamoDB" and its API reference.
pub(super) const CODES: &[Entry] = &[
    ("ConditionalCheckFailedException", Conflict, Final),
    (
        "ItemCollectionSizeLimitExceededException",
        QuotaExceeded,
        Final,
    ),
    // Too many control plane operations at once; it passes.
    ("LimitExceededException", RateLimit, Throttled),
    ("ResourceInUseException", Conflict, Final),
    ("ResourceNotFoundException", NotFound, Final),
    ("TableNotFoundException", NotFound, Final),
    ("TransactionCanceledException", Conflict, Final),
    ("TransactionConflictException", Conflict, Transient),
    ("ValidationException", Validation, Final),
];
