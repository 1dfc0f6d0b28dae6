use std::fmt;

/// What kind of thing went wrong, hence who can mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Category {
    /// AWS does not know who calls: credentials missing, expired or wrong.
    Authentication,
    /// AWS knows the caller and refuses: a policy, a key policy or a grant is missing.
    Authorization,
    /// The request is malformed or breaks a rule of the service; sending it again helps only where it was torn on its way.
    Validation,
    /// What the request names is not there.
    NotFound,
    /// What the request names is in a state that forbids the call, or changed under it.
    Conflict,
    /// Too many calls for the moment.
    RateLimit,
    /// A limit on the number or size of resources is reached; only a larger quota or less use helps.
    QuotaExceeded,
    /// The service turned the request away because it cannot serve now; it did nothing with it.
    ServiceUnavailable,
    /// The answer, or the way to the service, was lost.
    Network,
    /// No answer came in time.
    Timeout,
    /// The caller's own set-up is incomplete: no Region, no endpoint, no TLS roots.
    Configuration,
    /// A key cannot be used or a ciphertext does not belong to it.
    Encryption,
    /// The service, the SDK or this library failed inside; the request may have been applied.
    Internal,
    /// A layer of this process refused before or instead of AWS.
    Rejected,
    /// None of the above is known to hold.
    Unknown,
}

impl Category {
    /// The name for logs and metric labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authentication => "authentication",
            Self::Authorization => "authorization",
            Self::Validation => "validation",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::RateLimit => "rate_limit",
            Self::QuotaExceeded => "quota_exceeded",
            Self::ServiceUnavailable => "service_unavailable",
            Self::Network => "network",
            Self::Timeout => "timeout",
            Self::Configuration => "configuration",
            Self::Encryption => "encryption",
            Self::Internal => "internal",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
