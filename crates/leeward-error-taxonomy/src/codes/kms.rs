use super::Entry;
use crate::{
    Category::{
        Conflict, Encryption, Internal, NotFound, QuotaExceeded, ServiceUnavailable, Timeout,
        Validation,
    },
    Verdict::{Final, Transient},
};

/// The codes of AWS KMS, from the "Errors" sections of its API reference.
pub(super) const CODES: &[Entry] = &[
    ("AlreadyExistsException", Conflict, Final),
    ("DependencyTimeoutException", Timeout, Transient),
    ("DisabledException", Encryption, Final),
    ("DryRunOperationException", Validation, Final),
    ("IncorrectKeyException", Encryption, Final),
    ("InvalidArnException", Validation, Final),
    ("InvalidCiphertextException", Encryption, Final),
    ("InvalidGrantTokenException", Validation, Final),
    ("InvalidKeyUsageException", Encryption, Final),
    ("KMSInternalException", Internal, Transient),
    ("KMSInvalidStateException", Encryption, Final),
    // KMS asks for the same request again (API reference, Decrypt).
    ("KeyUnavailableException", ServiceUnavailable, Transient),
    // The number of keys, aliases or grants, not the pace of calls; sending again cannot help.
    ("LimitExceededException", QuotaExceeded, Final),
    ("NotFoundException", NotFound, Final),
    ("UnsupportedOperationException", Validation, Final),
];
