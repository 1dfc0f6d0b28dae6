use super::Entry;
use crate::{
    Category::{
        Authentication, Authorization, Conflict, Internal, NotFound, QuotaExceeded, RateLimit,
        ServiceUnavailable, Timeout, Validation,
    },
    Verdict::{Final, Throttled, Transient},
};

/// The codes that AWS services share.
///
/// From "Common errors" in the API references, and `THROTTLING_ERRORS` and `TRANSIENT_ERRORS` of aws-runtime 1.10; in
/// the latter `LimitExceededException` counts as throttling, which holds for DynamoDB alone.
pub(super) const CODES: &[Entry] = &[
    ("AccessDenied", Authorization, Final),
    ("AccessDeniedException", Authorization, Final),
    ("AuthFailure", Authentication, Final),
    ("BandwidthLimitExceeded", RateLimit, Throttled),
    ("ConflictException", Conflict, Final),
    ("EC2ThrottledException", RateLimit, Throttled),
    ("ExpiredToken", Authentication, Final),
    ("ExpiredTokenException", Authentication, Final),
    ("IncompleteSignature", Authentication, Final),
    ("InternalError", Internal, Transient),
    ("InternalFailure", Internal, Transient),
    ("InternalServerError", Internal, Transient),
    ("InternalServiceError", Internal, Transient),
    ("InternalServiceErrorException", Internal, Transient),
    ("InvalidAccessKeyId", Authentication, Final),
    ("InvalidClientTokenId", Authentication, Final),
    ("InvalidSignatureException", Authentication, Final),
    ("LimitExceededException", QuotaExceeded, Final),
    ("MissingAuthenticationToken", Authentication, Final),
    ("MissingAuthenticationTokenException", Authentication, Final),
    ("NotAuthorized", Authorization, Final),
    ("OptInRequired", Authorization, Final),
    ("PriorRequestNotComplete", RateLimit, Throttled),
    (
        "ProvisionedThroughputExceededException",
        RateLimit,
        Throttled,
    ),
    ("RequestExpired", Authentication, Final),
    ("RequestLimitExceeded", RateLimit, Throttled),
    ("RequestThrottled", RateLimit, Throttled),
    ("RequestThrottledException", RateLimit, Throttled),
    ("RequestTimeTooSkewed", Authentication, Final),
    ("RequestTimeout", Timeout, Transient),
    ("RequestTimeoutException", Timeout, Transient),
    ("ResourceNotFoundException", NotFound, Final),
    ("ServiceQuotaExceededException", QuotaExceeded, Final),
    ("ServiceUnavailable", ServiceUnavailable, Transient),
    ("ServiceUnavailableException", ServiceUnavailable, Transient),
    ("SignatureDoesNotMatch", Authentication, Final),
    ("SlowDown", RateLimit, Throttled),
    ("ThrottledException", RateLimit, Throttled),
    ("Throttling", RateLimit, Throttled),
    ("ThrottlingException", RateLimit, Throttled),
    ("TooManyRequestsException", RateLimit, Throttled),
    ("TransactionInProgressException", RateLimit, Throttled),
    ("UnrecognizedClientException", Authentication, Final),
    ("ValidationError", Validation, Final),
    ("ValidationException", Validation, Final),
];
