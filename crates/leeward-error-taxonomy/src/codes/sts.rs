use super::{Entry, advice::RENEW};
use crate::{
    Category::{Authentication, Authorization, Configuration, QuotaExceeded, Validation},
    Verdict::{Final, Transient},
};

/// The codes of AWS STS, from its SDK model and API reference; the hour of a role that assumes a role from AssumeRole there.
pub(super) const CODES: &[Entry] = &[
    (
        "AccessDenied",
        Authorization,
        Final,
        "allow {action} on the role in the caller's policy, and name the caller in the role's trust policy with its conditions (ExternalId, MFA, OIDC subject) met",
    ),
    ("ExpiredToken", Authentication, Final, RENEW),
    (
        "ExpiredTokenException",
        Authentication,
        Final,
        "get a new identity token from the identity provider, or renew the session credentials that signed the call",
    ),
    (
        "ExpiredTradeInTokenException",
        Authentication,
        Final,
        "ask for a new trade-in token",
    ),
    (
        "IDPCommunicationError",
        Configuration,
        Transient,
        "send it again, and check that AWS can reach the identity provider's keys (jwks_uri)",
    ),
    (
        "IDPRejectedClaim",
        Authentication,
        Final,
        "check the token's audience and expiry, and whether it was revoked",
    ),
    (
        "InvalidAuthorizationMessageException",
        Validation,
        Final,
        "pass the encoded message whole and without line breaks",
    ),
    (
        "InvalidIdentityToken",
        Authentication,
        Final,
        "check the token's issuer, audience and signature against the identity provider in IAM",
    ),
    (
        "JWTPayloadSizeExceededException",
        Validation,
        Final,
        "ask for fewer tags in the token",
    ),
    ("MalformedPolicyDocument", Validation, Final, ""),
    (
        "OutboundWebIdentityFederationDisabledException",
        Configuration,
        Final,
        "turn outbound web identity federation on with iam:EnableOutboundWebIdentityFederation",
    ),
    (
        "PackedPolicyTooLarge",
        QuotaExceeded,
        Final,
        "shorten the session policy, or pass fewer session tags and policy ARNs",
    ),
    (
        "RegionDisabledException",
        Configuration,
        Final,
        "activate STS for this Region in the account settings of IAM, enable the Region, or call a Region that is active",
    ),
    (
        "SessionDurationEscalationException",
        Validation,
        Final,
        "ask for a duration that ends with the present session",
    ),
    (
        "ValidationError",
        Validation,
        Final,
        "check the role's ARN, the session name and that DurationSeconds is within the role's maximum (1 hour for a role that assumes a role)",
    ),
];
