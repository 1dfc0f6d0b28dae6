use leeward_client_pool::regional::{KeyArn, KeyId, Regional};
use leeward_error_taxonomy::{Obstacle, Region, Rejected};
use leeward_resilience::Placement;
use std::{fmt, sync::Arc};

/// A KMS key as a keyring uses it: what it is called in each Region, and which keys in messages are it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WrappingKey {
    /// This key in its own Region, whatever replicas it may have.
    AtHome(KeyArn),
    /// Any replica of this multi-Region key.
    Replicated(KeyArn),
    /// The replicas of this multi-Region key in these Regions.
    ReplicatedIn(KeyArn, Arc<[Region]>),
    /// Whatever goes by this alias or id: enough to encrypt, but no message names it.
    Named(KeyId),
}

impl WrappingKey {
    pub(super) fn at_home(key: KeyId) -> Self {
        match key.to_string().parse() {
            Ok(arn) => Self::AtHome(arn),
            Err(_) => Self::Named(key),
        }
    }

    /// Whether `arn`, from a message or an answer, is this key.
    ///
    /// Specification: aws-kms-mrk-match-for-decrypt, "Implementation".
    pub(super) fn is(&self, arn: &KeyArn) -> bool {
        match self {
            Self::AtHome(key) => arn == key,
            Self::Replicated(key) | Self::ReplicatedIn(key, _) => arn.is_replica_of(key),
            Self::Named(_) => false,
        }
    }

    /// Whether KMS may answer with `arn` when it was asked to wrap under this key.
    pub(super) fn may_be(&self, arn: &KeyArn) -> bool {
        matches!(self, Self::Named(_)) || self.is(arn)
    }

    /// The Region that requests with this key do not leave, if there is one.
    pub(super) fn home(&self) -> Option<&Region> {
        match self {
            Self::AtHome(key) => Some(key.region()),
            Self::Named(key) => key.home(),
            Self::Replicated(_) | Self::ReplicatedIn(..) => None,
        }
    }

    /// Where requests with this key go first; those that it must not leave are up to [`Regional::name_in`].
    pub(super) fn placement(&self) -> Placement {
        match self.home() {
            Some(home) => Placement::new().preferring(home.clone()),
            None => Placement::new(),
        }
    }
}

impl Regional for WrappingKey {
    fn name_in(&self, region: &Region) -> Result<String, Rejected> {
        match self {
            Self::AtHome(key) if key.is_multi_region() && key.region() != region => {
                Err(elsewhere(format!(
                    "{key} is used in its own Region only, and not in {region}: its replicas are used by multi-Region keyrings"
                )))
            }
            Self::ReplicatedIn(key, regions) if !regions.contains(region) => Err(elsewhere(
                format!("the discovery keyring is not allowed to look for {key} in {region}"),
            )),
            Self::AtHome(key) | Self::Replicated(key) | Self::ReplicatedIn(key, _) => {
                key.name_in(region)
            }
            Self::Named(key) => key.name_in(region),
        }
    }
}

/// Says that the key is not used in a Region.
fn elsewhere(reason: String) -> Rejected {
    Rejected::unavailable_for(Obstacle::Elsewhere, reason)
}

impl fmt::Display for WrappingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtHome(key) | Self::Replicated(key) | Self::ReplicatedIn(key, _) => {
                fmt::Display::fmt(key, f)
            }
            Self::Named(key) => fmt::Display::fmt(key, f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EAST: Region = Region::from_static("us-east-1");
    const WEST: Region = Region::from_static("us-west-2");
    const MULTI: &str =
        "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";
    const SINGLE: &str =
        "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    fn west(arn: &str) -> String {
        arn.replace("us-east-1", "us-west-2")
    }

    fn arn(text: &str) -> KeyArn {
        text.parse().unwrap()
    }

    /// Checks what it is called in the west (`-`: nowhere there), and which of its own ARN and that of the west it is.
    #[track_caller]
    fn check(key: &WrappingKey, home: &str, in_the_west: &str, is: [bool; 2]) {
        let name = key.name_in(&WEST).unwrap_or_else(|_| "-".to_owned());
        assert_eq!(name, in_the_west);
        assert_eq!([key.is(&arn(home)), key.is(&arn(&west(home)))], is);
    }

    #[test]
    fn each_use_of_a_key_goes_where_it_may() {
        let at_home = |text: &str| WrappingKey::at_home(text.parse().unwrap());
        check(&at_home(SINGLE), SINGLE, "-", [true, false]);
        check(&at_home(MULTI), MULTI, "-", [true, false]);
        check(&at_home("alias/app"), SINGLE, "alias/app", [false, false]);
        // An alias that begins like a multi-Region key is none.
        let alias = "arn:aws:kms:us-east-1:111122223333:alias/mrk-app";
        check(&at_home(alias), MULTI, "-", [false, false]);
        let anywhere = WrappingKey::Replicated(arn(MULTI));
        check(&anywhere, MULTI, &west(MULTI), [true, true]);
        let in_the_east = WrappingKey::ReplicatedIn(arn(MULTI), Arc::new([EAST]));
        check(&in_the_east, MULTI, "-", [true, true]);
    }

    #[test]
    fn what_goes_by_a_name_is_known_by_the_answer_only() {
        let named = WrappingKey::at_home("alias/app".parse().unwrap());
        assert!(named.may_be(&arn(SINGLE)) && !named.is(&arn(SINGLE)));
        let at_home = WrappingKey::AtHome(arn(SINGLE));
        assert!(at_home.may_be(&arn(SINGLE)) && !at_home.may_be(&arn(MULTI)));
        assert_eq!(at_home.placement().preference(), Some(EAST));
    }
}
