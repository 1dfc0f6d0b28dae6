//! Profiles of the shared configuration files.

mod fault;
mod files;

use super::registry::Roles;
use crate::{
    ClientError, Identity, Role,
    identity::{Kind, Source},
};
use aws_config::{
    ecs::EcsCredentialsProvider,
    environment::EnvironmentVariableCredentialsProvider,
    imds::credentials::ImdsCredentialsProvider,
    profile::{Profile, ProfileFileCredentialsProvider, ProfileSet},
    provider_config::ProviderConfig,
};
use aws_credential_types::provider::{
    ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future,
};
use aws_types::{
    SdkConfig,
    os_shim_internal::{Env, Fs},
    region::Region as AwsRegion,
};
use fault::Fault;
use leeward_error_taxonomy::Region;
use std::{fmt, sync::Arc, time::Duration};

/// What the shared configuration files say of a profile.
pub(super) struct Found {
    pub(super) region: Option<Region>,
    /// The role that it assumes by way of another profile, or by a source of credentials.
    pub(super) role: Option<Role>,
    /// The roles that the SDK's own provider assumes for it where that is none, the last assumed first.
    pub(super) foreign: Roles,
}

/// Looks a profile up.
pub(super) async fn find(name: &str) -> Result<Found, ClientError> {
    let profiles = read(Some(name)).await?;
    let region = region_of(name, &profiles)?;
    if let Err(Fault { profile, reason }) = fault::find(name, &profiles) {
        let files = files::holding(&profile).await;
        return Err(ClientError::Profile {
            name: profile,
            files,
            reason,
        });
    }
    let role = role_of(name, &profiles);
    let foreign = if role.is_none() {
        foreign(name, &profiles)
    } else {
        Roles::default()
    };
    Ok(Found {
        region,
        role,
        foreign,
    })
}

/// The profile by which the SDK's chain would assume a role, if it would: that of `AWS_PROFILE`, or the default one.
///
/// None where keys of the environment go before it, and for faults, which the chain is left to tell or to pass over.
pub(crate) async fn of_the_environment() -> Option<Identity> {
    if std::env::var_os("AWS_ACCESS_KEY_ID").is_some() {
        return None;
    }
    let profiles = read(None).await.ok()?;
    let name = profiles.selected_profile();
    fault::find(name, &profiles).ok()?;
    role_of(name, &profiles)?;
    Some(Identity::profile(name))
}

/// Reads the files; no name is that of the environment.
async fn read(name: Option<&str>) -> Result<ProfileSet, ClientError> {
    let name = name.map(|name| name.to_owned().into());
    aws_config::profile::load(&Fs::real(), &Env::real(), &Default::default(), name)
        .await
        .map_err(|error| ClientError::Profiles {
            reason: super::counts::told(&error),
        })
}

/// The role of a profile that has a `role_arn` and says who is to assume it, for us to do so where STS answers.
///
/// None for what only the SDK's own provider knows: second factors, web identities, profiles that are their own sources.
fn role_of(name: &str, profiles: &ProfileSet) -> Option<Role> {
    let profile = profiles.get_profile(name)?;
    let role = Role::new(profile.get("role_arn")?).ok()?;
    let foreign = ["mfa_serial", "web_identity_token_file"];
    if foreign.iter().any(|key| profile.get(key).is_some()) || is_intricate(name, profiles) {
        return None;
    }
    as_described(role, profile)
}

/// None where nothing assumes it, or for a number that is none.
fn as_described(role: Role, profile: &Profile) -> Option<Role> {
    let source = match profile.get("credential_source") {
        Some(source) => Identity(Kind::Source(Source::named(source)?)),
        None => Identity::profile(profile.get("source_profile")?),
    };
    let mut role = role.assumed_by(source);
    if let Some(id) = profile.get("external_id") {
        role = role.with_external_id(id);
    }
    if let Some(session) = profile.get("role_session_name") {
        role = role.with_session_name(session);
    }
    if let Some(seconds) = profile.get("duration_seconds") {
        role = role.with_lifetime(Duration::from_secs(seconds.trim().parse().ok()?));
    }
    Some(role)
}

/// The roles of a profile and of its sources, for them to be known where somebody else assumes them.
fn foreign(name: &str, profiles: &ProfileSet) -> Roles {
    let mut roles = Vec::new();
    let mut next = Some(name);
    while let Some(profile) = next.and_then(|name| profiles.get_profile(name)) {
        let is_source = !roles.is_empty();
        let role = profile.get("role_arn").and_then(|arn| Role::new(arn).ok());
        let Some(role) = role.filter(|_| !(is_source && fault::keys(profile) == Some(Ok(()))))
        else {
            break;
        };
        roles.push(Arc::new(role));
        // There is no circle but that of a profile which is its own source.
        next = profile
            .get("source_profile")
            .filter(|source| *source != profile.name());
    }
    roles.into()
}

