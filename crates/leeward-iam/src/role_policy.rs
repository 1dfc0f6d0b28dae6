use crate::{
    Iam, PolicyName, RoleName, document,
    service::{is_absent, next},
};
use aws_sdk_iam::operation::{
    get_role_policy::{GetRolePolicyInput, builders::GetRolePolicyInputBuilder},
    list_attached_role_policies::{
        ListAttachedRolePoliciesInput, builders::ListAttachedRolePoliciesInputBuilder,
    },
    list_role_policies::{ListRolePoliciesInput, builders::ListRolePoliciesInputBuilder},
};
use leeward_client_pool::{Op, Page, Pages};
use leeward_error_taxonomy::{AwsError, OperationName};
use serde_json::Value;

/// A managed policy that is attached to a role.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct AttachedPolicy {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
}

/// A policy that is part of a role.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct InlinePolicy {
    /// Its name.
    pub name: String,
    /// Its document, decoded.
    pub document: Value,
}

/// The lists end with the error `NoSuchEntity` if the role is not there.
impl Iam {
    /// Lists the managed policies that are attached to a role.
    ///
    /// Needs `iam:ListAttachedRolePolicies`.
    ///
    /// ```no_run
    /// # use leeward_error_taxonomy::AwsError;
    /// # use leeward_iam::Iam;
    /// # async fn run(iam: Iam) -> Result<(), AwsError> {
    /// let attached = iam.attached_policies("ledger-reader".parse()?).collect_up_to(100).await?;
    /// println!("{:?}", attached.items);
    /// # Ok(())
    /// # }
    /// ```
    pub fn attached_policies(&self, role: RoleName) -> Pages<AttachedPolicy> {
        self.caller.pages(
            ListAttachedRolePoliciesInput::builder().role_name(role.as_str()),
            ListAttachedRolePoliciesInputBuilder::set_marker,
            ListAttachedRolePoliciesInputBuilder::send_with,
            |listed| {
                let policies = listed.attached_policies.unwrap_or_default().into_iter();
                let policies = policies.map(|policy| AttachedPolicy {
                    name: policy.policy_name.unwrap_or_default(),
                    arn: policy.policy_arn.unwrap_or_default(),
                });
                Ok(Page::new(
                    policies.collect(),
                    next(listed.is_truncated, listed.marker),
                ))
            },
        )
    }

    /// Lists the policies that are part of a role, with their documents.
    ///
    /// Needs `iam:ListRolePolicies` and `iam:GetRolePolicy`: a call for each page, and one for each policy. One that is deleted meanwhile
    /// is left out.
    ///
    /// ```no_run
    /// # use leeward_error_taxonomy::AwsError;
    /// # use leeward_iam::Iam;
    /// # async fn run(iam: Iam) -> Result<(), AwsError> {
    /// for policy in iam.inline_policies("ledger-reader".parse()?).collect_up_to(100).await?.items {
    ///     println!("{}: {}", policy.name, policy.document["Statement"]);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn inline_policies(&self, role: RoleName) -> Pages<InlinePolicy> {
        let iam = self.clone();
        Pages::new(move |marker: Option<String>| {
            let (iam, role) = (iam.clone(), role.clone());
            Box::pin(async move {
                let list = ListRolePoliciesInput::builder()
                    .role_name(role.as_str())
                    .set_marker(marker);
                let list = Op::new(list, ListRolePoliciesInputBuilder::send_with);
                let listed = iam.caller.call(list).await?;
                let mut policies = Vec::with_capacity(listed.policy_names.len());
                for name in listed.policy_names {
                    if let Some(document) = iam.inline_document(&role, &name).await? {
                        policies.push(InlinePolicy { name, document });
                    }
                }
                Ok(Page::new(
                    policies,
                    next(listed.is_truncated, listed.marker),
                ))
            })
        })
    }

    /// Reads one policy that is part of a role; `None` if the role or the policy is not there.
    ///
    /// Needs `iam:GetRolePolicy`.
    ///
    /// ```no_run
    /// # use leeward_error_taxonomy::AwsError;
    /// # use leeward_iam::Iam;
    /// # async fn run(iam: Iam) -> Result<(), AwsError> {
    /// let document = iam.inline_policy(&"ledger-reader".parse()?, &"read".parse()?).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// For everything but `NoSuchEntity`, and [`DocumentError`](crate::DocumentError).
    pub async fn inline_policy(
        &self,
        role: &RoleName,
        policy: &PolicyName,
    ) -> Result<Option<Value>, AwsError> {
        self.inline_document(role, policy.as_str()).await
    }

    async fn inline_document(
        &self,
        role: &RoleName,
        policy: &str,
    ) -> Result<Option<Value>, AwsError> {
        let look = GetRolePolicyInput::builder()
            .role_name(role.as_str())
            .policy_name(policy);
        let look = Op::new(look, GetRolePolicyInputBuilder::send_with);
        let found = self.caller.find(look, is_absent).await?;
        let document = found.map(|found| document::read(&found.policy_document));
        let document = document.transpose();
        document.map_err(|error| {
            let operation = OperationName::new("iam", "GetRolePolicy");
            self.caller.told(operation, error)
        })
    }
}
