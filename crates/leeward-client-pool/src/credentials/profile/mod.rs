//! Profiles of the shared configuration files.

mod environment;
mod fault;
mod files;
mod provider;
mod role;

pub(crate) use environment::of_the_environment;
pub(super) use provider::{ProfileCredentials, provider_of};

use super::registry::Roles;
use crate::{ClientError, Role};
use aws_config::profile::ProfileSet;
use aws_types::os_shim_internal::{Env, Fs};
use fault::Fault;
use leeward_error_taxonomy::Region;
use role::{foreign, role_of};

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

/// Reads the files; no name is that of the environment.
async fn read(name: Option<&str>) -> Result<ProfileSet, ClientError> {
    let name = name.map(|name| name.to_owned().into());
    aws_config::profile::load(&Fs::real(), &Env::real(), &Default::default(), name)
        .await
        .map_err(|error| ClientError::Profiles {
            reason: super::counts::told(&error),
        })
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
