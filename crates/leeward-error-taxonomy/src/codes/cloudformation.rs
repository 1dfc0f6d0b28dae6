use super::Entry;
use crate::{
    Category::{Conflict, NotFound, QuotaExceeded, RateLimit, Validation},
    Verdict::{Final, Throttled, Transient},
};

/// The codes of CloudFormation, from its SDK model and API reference.
pub(super) const CODES: &[Entry] = &[
    (
        "AlreadyExistsException",
        Conflict,
        Final,
        "update the stack of that name, or choose another name",
    ),
    (
        "CFNRegistryException",
        Validation,
        Final,
        "correct what the message names: the registry turns away a type that is not registered here, a schema that is wrong or a role that it cannot assume",
    ),
    (
        "ChangeSetNotFound",
        NotFound,
        Final,
        "list the stack's change sets; executing or deleting one removes it",
    ),
    (
        "ConcurrentResourcesLimitExceeded",
        RateLimit,
        Throttled,
        "wait until one of the five templates that are being generated is done",
    ),
    ("ConditionalCheckFailed", Conflict, Final, ""),
    (
        "CreatedButModifiedException",
        Conflict,
        Final,
        "describe the resource and decide anew: it has changed since its creation",
    ),
    ("GeneratedTemplateNotFound", NotFound, Final, ""),
    ("HookResultNotFound", NotFound, Final, ""),
    (
        "InsufficientCapabilitiesException",
        Validation,
        Final,
        "pass the capability that the template asks for: CAPABILITY_IAM, CAPABILITY_NAMED_IAM or CAPABILITY_AUTO_EXPAND",
    ),
    (
        "InvalidChangeSetStatus",
        Conflict,
        Final,
        "wait until the change set is CREATE_COMPLETE and the stack at rest",
    ),
    ("InvalidOperationException", Conflict, Final, ""),
    ("InvalidStateTransition", Conflict, Final, ""),
    (
        "LimitExceededException",
        QuotaExceeded,
        Final,
        "raise the quota on stacks or stack sets in Service Quotas, or split the template",
    ),
    ("NameAlreadyExistsException", Conflict, Final, ""),
    (
        "OperationIdAlreadyExistsException",
        Conflict,
        Final,
        "use a new operation id",
    ),
    (
        "OperationInProgressException",
        Conflict,
        Transient,
        "wait until the stack set's present operation is over",
    ),
    ("OperationNotFoundException", NotFound, Final, ""),
    (
        "ResourceScanInProgress",
        Conflict,
        Transient,
        "wait until the resource scan that is under way is over",
    ),
    (
        "ResourceScanLimitExceeded",
        RateLimit,
        Throttled,
        "wait: scans have a daily quota, and a failed one bars the next for 10 minutes",
    ),
    ("ResourceScanNotFound", NotFound, Final, ""),
    ("StackInstanceNotFoundException", NotFound, Final, ""),
    (
        "StackNotFoundException",
        NotFound,
        Final,
        "check the stack's name or id, the account and the Region",
    ),
    ("StackRefactorNotFoundException", NotFound, Final, ""),
    (
        "StackSetNotEmptyException",
        Conflict,
        Final,
        "delete the stack instances first",
    ),
    (
        "StackSetNotFoundException",
        NotFound,
        Final,
        "check the stack set's name and CallAs (SELF or DELEGATED_ADMIN)",
    ),
    (
        "StaleRequestException",
        Conflict,
        Final,
        "describe the stack set and decide anew: another operation came between",
    ),
    (
        "TokenAlreadyExistsException",
        Conflict,
        Final,
        "use a new client request token, or follow the operation that bears this one",
    ),
    (
        "TypeConfigurationNotFoundException",
        NotFound,
        Final,
        "set the extension's configuration with cloudformation:SetTypeConfiguration",
    ),
    (
        "TypeNotFoundException",
        NotFound,
        Final,
        "activate or register the extension in this account and Region",
    ),
    (
        "ValidationError",
        Validation,
        Final,
        "read the message: it tells a template that is wrong from a stack that does not exist, has no updates to perform or is in a state (such as ROLLBACK_COMPLETE) that forbids the call",
    ),
];
