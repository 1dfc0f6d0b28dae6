use crate::service;
use aws_sdk_cloudformation::types::{self, ChangeAction, Replacement, RequiresRecreation};
use std::fmt;

/// What a change set would do to one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Change {
    /// What it would do.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::written::text"))]
    pub action: ChangeAction,
    /// What the template calls the resource.
    pub logical_id: String,
    /// What its service calls it, if it is there.
    pub physical_id: Option<String>,
    /// What it is, such as `AWS::S3::Bucket`.
    pub resource_type: String,
    /// Whether a changed resource would be another one.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::written::maybe_text")
    )]
    pub replacement: Option<Replacement>,
    /// What of it would be changed.
    pub properties: Vec<PropertyChange>,
}

/// What a change set would do to one property.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PropertyChange {
    /// Which one: a path where CloudFormation tells it, else the name of the property, `Tags` or another attribute.
    pub path: String,
    /// What it is, where CloudFormation tells it.
    pub before: Option<String>,
    /// What it would be, where CloudFormation tells it.
    pub after: Option<String>,
    /// What would make it change, such as the parameter that it comes from.
    pub cause: Option<String>,
    /// Whether this alone would make the resource another one.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::written::maybe_text")
    )]
    pub recreation: Option<RequiresRecreation>,
}

impl Change {
    /// What a change of the SDK says of a resource; hooks have none.
    pub(crate) fn of(change: types::Change) -> Option<Self> {
        let change = change.resource_change?;
        let details = change.details.unwrap_or_default().into_iter();
        let mut properties: Vec<PropertyChange> = Vec::new();
        for property in details.filter_map(PropertyChange::of) {
            // One for each cause: the same property comes more than once.
            match properties
                .iter_mut()
                .find(|known| known.path == property.path)
            {
                Some(known) => known.cause = known.cause.take().or(property.cause),
                None => properties.push(property),
            }
        }
        Some(Self {
            action: change.action?,
            logical_id: change.logical_resource_id?,
            physical_id: service::said(change.physical_resource_id),
            resource_type: change.resource_type.unwrap_or_default(),
            replacement: change.replacement,
            properties,
        })
    }

    fn mark(&self) -> &'static str {
        match (&self.action, &self.replacement) {
            (ChangeAction::Add, _) => "+",
            (ChangeAction::Remove, _) => "-",
            (ChangeAction::Import, _) => "<",
            (ChangeAction::Modify, Some(Replacement::True)) => "-/+",
            (ChangeAction::Modify, _) => "~",
            _ => "?",
        }
    }
}

impl PropertyChange {
    fn of(detail: types::ResourceChangeDetail) -> Option<Self> {
        let target = detail.target?;
        let path = service::said(target.path)
            .or(service::said(target.name))
            .or(target
                .attribute
                .map(|attribute| attribute.as_str().to_owned()))?;
        Some(Self {
            path,
            before: target.before_value,
            after: target.after_value,
            cause: service::said(detail.causing_entity),
            recreation: target.requires_recreation,
        })
    }
}

/// `~ Archive (AWS::S3::Bucket)`, and a line for each property below.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            logical_id,
            resource_type,
            ..
        } = self;
        write!(f, "{} {logical_id} ({resource_type})", self.mark())?;
        match &self.replacement {
            Some(Replacement::True) => f.write_str(" is replaced")?,
            Some(Replacement::Conditional) => f.write_str(" may be replaced")?,
            _ => {}
        }
        self.properties
            .iter()
            .try_for_each(|property| write!(f, "\n    {property}"))
    }
}

/// `VersioningConfiguration/Status: Suspended -> Enabled (Versioning)`
impl fmt::Display for PropertyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path.trim_start_matches('/'))?;
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => write!(f, ": {before} -> {after}")?,
            (Some(before), None) => write!(f, ": {before} -> nothing")?,
            (None, Some(after)) => write!(f, ": nothing -> {after}")?,
            (None, None) => {}
        }
        match &self.cause {
            Some(cause) => write!(f, " ({cause})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(action: ChangeAction, replacement: Option<Replacement>) -> Change {
        Change {
            action,
            logical_id: "Archive".to_owned(),
            physical_id: None,
            resource_type: "AWS::S3::Bucket".to_owned(),
            replacement,
            properties: Vec::new(),
        }
    }

    #[test]
    fn a_line_says_what_becomes_of_a_resource() {
        for (action, replacement, expected) in [
            (ChangeAction::Add, None, "+ Archive (AWS::S3::Bucket)"),
            (ChangeAction::Remove, None, "- Archive (AWS::S3::Bucket)"),
            (ChangeAction::Import, None, "< Archive (AWS::S3::Bucket)"),
            (ChangeAction::Dynamic, None, "? Archive (AWS::S3::Bucket)"),
            (
                ChangeAction::Modify,
                Some(Replacement::False),
                "~ Archive (AWS::S3::Bucket)",
            ),
            (
                ChangeAction::Modify,
                Some(Replacement::True),
                "-/+ Archive (AWS::S3::Bucket) is replaced",
            ),
            (
                ChangeAction::Modify,
                Some(Replacement::Conditional),
                "~ Archive (AWS::S3::Bucket) may be replaced",
            ),
        ] {
            assert_eq!(change(action, replacement).to_string(), expected);
        }
    }

    #[test]
    fn a_line_below_says_what_becomes_of_a_property() {
        let values = [Some("Off"), None];
        let lines = ["Status: Off -> On (Stage)", "Status: nothing -> On (Stage)"];
        for (before, expected) in values.into_iter().zip(lines) {
            let property = PropertyChange {
                path: "/Status".to_owned(),
                before: before.map(ToOwned::to_owned),
                after: Some("On".to_owned()),
                cause: Some("Stage".to_owned()),
                recreation: None,
            };
            let change = Change {
                properties: vec![property],
                ..change(ChangeAction::Modify, None)
            };
            let text = change.to_string();
            assert_eq!(text, format!("~ Archive (AWS::S3::Bucket)\n    {expected}"));
        }
    }
}
