use super::{Entry, advice::FIRST_PAGE};
use crate::{
    Category::{
        Authorization, Conflict, Encryption, Internal, NotFound, QuotaExceeded, RateLimit,
        Validation,
    },
    Verdict::{Final, Throttled, Transient},
};

/// The codes of CloudWatch, from its SDK model; the size of a PutMetricData from its page in the API reference.
///
/// An error there has two names: the code of the old query protocol and the name of its shape. Either may arrive.
pub(super) const CODES: &[Entry] = &[
    ("ConcurrentModificationException", Conflict, Transient, ""),
    ("ConflictException", Conflict, Final, ""),
    ("DashboardInvalidInputError", Validation, Final, ""),
    ("DashboardNotFoundError", NotFound, Final, ""),
    ("InternalServiceError", Internal, Transient, ""),
    ("InternalServiceFault", Internal, Transient, ""),
    ("InvalidFormat", Validation, Final, ""),
    ("InvalidFormatFault", Validation, Final, ""),
    ("InvalidNextToken", Validation, Final, FIRST_PAGE),
    ("InvalidParameterCombination", Validation, Final, ""),
    (
        "InvalidParameterCombinationException",
        Validation,
        Final,
        "",
    ),
    (
        "InvalidParameterInput",
        Validation,
        Final,
        "correct the dashboard's body as the validation messages say",
    ),
    ("InvalidParameterValue", Validation, Final, ""),
    ("InvalidParameterValueException", Validation, Final, ""),
    (
        "KmsAccessDeniedException",
        Authorization,
        Final,
        "allow kms:GenerateDataKey and kms:Decrypt on the key to the caller and to CloudWatch in the key policy",
    ),
    (
        "KmsKeyDisabledException",
        Encryption,
        Final,
        "enable the KMS key, or cancel its deletion",
    ),
    (
        "KmsKeyNotFoundException",
        Encryption,
        Final,
        "check the key's ARN, account and Region",
    ),
    (
        "LimitExceeded",
        QuotaExceeded,
        Final,
        "raise the quota on alarms in Service Quotas, or delete unused ones",
    ),
    ("LimitExceededException", QuotaExceeded, Final, ""),
    (
        "LimitExceededFault",
        QuotaExceeded,
        Final,
        "raise the quota on alarms in Service Quotas, or delete unused ones",
    ),
    ("MissingParameter", Validation, Final, ""),
    ("MissingRequiredParameterException", Validation, Final, ""),
    ("ResourceConflict", Conflict, Final, ""),
    ("ResourceNotFound", NotFound, Final, ""),
    ("ResourceNotFoundException", NotFound, Final, ""),
    (
        "Throttling",
        RateLimit,
        Throttled,
        "put more metrics into one PutMetricData (1,000 of them, 1 MB), or raise its rate in Service Quotas",
    ),
    ("ValidationError", Validation, Final, ""),
    ("ValidationException", Validation, Final, ""),
];
