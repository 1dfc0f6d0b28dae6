use super::{Entry, advice::FIRST_PAGE};
use crate::{
    Category::{Authorization, Conflict, NotFound, QuotaExceeded, RateLimit, Validation},
    Verdict::{Final, Throttled, Transient},
};

/// The codes of Cost Explorer, from its SDK model; the day until its first data from "Enabling Cost Explorer" in the User Guide.
pub(super) const CODES: &[Entry] = &[
    (
        "AccessDeniedException",
        Authorization,
        Final,
        "allow {action} in the caller's policy, and activate IAM access to billing in the account's settings",
    ),
    ("AnalysisNotFoundException", NotFound, Final, ""),
    (
        "BackfillLimitExceededException",
        RateLimit,
        Throttled,
        "wait until the backfill that is under way is over",
    ),
    (
        "BillExpirationException",
        Validation,
        Final,
        "ask for a later period: this report has expired",
    ),
    (
        "BillingViewHealthStatusException",
        Conflict,
        Final,
        "wait until the billing view is HEALTHY",
    ),
    (
        "DataUnavailableException",
        NotFound,
        Final,
        "enable Cost Explorer, and wait up to 24 hours for its first data",
    ),
    (
        "GenerationExistsException",
        Conflict,
        Transient,
        "wait until the recommendation or analysis that is being made is done",
    ),
    ("InvalidNextTokenException", Validation, Final, FIRST_PAGE),
    ("LimitExceededException", RateLimit, Throttled, ""),
    (
        "RequestChangedException",
        Validation,
        Final,
        "keep the parameters the same from page to page, or begin without a token",
    ),
    ("ResourceNotFoundException", NotFound, Final, ""),
    ("ServiceQuotaExceededException", QuotaExceeded, Final, ""),
    (
        "TooManyTagsException",
        QuotaExceeded,
        Final,
        "keep to 50 tags on a resource",
    ),
    ("UnknownMonitorException", NotFound, Final, ""),
    ("UnknownSubscriptionException", NotFound, Final, ""),
    (
        "UnresolvableUsageUnitException",
        Validation,
        Final,
        "filter by UsageType or UsageTypeGroup whose units agree",
    ),
];
