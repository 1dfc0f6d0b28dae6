//! Decides which version of a secret has which staging label: pure.

use super::{refused::Refused, value::SecretValue};
use std::{collections::BTreeSet, time::SystemTime};

pub(super) const CURRENT: &str = "AWSCURRENT";
pub(super) const PENDING: &str = "AWSPENDING";
const PREVIOUS: &str = "AWSPREVIOUS";

/// So many versions are kept; of those without a label the oldest go first.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html>
const MAX_VERSIONS: usize = 100;

/// The versions of a secret, in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub(super) struct Versions(Vec<Version>);

#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) id: String,
    /// `None` of one that a rotation has announced and not made yet.
    pub(super) value: Option<SecretValue>,
    pub(super) stages: BTreeSet<String>,
    pub(super) created: SystemTime,
}

impl Versions {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Version> {
        self.0.iter()
    }

    pub(super) fn at_stage(&self, stage: &str) -> Option<&Version> {
        self.0.iter().find(|version| version.stages.contains(stage))
    }

    pub(super) fn of_id(&self, id: &str) -> Option<&Version> {
        self.0.iter().find(|version| version.id == id)
    }

    /// The version of a rotation that has not ended.
    pub(super) fn rotating(&self) -> Option<&Version> {
        self.at_stage(PENDING)
            .filter(|version| !version.stages.contains(CURRENT))
    }

    /// The version with this id and this label, as far as they are given; the current one if neither is.
    pub(super) fn find(&self, id: Option<&str>, stage: Option<&str>) -> Result<&Version, Refused> {
        let Some(id) = id else {
            let stage = stage.unwrap_or(CURRENT);
            return self
                .at_stage(stage)
                .filter(|version| version.value.is_some())
                .ok_or_else(|| Refused::no_value(&format!("staging label: {stage}")));
        };
        let version = self
            .of_id(id)
            .filter(|version| version.value.is_some())
            .ok_or_else(|| Refused::no_value(&format!("VersionId: {id}")))?;
        if stage.is_some_and(|stage| !version.stages.contains(stage)) {
            return Err(Refused::parameter(
                "You provided a VersionStage that is not associated to the provided VersionId.",
            ));
        }
        Ok(version)
    }

    /// Adds a version with these labels; says false if it is there already, with the same value.
    ///
    /// The first one is the current one, whatever is said.
    pub(super) fn put(
        &mut self,
        id: &str,
        value: SecretValue,
        stages: &[&str],
        now: SystemTime,
    ) -> Result<bool, Refused> {
        match self.0.iter_mut().find(|version| version.id == id) {
            Some(version) if version.value.as_ref() == Some(&value) => return Ok(false),
            Some(version) if version.value.is_none() => version.value = Some(value),
            Some(_) => {
                let message = format!(
                    "You can't use ClientRequestToken {id} because that value is already in use for a version of this secret."
                );
                return Err(Refused::exists(message));
            }
            None => self.announce(id, Some(value), now),
        }
        for stage in stages {
            self.label(id, stage);
        }
        if self.at_stage(CURRENT).is_none() {
            self.label(id, CURRENT);
        }
        self.forget_the_oldest();
        Ok(true)
    }

    /// Makes room for the version that a rotation is about to make.
    pub(super) fn begin_rotation(&mut self, id: &str, now: SystemTime) -> Result<(), Refused> {
        if self.rotating().is_some() {
            return Err(Refused::request(
                "A previous rotation isn't complete. That rotation will be reattempted.",
            ));
        }
        if self.of_id(id).is_some() {
            let message = format!(
                "You can't use ClientRequestToken {id} because that value is already in use for a version of this secret."
            );
            return Err(Refused::exists(message));
        }
        self.announce(id, None, now);
        self.label(id, PENDING);
        Ok(())
    }

