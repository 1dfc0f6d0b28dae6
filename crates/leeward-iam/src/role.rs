use crate::{
    Iam, PathPrefix, RoleName, document,
    document::DocumentError,
    service::{is_absent, next, time},
};
use aws_sdk_iam::{
    operation::{
        get_role::{GetRoleInput, builders::GetRoleInputBuilder},
        list_roles::{ListRolesInput, builders::ListRolesInputBuilder},
    },
    types,
};
use leeward_client_pool::{Op, Page, Pages};
use leeward_error_taxonomy::{AwsError, OperationName};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

/// What there is to know of a role.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RoleSummary {
    /// The name.
    pub name: String,
    /// The ARN.
    pub arn: String,
    /// The id, which no later role of the same name has.
    pub id: String,
    /// The path, such as `/` or `/team/`.
    pub path: String,
    /// What is said of it.
    pub description: Option<String>,
    /// When it was made.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "leeward_client_pool::rfc3339::serialize_option")
    )]
    pub created: Option<SystemTime>,
    /// How long a session of it may last.
    pub max_session: Option<Duration>,
    /// Who may assume it: its trust policy, decoded.
    pub trust_policy: Option<Value>,
    /// The ARN of its permissions boundary; not in lists.
    pub permissions_boundary: Option<String>,
    /// When and where it was last used, within the last 400 days; not in lists.
    pub last_used: Option<RoleLastUsed>,
    /// Its tags; not in lists.
    pub tags: BTreeMap<String, String>,
}

/// When and where a role was last used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RoleLastUsed {
    /// When.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "leeward_client_pool::rfc3339::serialize")
    )]
    pub at: SystemTime,
    /// The Region that was called.
    pub region: Option<String>,
}

impl TryFrom<types::Role> for RoleSummary {
    type Error = DocumentError;

    fn try_from(role: types::Role) -> Result<Self, DocumentError> {
        let trust_policy = role.assume_role_policy_document.as_deref();
        let seconds = role
            .max_session_duration
            .and_then(|seconds| seconds.try_into().ok());
        let tags = role.tags.unwrap_or_default().into_iter();
        Ok(Self {
            name: role.role_name,
            arn: role.arn,
            id: role.role_id,
            path: role.path,
            description: role.description.filter(|text| !text.is_empty()),
            created: time(role.create_date),
            max_session: seconds.map(Duration::from_secs),
            trust_policy: trust_policy.map(document::read).transpose()?,
            permissions_boundary: role
                .permissions_boundary
                .and_then(|boundary| boundary.permissions_boundary_arn),
            last_used: role.role_last_used.and_then(|used| {
                Some(RoleLastUsed {
                    at: time(used.last_used_date?)?,
                    region: used.region,
                })
            }),
            tags: tags.map(|tag| (tag.key, tag.value)).collect(),
        })
    }
}

impl Iam {
    /// Looks whether a role is there.
    ///
    /// Needs `iam:GetRole`.
    ///
    /// ```no_run
    /// # use leeward_error_taxonomy::AwsError;
    /// # use leeward_iam::Iam;
    /// # async fn run(iam: Iam) -> Result<(), AwsError> {
    /// if !iam.role_exists(&"ledger-reader".parse()?).await? {
    ///     println!("the stack of roles is not deployed");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// For everything but `NoSuchEntity`: a call that is denied says nothing of the role.
    pub async fn role_exists(&self, role: &RoleName) -> Result<bool, AwsError> {
        Ok(self.role(role).await?.is_some())
    }

    /// Describes a role; `None` if it is not there.
    ///
    /// Needs `iam:GetRole`.
    ///
    /// ```no_run
    /// # use leeward_error_taxonomy::AwsError;
    /// # use leeward_iam::Iam;
    /// # async fn run(iam: Iam) -> Result<(), AwsError> {
    /// if let Some(role) = iam.describe_role(&"ledger-reader".parse()?).await? {
    ///     println!("{} may last {:?} and trusts {:?}", role.arn, role.max_session, role.trust_policy);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`role_exists`](Self::role_exists), and [`DocumentError`] for a trust policy that does not read as one.
    pub async fn describe_role(&self, role: &RoleName) -> Result<Option<RoleSummary>, AwsError> {
        let role = self.role(role).await?;
        let role = role.map(RoleSummary::try_from).transpose();
        role.map_err(|error| {
            self.caller
                .told(OperationName::new("iam", "GetRole"), error)
        })
    }

    /// Lists the roles of the account whose path begins so; `None` lists all.
    ///
    /// Needs `iam:ListRoles`. IAM gives 100 a page, and no tags, boundary or last use: [`describe_role`](Self::describe_role) has them.
    ///
    /// ```no_run
    /// # use leeward_error_taxonomy::AwsError;
    /// # use leeward_iam::Iam;
    /// # async fn run(iam: Iam) -> Result<(), AwsError> {
    /// let mut roles = iam.list_roles(Some("/team/".parse()?));
    /// while let Some(role) = roles.next().await {
    ///     println!("{}", role?.arn);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_roles(&self, path_prefix: Option<PathPrefix>) -> Pages<RoleSummary> {
        self.caller.pages(
            ListRolesInput::builder().set_path_prefix(path_prefix.map(String::from)),
            ListRolesInputBuilder::set_marker,
            ListRolesInputBuilder::send_with,
            |listed| {
                let roles = listed.roles.into_iter().map(RoleSummary::try_from);
                Ok(Page::new(
                    roles.collect::<Result<_, _>>()?,
                    next(listed.is_truncated, listed.marker),
                ))
            },
        )
    }

    pub(crate) async fn role(&self, role: &RoleName) -> Result<Option<types::Role>, AwsError> {
        let look = GetRoleInput::builder().role_name(role.as_str());
        let look = Op::new(look, GetRoleInputBuilder::send_with);
        let found = self.caller.find(look, is_absent).await?;
        Ok(found.and_then(|found| found.role))
    }
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;
    use aws_sdk_iam::primitives::DateTime;
    use serde_json::json;

    #[test]
    fn a_role_is_written_as_a_record() {
        let used = types::RoleLastUsed::builder()
            .last_used_date(DateTime::from_secs(1_795_336_201))
            .region("us-east-1");
        let role = types::Role::builder()
            .path("/team/")
            .role_name("app")
            .role_id("AROA1")
            .arn("arn:aws:iam::111122223333:role/team/app")
            .create_date(DateTime::from_secs(1_795_336_200))
            .role_last_used(used.build());
        let expected = json!({
            "name": "app",
            "arn": "arn:aws:iam::111122223333:role/team/app",
            "id": "AROA1",
            "path": "/team/",
            "description": null,
            "created": "2026-11-22T08:30:00Z",
            "max_session": null,
            "trust_policy": null,
            "permissions_boundary": null,
            "last_used": {"at": "2026-11-22T08:30:01Z", "region": "us-east-1"},
            "tags": {},
        });
        let role = RoleSummary::try_from(role.build().unwrap()).unwrap();
        assert_eq!(serde_json::to_value(role).unwrap(), expected);
    }
}
