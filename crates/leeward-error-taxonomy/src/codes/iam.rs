use super::Entry;
use crate::{
    Category::{Conflict, Internal, NotFound, QuotaExceeded, Validation},
    Verdict::{Final, Transient},
};

/// The codes of IAM, from the "Errors" sections of its API reference.
pub(super) const CODES: &[Entry] = &[
    ("ConcurrentModification", Conflict, Transient),
    ("DeleteConflict", Conflict, Final),
    ("EntityAlreadyExists", Conflict, Final),
    ("InvalidInput", Validation, Final),
    // The number of users, roles or policies, not the pace of calls.
    ("LimitExceeded", QuotaExceeded, Final),
    ("LimitExceededException", QuotaExceeded, Final),
    ("MalformedPolicyDocument", Validation, Final),
    ("NoSuchEntity", NotFound, Final),
    ("ServiceFailure", Internal, Transient),
];
