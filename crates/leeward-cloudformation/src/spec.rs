use crate::{RequestToken, RoleArn, StackName, Template, service};
use aws_sdk_cloudformation::types::{Capability, OnFailure, Parameter, Tag};
use std::fmt;

/// What a stack is to be: what [`create`](crate::CloudFormation::create), [`update`](crate::CloudFormation::update) and a change set
/// are made of.
///
/// It prints neither the template nor the values of parameters.
///
/// ```
/// use leeward_cloudformation::{StackName, StackSpec};
/// use serde_json::json;
///
/// let name: StackName = "orders".parse()?;
/// let topic = json!({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}});
/// let spec = StackSpec::new(name, topic)
///     .with_parameter("Stage", "test")
///     .with_tag("team", "orders");
/// # Ok::<(), leeward_cloudformation::InvalidResourceName>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct StackSpec {
    pub(crate) name: StackName,
    pub(crate) template: Template,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) capabilities: Vec<Capability>,
    role: Option<RoleArn>,
    pub(crate) on_failure: Option<OnFailure>,
    pub(crate) is_protected: Option<bool>,
    token: Option<RequestToken>,
}

impl StackSpec {
    /// A stack of this name, made of this template.
    pub fn new(name: StackName, template: impl Into<Template>) -> Self {
        Self {
            name,
            template: template.into(),
            parameters: Vec::new(),
            tags: Vec::new(),
            capabilities: Vec::new(),
            role: None,
            on_failure: None,
            is_protected: None,
            token: None,
        }
    }

    /// Sets a parameter. Default: that of the template; an update forgets a value that is not set again.
    pub fn with_parameter(self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameter(
            Parameter::builder()
                .parameter_key(key)
                .parameter_value(value)
                .build(),
        )
    }

    /// Leaves a parameter as it is; for updates.
    pub fn with_previous_parameter(self, key: impl Into<String>) -> Self {
        self.parameter(
            Parameter::builder()
                .parameter_key(key)
                .use_previous_value(true)
                .build(),
        )
    }

    fn parameter(mut self, parameter: Parameter) -> Self {
        self.parameters
            .retain(|other| other.parameter_key != parameter.parameter_key);
        self.parameters.push(parameter);
        self
    }

    /// Tags the stack and what is in it. Default: an update without tags leaves them.
    pub fn with_tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let tag = Tag::builder().key(key).value(value).build();
        self.tags.retain(|other| other.key != tag.key);
        self.tags.push(tag);
        self
    }

    /// Allows what a template may only do by leave, such as to make IAM roles. Default: nothing.
    pub fn with_capability(mut self, capability: Capability) -> Self {
        if !self.capabilities.contains(&capability) {
            self.capabilities.push(capability);
        }
        self
    }

    /// Lets CloudFormation act as this role. Default: that of the operation before, else the caller.
    pub fn with_role(self, arn: RoleArn) -> Self {
        let role = Some(arn);
        Self { role, ..self }
    }

    /// What becomes of a stack that could not be created, at once or by a change set; `ROLLBACK` by default. An update takes no notice of it.
    pub fn with_on_failure(self, on_failure: OnFailure) -> Self {
        let on_failure = Some(on_failure);
        Self { on_failure, ..self }
    }

    /// Keeps the stack from being deleted; off by default. An update and a change set take no notice of it.
    pub fn with_termination_protection(self, is_protected: bool) -> Self {
        let is_protected = Some(is_protected);
        Self {
            is_protected,
            ..self
        }
    }

    /// Names the operation, so that the same call made again is the same operation; by default each call draws a name.
    ///
    /// It stands in each event of the operation.
    pub fn with_token(self, token: RequestToken) -> Self {
        let token = Some(token);
        Self { token, ..self }
    }

    /// The name of the stack.
    #[must_use]
    pub const fn name(&self) -> &StackName {
        &self.name
    }

    pub(crate) fn token(&self) -> String {
        match &self.token {
            Some(token) => token.to_string(),
            None => service::token(),
        }
    }

    pub(crate) fn role(&self) -> Option<String> {
        self.role.as_ref().map(RoleArn::to_string)
    }

    pub(crate) fn tags(&self) -> Option<Vec<Tag>> {
        some(&self.tags)
    }

    pub(crate) fn parameters(&self) -> Option<Vec<Parameter>> {
        some(&self.parameters)
    }

    pub(crate) fn capabilities(&self) -> Option<Vec<Capability>> {
        some(&self.capabilities)
    }
}

fn some<T: Clone>(items: &[T]) -> Option<Vec<T>> {
    (!items.is_empty()).then(|| items.to_vec())
}

impl fmt::Debug for StackSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.parameters.iter().filter_map(Parameter::parameter_key);
        f.debug_struct("StackSpec")
            .field("name", &self.name)
            .field("template", &self.template)
            .field("parameters", &keys.collect::<Vec<_>>())
            .field("capabilities", &self.capabilities)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_not_printed_and_the_last_one_counts() {
        let spec = StackSpec::new("orders".parse().unwrap(), Template::previous())
            .with_parameter("Password", "hunter1")
            .with_parameter("Password", "hunter2")
            .with_tag("team", "stock")
            .with_tag("team", "orders");
        let printed = format!("{spec:?}");
        assert!(
            printed.contains("Password") && !printed.contains("hunter"),
            "{printed}"
        );
        let values: Vec<_> = spec
            .parameters
            .iter()
            .map(Parameter::parameter_value)
            .collect();
        assert_eq!(values, [Some("hunter2")]);
        let tags: Vec<_> = spec.tags.iter().map(Tag::value).collect();
        assert_eq!(tags, [Some("orders")]);
    }
}
