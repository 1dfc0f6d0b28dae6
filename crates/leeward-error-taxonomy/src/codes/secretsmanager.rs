use super::{Entry, advice::FIRST_PAGE};
use crate::{
    Category::{
        Authorization, Conflict, Encryption, Internal, NotFound, QuotaExceeded, Validation,
    },
    Verdict::{Final, Transient},
};

/// The codes of Secrets Manager, from its SDK model and API reference.
pub(super) const CODES: &[Entry] = &[
    (
        "DecryptionFailure",
        Encryption,
        Final,
        "allow kms:Decrypt on the secret's KMS key, and look at the state of that key with kms:DescribeKey",
    ),
    (
        "EncryptionFailure",
        Encryption,
        Final,
        "allow kms:GenerateDataKey on the secret's KMS key, and look at the state of that key with kms:DescribeKey",
    ),
    ("InternalServiceError", Internal, Transient, ""),
    ("InvalidNextTokenException", Validation, Final, FIRST_PAGE),
    ("InvalidParameterException", Validation, Final, ""),
    (
        "InvalidRequestException",
        Conflict,
        Final,
        "look at the secret with secretsmanager:DescribeSecret: restore one that is scheduled for deletion, give one a value or a rotation function that lacks it",
    ),
    (
        "LimitExceededException",
        QuotaExceeded,
        Final,
        "remove unused versions, or raise the quota on secrets in Service Quotas",
    ),
    ("MalformedPolicyDocumentException", Validation, Final, ""),
    ("PreconditionNotMetException", Conflict, Final, ""),
    (
        "PublicPolicyException",
        Authorization,
        Final,
        "narrow the principals of the resource policy, which BlockPublicPolicy found too wide",
    ),
    (
        "ResourceExistsException",
        Conflict,
        Final,
        "put a new version into the existing secret, or use a new ClientRequestToken; the name of a deleted secret stays taken until its recovery window ends",
    ),
    (
        "ResourceNotFoundException",
        NotFound,
        Final,
        "check the secret's name or ARN, its account and Region, and that it has the version or stage asked for (AWSCURRENT if none is named)",
    ),
];
