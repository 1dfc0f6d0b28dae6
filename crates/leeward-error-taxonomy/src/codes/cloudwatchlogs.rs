use super::{Entry, advice::ACCESS_KEY};
use crate::{
    Category::{
        Authentication, Authorization, Conflict, Internal, NotFound, QuotaExceeded, RateLimit,
        ServiceUnavailable, Validation,
    },
    Verdict::{Final, Throttled, Transient},
};

/// The codes of CloudWatch Logs, from its SDK model; the numbers from "CloudWatch Logs quotas".
pub(super) const CODES: &[Entry] = &[
    ("AccessDeniedException", Authorization, Final, ""),
    ("ConflictException", Conflict, Final, ""),
    (
        "DataAlreadyAcceptedException",
        Conflict,
        Final,
        "go on: the batch was logged before",
    ),
    ("InternalServerException", Internal, Transient, ""),
    ("InternalStreamingException", Internal, Transient, ""),
    (
        "InvalidOperationException",
        Conflict,
        Final,
        "check the state and the class of the log group",
    ),
    (
        "InvalidParameterException",
        Validation,
        Final,
        "keep a batch within 24 hours, in order of time, 1 MB and 10,000 events, none older than the retention or 14 days",
    ),
    (
        "InvalidSequenceTokenException",
        Conflict,
        Transient,
        "leave the sequence token out: it is no longer needed",
    ),
    (
        "LimitExceededException",
        QuotaExceeded,
        Final,
        "raise the quota on log groups, filters or queries in Service Quotas, or delete unused ones",
    ),
    (
        "MalformedQueryException",
        Validation,
        Final,
        "correct the query at the place that QueryCompileError names",
    ),
    (
        "OperationAbortedException",
        Conflict,
        Transient,
        "change the log group from one place at a time",
    ),
    (
        "ResourceAlreadyExistsException",
        Conflict,
        Final,
        "go on: the log group or stream is there",
    ),
    (
        "ResourceNotFoundException",
        NotFound,
        Final,
        "create the log group and the log stream before writing to them",
    ),
    ("ServiceQuotaExceededException", QuotaExceeded, Final, ""),
    (
        "ServiceUnavailableException",
        ServiceUnavailable,
        Transient,
        "",
    ),
    (
        "SessionStreamingException",
        Internal,
        Transient,
        "open the Live Tail session again",
    ),
    (
        "SessionTimeoutException",
        Conflict,
        Final,
        "open a new Live Tail session: one lasts three hours",
    ),
    (
        "ThrottlingException",
        RateLimit,
        Throttled,
        "put more events into one PutLogEvents (1 MB, 10,000 events), or raise its rate in Service Quotas",
    ),
    (
        "TooManyTagsException",
        QuotaExceeded,
        Final,
        "keep to 50 tags on a resource",
    ),
    (
        "UnrecognizedClientException",
        Authentication,
        Final,
        ACCESS_KEY,
    ),
    ("ValidationException", Validation, Final, ""),
];
