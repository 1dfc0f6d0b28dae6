use crate::{
    Secret, SecretRef,
    id::{CURRENT, VersionRef},
};
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use std::time::SystemTime;

/// What Secrets Manager says of a secret without giving its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Described {
    /// The ids of its versions, and the labels of each.
    pub(crate) versions: Vec<(String, Vec<String>)>,
    /// When it is to be rotated next.
    pub(crate) next_rotation: Option<SystemTime>,
    /// Whether it is scheduled for deletion: its value is not to be had any more.
    pub(crate) is_deleted: bool,
}

impl Described {
    pub(super) fn read(output: DescribeSecretOutput) -> Self {
        let versions = output.version_ids_to_stages.unwrap_or_default();
        let date = output.next_rotation_date;
        Self {
            versions: versions.into_iter().collect(),
            next_rotation: date.and_then(|date| SystemTime::try_from(date).ok()),
            is_deleted: output.deleted_date.is_some(),
        }
    }

    /// Whether `present` is still the version of the secret that is asked for, and may be had.
    pub(crate) fn is_unmoved(&self, asked: SecretRef<'_>, present: &Secret) -> bool {
        let is_there = match asked.version() {
            VersionRef::Current => self.version_at(CURRENT) == Some(present.version_id()),
            VersionRef::Stage(stage) => self.version_at(stage) == Some(present.version_id()),
            VersionRef::Id(id) => self.versions.iter().any(|(version, _)| version == id),
        };
        is_there && !self.is_deleted
    }

    /// The id of the version that a label is attached to.
    pub(crate) fn version_at(&self, stage: &str) -> Option<&str> {
        let has = |(_, stages): &&(String, Vec<String>)| stages.iter().any(|label| label == stage);
        let (id, _) = self.versions.iter().find(has)?;
        Some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_found_where_it_is_attached() {
        let stages = |labels: &[&str]| labels.iter().map(ToString::to_string).collect();
        let described = Described::read(
            DescribeSecretOutput::builder()
                .version_ids_to_stages("one", stages(&["AWSPREVIOUS"]))
                .version_ids_to_stages("two", stages(&["blue", "AWSCURRENT"]))
                .build(),
        );
        assert_eq!(described.version_at("AWSCURRENT"), Some("two"));
        assert_eq!(described.version_at("AWSPREVIOUS"), Some("one"));
        assert_eq!(described.version_at("AWSPENDING"), None);
        assert!(!described.is_deleted);
    }
}
