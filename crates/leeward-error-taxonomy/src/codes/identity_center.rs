use super::Entry;
use crate::{
    Category::{Authentication, Authorization, NotFound},
    Verdict::Final,
};

/// What IAM Identity Center answers to a provider of credentials, from GetRoleCredentials in its portal's API reference.
pub(super) const CODES: &[Entry] = &[
    (
        "ForbiddenException",
        Authorization,
        Final,
        "have the user assigned to the account and the permission set that sso_account_id and sso_role_name of the profile name",
    ),
    (
        "ResourceNotFoundException",
        NotFound,
        Final,
        "correct sso_account_id and sso_role_name of the profile",
    ),
    (
        "UnauthorizedException",
        Authentication,
        Final,
        "log in again with aws sso login: the session has ended or was revoked",
    ),
];