    /// Moves a label, or takes it off.
    pub(super) fn move_stage(
        &mut self,
        stage: &str,
        to: Option<&str>,
        from: Option<&str>,
    ) -> Result<(), Refused> {
        for id in [to, from].into_iter().flatten() {
            if self.of_id(id).is_none() {
                return Err(Refused::no_value(&format!("VersionId: {id}")));
            }
        }
        let holder = self.at_stage(stage).map(|version| version.id.as_str());
        if holder.is_some() && holder == to {
            return Ok(());
        }
        match (holder, from) {
            (Some(holder), None) => {
                return Err(Refused::parameter(format!(
                    "The parameter RemoveFromVersionId can't be empty. Staging label {stage} is currently attached to version \
                     {holder}, so you must explicitly reference that version in RemoveFromVersionId."
                )));
            }
            (holder, Some(from)) if holder != Some(from) => {
                return Err(Refused::parameter(format!(
                    "Staging label {stage} is not attached to version {from}, which RemoveFromVersionId names."
                )));
            }
            _ => {}
        }
        match to {
            Some(to) => {
                let to = to.to_owned();
                self.label(&to, stage);
            }
            None if stage == CURRENT => {
                return Err(Refused::parameter(
                    "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
                ));
            }
            None => self.unlabel(stage),
        }
        Ok(())
    }

    fn announce(&mut self, id: &str, value: Option<SecretValue>, now: SystemTime) {
        self.0.push(Version {
            id: id.to_owned(),
            value,
            stages: BTreeSet::new(),
            created: now,
        });
    }

    /// Gives the label to this version alone; what was current is the previous one from then on.
    fn label(&mut self, id: &str, stage: &str) {
        let before = self.at_stage(stage).map(|version| version.id.clone());
        if before.as_deref() == Some(id) {
            return;
        }
        self.unlabel(stage);
        if let Some(version) = self.0.iter_mut().find(|version| version.id == id) {
            version.stages.insert(stage.to_owned());
        }
        if let Some(before) = before.filter(|_| stage == CURRENT) {
            self.label(&before, PREVIOUS);
        }
    }

    fn unlabel(&mut self, stage: &str) {
        for version in &mut self.0 {
            version.stages.remove(stage);
        }
    }

