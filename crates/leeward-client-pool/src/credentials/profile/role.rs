//! The roles of profiles: which of them the pool assumes by itself, and which are left to the SDK's provider.

use super::fault;
use crate::{
    Identity, Role,
    credentials::Roles,
    identity::{Kind, Source},
};
use aws_config::profile::{Profile, ProfileSet};
use std::{sync::Arc, time::Duration};

/// The role of a profile that has a `role_arn` and says who is to assume it, for us to do so where STS answers.
///
/// None for what only the SDK's own provider knows: second factors, profiles that are their own sources, those that name
/// several who are to assume the role.
pub(super) fn role_of(name: &str, profiles: &ProfileSet) -> Option<Role> {
    let profile = profiles.get_profile(name)?;
    let role = Role::new(profile.get("role_arn")?).ok()?;
    if profile.get("mfa_serial").is_some() || is_intricate(name, profiles) {
        return None;
    }
    as_described(role, profile)
}

/// None where nothing or more than one thing assumes it, or for a number that is none.
fn as_described(role: Role, profile: &Profile) -> Option<Role> {
    const CALLERS: [&str; 3] = [
        "web_identity_token_file",
        "credential_source",
        "source_profile",
    ];
    let mut role = match CALLERS.map(|key| profile.get(key)) {
        [Some(file), None, None] => role.assumed_by_web_identity(file),
        [None, Some(source), None] => {
            role.assumed_by(Identity(Kind::Source(Source::named(source)?)))
        }
        [None, None, Some(source)] => role.assumed_by(Identity::profile(source)),
        _ => return None,
    };
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
///
/// It goes the way of [`fault::find`], and no profile twice, whatever the files say.
pub(super) fn foreign(name: &str, profiles: &ProfileSet) -> Roles {
    let mut seen = Vec::new();
    let mut roles = Vec::new();
    let mut next = Some(name);
    while let Some(profile) = next.and_then(|name| profiles.get_profile(name)) {
        let is_source = !seen.is_empty();
        let is_last = is_source && fault::keys(profile) == Some(Ok(()));
        if is_last || seen.contains(&profile.name()) {
            break;
        }
        seen.push(profile.name());
        let role = profile.get("role_arn").and_then(|arn| Role::new(arn).ok());
        let Some(role) = role else {
            break;
        };
        roles.push(Arc::new(role));
        next = fault::source(profile).ok().flatten();
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

#[cfg(test)]
mod tests {
    use super::*;
    use aws_types::os_shim_internal::{Env, Fs};
    use std::{sync::mpsc, thread};

    /// The names of the roles of the profile `a`; a walk that has no end fails after ten seconds.
    async fn roles_of_a(config: &str) -> Vec<String> {
        let files = Fs::from_slice(&[("config", config)]);
        let names = Env::from_slice(&[("AWS_CONFIG_FILE", "config")]);
        let name = Some("a".into());
        let profiles = aws_config::profile::load(&files, &names, &Default::default(), name)
            .await
            .unwrap();
        let (found, end) = mpsc::channel();
        thread::spawn(move || {
            let fault = fault::find("a", &profiles);
            drop(found.send((fault, role_of("a", &profiles), foreign("a", &profiles))));
        });
        let found = end.recv_timeout(Duration::from_secs(10));
        let (fault, own, foreign) = found.expect("the walk has an end");
        assert_eq!(fault, Ok(()), "{config}");
        assert_eq!(own, None, "{config}");
        let name = |role: &Arc<Role>| role.arn().rsplit('/').next().unwrap().to_owned();
        foreign.iter().map(name).collect()
    }

    const A: &str = "[profile a]\nrole_arn = arn:aws:iam::111122223333:role/x\n";
    const B: &str = "[profile b]\nrole_arn = arn:aws:iam::111122223333:role/y\n";
    const KEYS: &str = "aws_access_key_id = AKID\naws_secret_access_key = hush\n";

    #[tokio::test]
    async fn the_token_of_a_web_identity_ends_the_way() {
        let token = "web_identity_token_file = /token\n";
        let circle = format!("{A}{token}source_profile = b\n{B}source_profile = a\n");
        assert_eq!(roles_of_a(&circle).await, ["x"]);
        let by_way_of_b =
            format!("{A}mfa_serial = m\nsource_profile = b\n{B}{token}source_profile = a\n");
        assert_eq!(roles_of_a(&by_way_of_b).await, ["x", "y"]);
    }

    #[tokio::test]
    async fn a_profile_that_leads_back_to_itself_is_seen_once() {
        let own = format!("{A}{KEYS}source_profile = a\n");
        assert_eq!(roles_of_a(&own).await, ["x"]);
        let by_way_of_b = format!("{A}source_profile = b\n{B}{KEYS}source_profile = b\n");
        assert_eq!(roles_of_a(&by_way_of_b).await, ["x"]);
    }
}
