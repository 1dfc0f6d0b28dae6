//! Whom the environment names, where the pool has more ways than the SDK's chain.

use super::{fault, read};
use crate::{Identity, Role};
use aws_config::profile::Profile;

/// The identity to which the SDK's chain would come, if it is a role or a sign-on: the profile of `AWS_PROFILE` or the default
/// one, or the role of `AWS_ROLE_ARN`, which a web identity assumes.
///
/// The chain knows one STS alone, and no endpoint that is given beside FIPS. None where it finds something else before them, and
/// for faults, which it is left to tell or to pass over.
pub(crate) async fn of_the_environment() -> Option<Identity> {
    if has_keys() {
        return None;
    }
    let profiles = read(None).await.ok()?;
    let name = profiles.selected_profile();
    match profiles.get_profile(name) {
        Some(profile) if is_any(profile, &WAYS) => {
            fault::find(name, &profiles).ok()?;
            is_any(profile, &BY_A_SERVICE).then(|| Identity::profile(name))
        }
        _ => of_a_web_identity(),
    }
}

/// What credentials are had by, in a profile; one that says nothing of them is passed over.
const WAYS: [&str; 14] = [
    "role_arn",
    "source_profile",
    "credential_source",
    "web_identity_token_file",
    "sso_session",
    "sso_start_url",
    "sso_region",
    "sso_account_id",
    "sso_role_name",
    "login_session",
    "credential_process",
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
];

/// Those of a role and of a sign-on.
const BY_A_SERVICE: [&str; 3] = ["role_arn", "sso_session", "sso_start_url"];

fn is_any(profile: &Profile, keys: &[&str]) -> bool {
    keys.iter().any(|key| profile.get(key).is_some())
}

/// Whether the environment has keys, which go before all else; blank ones are none.
fn has_keys() -> bool {
    let is_set = |name: &&str| {
        let value = std::env::var_os(name);
        value.is_some_and(|value| !value.to_string_lossy().trim().is_empty())
    };
    is_set(&"AWS_ACCESS_KEY_ID")
        && ["AWS_SECRET_ACCESS_KEY", "SECRET_ACCESS_KEY"]
            .iter()
            .any(is_set)
}

/// The role of a service account of Kubernetes (IRSA), by the variables that EKS sets in its pods.
fn of_a_web_identity() -> Option<Identity> {
    let variable = |name| {
        let value = std::env::var(name).ok()?;
        (!value.trim().is_empty()).then_some(value)
    };
    let file = variable("AWS_WEB_IDENTITY_TOKEN_FILE")?;
    let role = Role::new(&variable("AWS_ROLE_ARN")?).ok()?;
    let role = role.assumed_by_web_identity(file);
    let role = match variable("AWS_ROLE_SESSION_NAME") {
        Some(name) => role.with_session_name(&name),
        None => role,
    };
    Some(Identity::role(role))
}
