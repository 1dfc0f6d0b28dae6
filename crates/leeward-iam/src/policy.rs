use crate::{
    Iam, PolicyArn, PolicyPathPrefix, document,
    service::{is_absent, next, time},
};
use aws_sdk_iam::{
    operation::{
        get_policy::{GetPolicyInput, builders::GetPolicyInputBuilder},
        get_policy_version::{GetPolicyVersionInput, builders::GetPolicyVersionInputBuilder},
        list_policies::{ListPoliciesInput, builders::ListPoliciesInputBuilder},
    },
    types::{self, PolicyScopeType},
};
use leeward_client_pool::{Op, Page, Pages};
use leeward_error_taxonomy::{AwsError, OperationName};
use serde_json::Value;
use std::time::SystemTime;

/// What there is to know of a managed policy, but for its document.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PolicySummary {
    /// The name.
    pub name: String,
    /// The ARN.
    pub arn: String,
    /// The path, such as `/` or `/service-role/`.
    pub path: Option<String>,
    /// The version that is in force, such as `v3`.
    pub default_version: Option<String>,
    /// How many users, groups and roles it is attached to.
    pub attachments: Option<u32>,
    /// When it was made.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "leeward_client_pool::rfc3339::serialize_option")
    )]
    pub created: Option<SystemTime>,
    /// When its latest version was made.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "leeward_client_pool::rfc3339::serialize_option")
    )]
    pub updated: Option<SystemTime>,
}

impl From<types::Policy> for PolicySummary {
    fn from(policy: types::Policy) -> Self {
        Self {
            name: policy.policy_name.unwrap_or_default(),
            arn: policy.arn.unwrap_or_default(),
            path: policy.path,
            default_version: policy.default_version_id,
            attachments: policy
                .attachment_count
                .and_then(|count| count.try_into().ok()),
            created: policy.create_date.and_then(time),
            updated: policy.update_date.and_then(time),
        }
    }
}

/// Which managed policies are listed. Default: all, the more than thousand of AWS among them.
#[derive(Clone, Debug, Default)]
pub struct PolicyFilter {
    scope: Option<PolicyScopeType>,
    path_prefix: Option<PolicyPathPrefix>,
    is_attached: bool,
}

impl PolicyFilter {
    /// Those that the account has made.
    #[must_use]
    pub fn of_the_account() -> Self {
        Self {
            scope: Some(PolicyScopeType::Local),
            ..Self::default()
        }
    }

    /// Those that AWS has made.
    #[must_use]
    pub fn of_aws() -> Self {
        Self {
            scope: Some(PolicyScopeType::Aws),
            ..Self::default()
        }
    }

    /// Only those whose path begins so.
    #[must_use]
    pub fn with_path_prefix(self, prefix: PolicyPathPrefix) -> Self {
        Self {
            path_prefix: Some(prefix),
            ..self
        }
    }

    /// Only those that are attached to somebody.
    #[must_use]
    pub fn attached(self) -> Self {
        Self {
            is_attached: true,
            ..self
        }
    }
}

impl Iam {
    /// Lists managed policies.
    ///
    /// Needs `iam:ListPolicies`. IAM gives 100 a page.
    ///
    /// ```no_run
    /// # use leeward_error_taxonomy::AwsError;
    /// use leeward_iam::PolicyFilter;
    /// # use leeward_iam::Iam;
    ///
    /// # async fn run(iam: Iam) -> Result<(), AwsError> {
    /// let unused = |policy: leeward_iam::PolicySummary| (policy.attachments == Some(0)).then_some(policy.arn);
    /// let unused = iam.list_policies(PolicyFilter::of_the_account()).filter_map(unused);
    /// println!("{:?}", unused.collect_up_to(1_000).await?.items);
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_policies(&self, filter: PolicyFilter) -> Pages<PolicySummary> {
        self.caller.pages(
            ListPoliciesInput::builder()
                .set_scope(filter.scope)
                .set_path_prefix(filter.path_prefix.map(String::from))
                .only_attached(filter.is_attached),
            ListPoliciesInputBuilder::set_marker,
            ListPoliciesInputBuilder::send_with,
            |listed| {
                let policies = listed.policies.unwrap_or_default();
                Ok(Page::new(
                    policies.into_iter().map(Into::into).collect(),
                    next(listed.is_truncated, listed.marker),
                ))
            },
        )
    }

    /// Reads the document of a managed policy that is in force; `None` if the policy is not there.
    ///
    /// Needs `iam:GetPolicy` and `iam:GetPolicyVersion`, a call of each.
    ///
    /// ```no_run
    /// # use leeward_error_taxonomy::AwsError;
    /// # use leeward_iam::Iam;
    /// # async fn run(iam: Iam) -> Result<(), AwsError> {
    /// let arn = "arn:aws:iam::aws:policy/ReadOnlyAccess".parse()?;
    /// if let Some(document) = iam.policy_document(&arn).await? {
    ///     println!("{}", document["Statement"]);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// For everything but `NoSuchEntity`, and [`DocumentError`](crate::DocumentError).
    pub async fn policy_document(&self, policy: &PolicyArn) -> Result<Option<Value>, AwsError> {
        let look = GetPolicyInput::builder().policy_arn(policy.as_str());
        let look = Op::new(look, GetPolicyInputBuilder::send_with);
        let found = self.caller.find(look, is_absent).await?;
        let version = found.and_then(|found| found.policy?.default_version_id);
        let Some(version) = version else {
            return Ok(None);
        };
        let read = GetPolicyVersionInput::builder()
            .policy_arn(policy.as_str())
            .version_id(version);
        let read = Op::new(read, GetPolicyVersionInputBuilder::send_with);
        let found = self.caller.find(read, is_absent).await?;
        let document = found.and_then(|found| found.policy_version?.document);
        let document = document.as_deref().map(document::read).transpose();
        document.map_err(|error| {
            let operation = OperationName::new("iam", "GetPolicyVersion");
            self.caller.told(operation, error)
        })
    }
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;
    use aws_sdk_iam::primitives::DateTime;
    use serde_json::json;

    #[test]
    fn a_policy_is_written_as_a_record() {
        let policy = types::Policy::builder()
            .policy_name("readers")
            .arn("arn:aws:iam::111122223333:policy/readers")
            .create_date(DateTime::from_secs(1_795_336_200))
            .update_date(DateTime::from_secs(1_795_336_201));
        let expected = json!({
            "name": "readers",
            "arn": "arn:aws:iam::111122223333:policy/readers",
            "path": null,
            "default_version": null,
            "attachments": null,
            "created": "2026-11-22T08:30:00Z",
            "updated": "2026-11-22T08:30:01Z",
        });
        let policy = PolicySummary::from(policy.build());
        assert_eq!(serde_json::to_value(policy).unwrap(), expected);
    }
}
