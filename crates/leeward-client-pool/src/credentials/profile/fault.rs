//! What is wrong with a profile, so that it is told which one and what to write, before anybody is asked for credentials.

use crate::{Role, identity::Source};
use aws_config::profile::{Profile, ProfileSet};

/// A profile that gives no credentials, whoever reads it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The profile that is to be corrected: the one that was asked for, or one that it goes by way of.
    pub(super) profile: String,
    pub(super) reason: String,
}

impl Fault {
    fn of(profile: &Profile, reason: impl Into<String>) -> Self {
        Self {
            profile: profile.name().to_owned(),
            reason: reason.into(),
        }
    }
}

/// Finds fault with the profile that is asked for, and with those that it goes by way of.
///
/// It refuses what the SDK's provider would refuse, and ARNs that name no role; in the order of "Assume role provider" and
/// "IAM Identity Center provider" of the AWS SDKs and Tools Reference Guide. A profile that is not there is for the caller to
/// tell.
pub(super) fn find(name: &str, profiles: &ProfileSet) -> Result<(), Fault> {
    let mut seen: Vec<&Profile> = Vec::new();
    let mut next = name;
    while let Some(profile) = profiles.get_profile(next) {
        if seen.iter().any(|before| before.name() == profile.name()) {
            let way: Vec<_> = seen.iter().map(|before| before.name()).collect();
            let way = format!("{} -> {}", way.join(" -> "), profile.name());
            let reason = format!(
                "its source_profile leads in a circle ({way}): let one of them have keys of its own"
            );
            return Err(Fault::of(profile, reason));
        }
        let is_source = !seen.is_empty();
        seen.push(profile);
        if is_source && keys(profile) == Some(Ok(())) {
            return Ok(());
        }
        match source(profile)? {
            None => return base(profile, profiles),
            Some(source) => next = source,
        }
    }
    // Nobody to blame where the very first is not there.
    let Some(last) = seen.last() else {
        return Ok(());
    };
    let reason = format!("its source_profile {next:?} is not there: write it, or name another");
    Err(Fault::of(last, reason))
}

/// The profile by which the role of this one is assumed; none if it is the last, by which credentials are had.
pub(super) fn source(profile: &Profile) -> Result<Option<&str>, Fault> {
    let Some(arn) = profile.get("role_arn") else {
        return Ok(None);
    };
    Role::new(arn).map_err(|invalid| Fault::of(profile, format!("its role_arn: {invalid}")))?;
    if profile.get("web_identity_token_file").is_some() {
        return Ok(None);
    }
    match ["source_profile", "credential_source"].map(|key| profile.get(key)) {
        [Some(_), Some(_)] => Err(Fault::of(
            profile,
            "it has a source_profile and a credential_source: keep the one that is to assume its role_arn",
        )),
        [None, None] => Err(Fault::of(
            profile,
            "nobody is there to assume its role_arn: add a source_profile or a credential_source",
        )),
        [Some(source), None] if source != profile.name() => Ok(Some(source)),
        _ => Ok(None),
    }
}

/// What a profile has credentials of, the first that there is.
fn base(profile: &Profile, profiles: &ProfileSet) -> Result<(), Fault> {
    let fault = |reason: String| Err(Fault::of(profile, reason));
    if let Some(source) = profile.get("credential_source") {
        if Source::named(source).is_some() {
            return Ok(());
        }
        let sources = Source::names();
        return fault(format!(
            "its credential_source {source:?} is none of {sources}"
        ));
    }
    if profile.get("web_identity_token_file").is_some() {
        return match profile.get("role_arn") {
            Some(_) => Ok(()),
            None => fault("it has a web_identity_token_file and no role_arn: add the role".into()),
        };
    }
    if let Some(sign_on) = sign_on(profile, profiles) {
        return sign_on.or_else(fault);
    }
    let by_others = ["login_session", "credential_process"];
    if by_others.iter().any(|key| profile.get(key).is_some()) {
        return Ok(());
    }
    match keys(profile) {
        Some(keys) => keys.or_else(|missing| fault(format!("it has no {missing} to its keys"))),
        None if profile.get("source_profile") == Some(profile.name()) => {
            fault("it is its own source_profile and has no keys: add them, or name another".into())
        }
        None if profile.get("source_profile").is_some() => {
            fault("it has a source_profile and no role_arn: add the role".into())
        }
        None => fault(
            "it has no credentials: add keys, a role_arn, a credential_process or the sso_ settings"
                .into(),
        ),
    }
}