    fn forget_the_oldest(&mut self) {
        let mut excess = self.0.len().saturating_sub(MAX_VERSIONS);
        self.0.retain(|version| {
            let goes = excess > 0 && version.stages.is_empty();
            excess -= usize::from(goes);
            !goes
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    fn put(
        versions: &mut Versions,
        id: &str,
        value: &str,
        stages: &[&str],
    ) -> Result<bool, Refused> {
        versions.put(id, SecretValue::Text(value.to_owned()), stages, UNIX_EPOCH)
    }

    /// Versions that were current in turn.
    fn versions(ids: &[&str]) -> Versions {
        let mut versions = Versions::default();
        for id in ids {
            put(&mut versions, id, id, &[CURRENT]).unwrap();
        }
        versions
    }

    #[track_caller]
    fn check(versions: &Versions, expected: &[(&str, &str)]) {
        let mut labels: Vec<_> = versions
            .iter()
            .flat_map(|version| version.stages.iter().map(|stage| (&**stage, &*version.id)))
            .collect();
        labels.sort_unstable();
        assert_eq!(labels, expected);
    }

    #[test]
    fn the_current_label_leaves_the_previous_one_behind() {
        check(&versions(&["a"]), &[(CURRENT, "a")]);
        check(&versions(&["a", "b"]), &[(CURRENT, "b"), (PREVIOUS, "a")]);
        check(
            &versions(&["a", "b", "c"]),
            &[(CURRENT, "c"), (PREVIOUS, "b")],
        );
    }

    #[test]
    fn the_first_version_is_current_whatever_is_said() {
        let mut versions = Versions::default();
        put(&mut versions, "a", "1", &[PENDING]).unwrap();
        check(&versions, &[(CURRENT, "a"), (PENDING, "a")]);
        put(&mut versions, "b", "2", &["mine", PENDING]).unwrap();
        check(&versions, &[(CURRENT, "a"), (PENDING, "b"), ("mine", "b")]);
    }

    #[test]
    fn a_token_stands_for_one_value() {
        let mut versions = versions(&["a"]);
        assert_eq!(put(&mut versions, "b", "2", &[CURRENT]), Ok(true));
        assert_eq!(put(&mut versions, "b", "2", &[CURRENT]), Ok(false));
        let refused = put(&mut versions, "b", "3", &[CURRENT]).unwrap_err();
        assert_eq!(refused.code, "ResourceExistsException");
    }

    #[test]
    fn a_label_moves_only_from_where_it_is_said_to_be() {
        let mut versions = versions(&["a", "b"]);
        let code = |moved: Result<(), Refused>| moved.map_or_else(|refused| refused.code, |()| "");
        for (stage, to, from, expected) in [
            (CURRENT, Some("a"), None, "InvalidParameterException"),
            (CURRENT, Some("a"), Some("a"), "InvalidParameterException"),
            (CURRENT, None, Some("b"), "InvalidParameterException"),
            ("mine", None, Some("b"), "InvalidParameterException"),
            (CURRENT, Some("c"), Some("b"), "ResourceNotFoundException"),
            (CURRENT, Some("b"), None, ""),
        ] {
            assert_eq!(
                code(versions.move_stage(stage, to, from)),
                expected,
                "{stage} {to:?} {from:?}"
            );
        }
        versions.move_stage(CURRENT, Some("a"), Some("b")).unwrap();
        check(&versions, &[(CURRENT, "a"), (PREVIOUS, "b")]);
        versions.move_stage("mine", Some("a"), None).unwrap();
        versions.move_stage("mine", Some("b"), Some("a")).unwrap();
        versions.move_stage(PREVIOUS, None, Some("b")).unwrap();
        check(&versions, &[(CURRENT, "a"), ("mine", "b")]);
    }

    #[test]
    fn a_rotation_announces_a_version_that_has_no_value_yet() {
        let mut versions = versions(&["a"]);
        versions.begin_rotation("b", UNIX_EPOCH).unwrap();
        check(&versions, &[(CURRENT, "a"), (PENDING, "b")]);
        assert!(
            versions
                .find(None, Some(PENDING))
                .unwrap_err()
                .is_not_found()
        );
        assert!(versions.find(Some("b"), None).unwrap_err().is_not_found());
        let again = versions.begin_rotation("c", UNIX_EPOCH).unwrap_err();
        assert_eq!(again.code, "InvalidRequestException");
        put(&mut versions, "b", "2", &[PENDING]).unwrap();
        assert_eq!(versions.find(None, Some(PENDING)).unwrap().id, "b");
        versions.move_stage(CURRENT, Some("b"), Some("a")).unwrap();
        check(
            &versions,
            &[(CURRENT, "b"), (PENDING, "b"), (PREVIOUS, "a")],
        );
        assert!(versions.rotating().is_none());
        versions.begin_rotation("c", UNIX_EPOCH).unwrap();
    }

    #[test]
    fn a_version_is_found_by_its_id_even_without_a_label() {
        let versions = versions(&["a", "b", "c"]);
        assert_eq!(versions.find(Some("a"), None).unwrap().id, "a");
        assert_eq!(versions.find(None, None).unwrap().id, "c");
        assert_eq!(versions.find(Some("b"), Some(PREVIOUS)).unwrap().id, "b");
        let refused = versions.find(Some("a"), Some(CURRENT)).unwrap_err();
        assert_eq!(refused.code, "InvalidParameterException");
    }

    #[test]
    fn what_has_no_label_goes_in_the_end() {
        let ids: Vec<_> = (0..=MAX_VERSIONS).map(|at| format!("v{at}")).collect();
        let ids: Vec<_> = ids.iter().map(String::as_str).collect();
        let versions = versions(&ids);
        assert_eq!(versions.iter().count(), MAX_VERSIONS);
        assert!(versions.find(Some("v0"), None).is_err());
        assert!(versions.find(Some("v1"), None).is_ok());
    }
}
