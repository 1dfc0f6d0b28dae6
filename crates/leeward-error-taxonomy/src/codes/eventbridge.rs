use super::Entry;
use crate::{
    Category::{
        Authorization, Configuration, Conflict, Internal, NotFound, QuotaExceeded, RateLimit,
        Validation,
    },
    Verdict::{Final, Throttled, Transient},
};

/// The codes of EventBridge, from its SDK model; the numbers from "EventBridge quotas".
pub(super) const CODES: &[Entry] = &[
    ("AccessDeniedException", Authorization, Final, ""),
    ("ConcurrentModificationException", Conflict, Transient, ""),
    (
        "IllegalStatusException",
        Conflict,
        Final,
        "cancel a replay only while it is Running or Starting",
    ),
    ("InternalException", Internal, Transient, ""),
    (
        "InvalidEventPatternException",
        Validation,
        Final,
        "check the pattern with events:TestEventPattern",
    ),
    (
        "InvalidStateException",
        Conflict,
        Final,
        "look at the event source's state: a partner's must be PENDING to be joined to a bus",
    ),
    (
        "LimitExceededException",
        QuotaExceeded,
        Final,
        "raise the quota on rules, targets or buses in Service Quotas, or remove unused ones",
    ),
    (
        "ManagedRuleException",
        Conflict,
        Final,
        "change the rule through the service that made it, or delete it with Force",
    ),
    (
        "OperationDisabledException",
        Configuration,
        Final,
        "choose a Region that offers the operation",
    ),
    (
        "PolicyLengthExceededException",
        QuotaExceeded,
        Final,
        "shorten the event bus policy, for example with a condition on the organization",
    ),
    ("ResourceAlreadyExistsException", Conflict, Final, ""),
    (
        "ResourceNotFoundException",
        NotFound,
        Final,
        "check the name of the rule and of its event bus",
    ),
    (
        "ThrottlingException",
        RateLimit,
        Throttled,
        "raise the PutEvents or invocation rate in Service Quotas; one PutEvents takes 10 entries",
    ),
];