/// Whether the keys are whole; the one that is missing; none if there are none.
pub(super) fn keys(profile: &Profile) -> Option<Result<(), &'static str>> {
    const ID: &str = "aws_access_key_id";
    const SECRET: &str = "aws_secret_access_key";
    let has = |key| profile.get(key).is_some();
    match [ID, SECRET, "aws_session_token"].map(has) {
        [false, false, false] => None,
        [false, ..] => Some(Err(ID)),
        [_, false, _] => Some(Err(SECRET)),
        [true, true, _] => Some(Ok(())),
    }
}

/// Whether a sign-on is whole; none if there is none.
fn sign_on(profile: &Profile, profiles: &ProfileSet) -> Option<Result<(), String>> {
    const PLACE: [&str; 2] = ["sso_region", "sso_start_url"];
    const WHOM: [&str; 2] = ["sso_account_id", "sso_role_name"];
    let has = |key: &&str| profile.get(key).is_some();
    let session = profile.get("sso_session");
    if session.is_none() && !PLACE.iter().chain(&WHOM).any(has) {
        return None;
    }
    let missing = |key: &str, section: &str| Some(Err(format!("it has no {key}: add it{section}")));
    match session {
        None => {
            if let Some(key) = PLACE.iter().find(|key| !has(key)) {
                return missing(key, ", or name an sso_session");
            }
        }
        Some(name) => {
            if let Some(key) = PLACE.iter().find(|key| has(key)) {
                return Some(Err(format!(
                    "its {key} is to be in [sso-session {name}] alone: take it out here"
                )));
            }
            let Some(session) = profiles.sso_session(name) else {
                return Some(Err(format!(
                    "its sso_session {name:?} is not there: write [sso-session {name}]"
                )));
            };
            if let Some(key) = PLACE.iter().find(|key| session.get(key).is_none()) {
                return missing(key, &format!(" to [sso-session {name}]"));
            }
        }
    }
    match WHOM.iter().find(|key| !has(key)) {
        Some(key) => missing(key, ""),
        None => Some(Ok(())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[expect(deprecated, reason = "the crate of their new name is no dependency")]
    use aws_config::profile::profile_file::{ProfileFileKind, ProfileFiles};
    use aws_config::{profile::ProfileFileCredentialsProvider, provider_config::ProviderConfig};
    use aws_credential_types::provider::{ProvideCredentials, error::CredentialsError};
    use aws_types::os_shim_internal::{Env, Fs};

    async fn profiles(config: &str) -> ProfileSet {
        let files = Fs::from_slice(&[("config", config)]);
        let names = Env::from_slice(&[("AWS_CONFIG_FILE", "config")]);
        let name = Some("a".into());
        aws_config::profile::load(&files, &names, &Default::default(), name)
            .await
            .unwrap()
    }

    const ROLE: &str = "role_arn = arn:aws:iam::111122223333:role/x\n";
    const KEYS: &str = "aws_access_key_id = AKID\naws_secret_access_key = hush\n";
    const SSO: &str = "sso_region = eu-west-1\nsso_start_url = https://a.awsapps.com/start\n";
    const WHOM: &str = "sso_account_id = 111122223333\nsso_role_name = Reader\n";

    /// What the SDK's own provider makes of the profile, without a way to the network.
    #[expect(deprecated, reason = "the crate of their new name is no dependency")]
    async fn told_by_the_sdk(config: &str) -> Result<(), CredentialsError> {
        let contents = ProfileFiles::builder().with_contents(ProfileFileKind::Config, config);
        let provider = ProfileFileCredentialsProvider::builder()
            .configure(&ProviderConfig::empty())
            .profile_files(contents.build())
            .profile_name("a")
            .build();
        provider.provide_credentials().await.map(drop)
    }

    #[tokio::test]
    async fn a_profile_that_gives_credentials_is_without_fault() {
        for config in [
            format!("[profile a]\n{KEYS}"),
            format!("[profile a]\n{KEYS}aws_session_token = t\n"),
            format!("[profile a]\n{KEYS}{ROLE}source_profile = a\n"),
            format!("[profile a]\n{ROLE}source_profile = b\n[profile b]\n{KEYS}"),
            // Keys of a source count before its role, whatever that says.
            format!(
                "[profile a]\n{ROLE}source_profile = b\n[profile b]\n{KEYS}role_arn = none\nsource_profile = a\n"
            ),
            format!("[profile a]\n{ROLE}credential_source = ec2instancemetadata\n"),
            "[profile a]\ncredential_source = Environment\n".to_owned(),
            format!("[profile a]\n{ROLE}web_identity_token_file = token\n"),
            format!("[profile a]\n{SSO}{WHOM}"),
            format!("[profile a]\nsso_session = s\n{WHOM}[sso-session s]\n{SSO}"),
            format!("[profile a]\n{ROLE}source_profile = b\n[profile b]\n{SSO}{WHOM}"),
            "[profile a]\ncredential_process = true\n".to_owned(),
            "[profile a]\nlogin_session = arn:aws:iam::111122223333:user/x\n".to_owned(),
        ] {
            assert_eq!(find("a", &profiles(&config).await), Ok(()), "{config}");
            let told = told_by_the_sdk(&config).await;
            let is_refused = matches!(told, Err(CredentialsError::InvalidConfiguration(_)));
            // That of the console needs a feature of the SDK, which others may have switched on.
            assert!(
                !is_refused || config.contains("login_session"),
                "{config}: {told:?}"
            );
        }
        let another = profiles("[profile b]\nregion = eu-west-1\n").await;
        assert_eq!(find("a", &another), Ok(()), "it is not there to be blamed");
    }

    #[tokio::test]
    async fn a_fault_is_told_with_its_profile_and_what_to_write() {
        let by = |source: &str| format!("[profile a]\n{ROLE}source_profile = {source}\n");
        for (config, profile, word) in [
            (
                "[profile a]\nregion = eu-west-1\n".to_owned(),
                "a",
                "add keys",
            ),
            (
                "[profile a]\naws_access_key_id = A\n".to_owned(),
                "a",
                "no aws_secret_access_key",
            ),
            (
                "[profile a]\naws_secret_access_key = A\n".to_owned(),
                "a",
                "no aws_access_key_id",
            ),
            (
                "[profile a]\naws_session_token = A\n".to_owned(),
                "a",
                "no aws_access_key_id",
            ),
            (format!("[profile a]\n{ROLE}"), "a", "add a source_profile"),
            (
                format!("[profile a]\n{ROLE}{KEYS}"),
                "a",
                "add a source_profile",
            ),
            (by("b"), "a", "source_profile \"b\" is not there"),
            (by("a"), "a", "own source_profile"),
            (
                format!("{}[profile b]\nsource_profile = c\n", by("b")),
                "b",
                "no role_arn",
            ),
            (
                format!("{}[profile b]\n{ROLE}source_profile = a\n", by("b")),
                "a",
                "(a -> b -> a)",
            ),
            (
                format!(
                    "{}[profile b]\n{ROLE}source_profile = c\n[profile c]\n{ROLE}source_profile = b\n",
                    by("b")
                ),
                "b",
                "(a -> b -> c -> b)",
            ),
            (
                format!("{}[profile b]\nrole_arn = x\nsource_profile = c\n", by("b")),
                "b",
                "begin with arn:",
            ),
            (
                format!("[profile a]\n{ROLE}source_profile = b\ncredential_source = Environment\n"),
                "a",
                "keep the one",
            ),
            (
                format!("[profile a]\n{ROLE}credential_source = Moon\n"),
                "a",
                "\"Moon\" is none of Environment,",
            ),
            (
                "[profile a]\nweb_identity_token_file = t\n".to_owned(),
                "a",
                "add the role",
            ),
            (
                "[profile a]\nrole_arn = x\nweb_identity_token_file = t\n".to_owned(),
                "a",
                "begin with arn:",
            ),
            (
                format!("[profile a]\n{WHOM}"),
                "a",
                "no sso_region: add it, or name",
            ),
            (format!("[profile a]\n{SSO}"), "a", "no sso_account_id"),
            (
                format!("[profile a]\n{SSO}sso_account_id = 111122223333\n"),
                "a",
                "no sso_role_name",
            ),
            (
                format!("[profile a]\n{WHOM}sso_session = s\n"),
                "a",
                "write [sso-session s]",
            ),
            (
                format!("[profile a]\n{WHOM}{SSO}sso_session = s\n"),
                "a",
                "take it out",
            ),
            (
                format!(
                    "[profile a]\n{WHOM}sso_session = s\n[sso-session s]\nsso_region = eu-west-1\n"
                ),
                "a",
                "no sso_start_url: add it to [sso-session s]",
            ),
        ] {
            let fault = find("a", &profiles(&config).await).unwrap_err();
            assert_eq!(fault.profile, profile, "{config}");
            told_by_the_sdk(&config).await.unwrap_err();
            assert!(fault.reason.contains(word), "{config}: {}", fault.reason);
        }
    }
}