/// Whether a profile is its own source, or one of its sources has keys besides its role, which count before it then.
fn is_intricate(name: &str, profiles: &ProfileSet) -> bool {
    let mut seen = vec![name];
    while let Some(&last) = seen.last() {
        let Some(profile) = profiles.get_profile(last) else {
            return true;
        };
        let has_both = ["role_arn", "aws_access_key_id"].map(|key| profile.get(key).is_some());
        if seen.len() > 1 && has_both == [true; 2] {
            return true;
        }
        match profile.get("source_profile") {
            None => return false,
            Some(source) if seen.contains(&source) => return true,
            Some(source) => seen.push(source),
        }
    }
    false
}

/// The credentials of a profile, read anew for each load, so that a corrected file counts.
pub(super) struct ProfileCredentials {
    name: Arc<str>,
    base: SdkConfig,
}

impl ProfileCredentials {
    pub(super) fn new(name: &Arc<str>, base: &SdkConfig) -> Self {
        Self {
            name: name.clone(),
            base: base.clone(),
        }
    }

    async fn load(&self) -> Result<aws_credential_types::Credentials, CredentialsError> {
        let found = find(&self.name).await;
        let region = found
            .map_err(CredentialsError::invalid_configuration)?
            .region;
        let config = provider_config(&self.base, region.as_ref());
        let provider = ProfileFileCredentialsProvider::builder()
            .configure(&config)
            .profile_name(self.name.to_string())
            .build();
        provider.provide_credentials().await
    }
}

fn region_of(name: &str, profiles: &ProfileSet) -> Result<Option<Region>, ClientError> {
    let Some(profile) = profiles.get_profile(name) else {
        return Err(unknown(name, profiles.profiles()));
    };
    let region = profile
        .get("region")
        .map(|region| Region::new(region.to_owned()))
        .transpose();
    region.map_err(|invalid| ClientError::Region {
        reason: invalid.to_string(),
    })
}

/// The names that there are; of very many, the first.
fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> ClientError {
    const TOLD: usize = 20;
    let mut known: Vec<_> = known.collect();
    known.sort_unstable();
    let more = known.len().saturating_sub(TOLD);
    known.truncate(TOLD);
    let mut text = known.join(", ");
    if text.is_empty() {
        text.push_str("none");
    }
    if more > 0 {
        text = format!("{text} and {more} more");
    }
    ClientError::UnknownProfile {
        name: name.to_owned(),
        known: text,
    }
}

/// Who gives the credentials of a `credential_source`, over the pool's connections.
pub(super) fn provider_of(source: Source, base: &SdkConfig) -> SharedCredentialsProvider {
    let config = provider_config(base, None);
    match source {
        Source::Environment => {
            SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new())
        }
        Source::InstanceMetadata => {
            let metadata = ImdsCredentialsProvider::builder().configure(&config);
            SharedCredentialsProvider::new(metadata.build())
        }
        Source::Container => {
            let agent = EcsCredentialsProvider::builder().configure(&config);
            SharedCredentialsProvider::new(agent.build())
        }
    }
}

/// The pool's connections and clocks, for a profile that assumes a role or signs on.
fn provider_config(base: &SdkConfig, region: Option<&Region>) -> ProviderConfig {
    let region = region
        .map(|region| AwsRegion::new(region.as_str().to_owned()))
        .or_else(|| base.region().cloned());
    let mut config = ProviderConfig::empty()
        .with_region(region)
        .with_behavior_version(base.behavior_version())
        .with_use_fips(base.use_fips())
        .with_use_dual_stack(base.use_dual_stack());
    if let Some(http) = base.http_client() {
        config = config.with_http_client(http);
    }
    if let Some(time) = base.time_source() {
        config = config.with_time_source(time);
    }
    if let Some(sleep) = base.sleep_impl() {
        config = config.with_sleep_impl(sleep);
    }
    if let Some(retries) = base.retry_config() {
        config = config.with_retry_config(retries.clone());
    }
    if let Some(timeouts) = base.timeout_config() {
        config = config.with_timeout_config(timeouts.clone());
    }
    config
}

impl ProvideCredentials for ProfileCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.load())
    }
}

impl fmt::Debug for ProfileCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProfileCredentials")
            .field(&self.name)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_profile_is_told_with_those_that_there_are() {
        let error = unknown("prod", ["staging", "default"].into_iter());
        assert_eq!(
            error.to_string(),
            r#"the profile "prod" is not in the shared configuration files, which hold default, staging"#
        );
        let error = unknown("prod", std::iter::empty()).to_string();
        assert!(error.ends_with("which hold none"), "{error}");
        let names: Vec<_> = (0..25).map(|at| format!("p{at:02}")).collect();
        let error = unknown("prod", names.iter().map(String::as_str)).to_string();
        assert!(error.ends_with("p19 and 5 more"), "{error}");
    }
}
