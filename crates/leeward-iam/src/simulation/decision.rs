use crate::ResourceArn;
use aws_sdk_iam::types::{
    EvaluationResult, PermissionsBoundaryDecisionDetail, PolicyEvaluationDecisionType, Position,
    Statement,
};
use std::{collections::HashSet, fmt};

/// Whether a principal may do one thing to one resource, and why (not).
///
/// It prints as a sentence: `s3:GetObject on arn:aws:s3:::ledger/2026 is allowed by no policy of the principal`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Decision {
    /// The action, such as `s3:GetObject`.
    pub action: String,
    /// The resource that was asked about; `*` if none was.
    pub resource: String,
    /// What came of it.
    pub effect: Effect,
    /// The condition keys that policies ask for and nobody has said: with them it might come out otherwise.
    pub missing_context: Vec<String>,
}

/// What came of a simulation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Effect {
    /// These statements allow it, and nothing denies it.
    Allowed(Vec<MatchedStatement>),
    /// These statements deny it, whatever others allow.
    ExplicitlyDenied(Vec<MatchedStatement>),
    /// No policy of the principal allows it.
    ImplicitlyDenied,
    /// The principal's permissions boundary does not allow it; whether another policy does is not told.
    DeniedByBoundary,
    /// The organization's service control policies do not allow it.
    DeniedByOrganization,
    /// Something that this version does not know, in IAM's words.
    Other(String),
}

/// A statement that has decided, by where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct MatchedStatement {
    /// What IAM calls the policy.
    pub policy: String,
    /// Of which kind the policy is, in IAM's words.
    pub policy_type: Option<String>,
    /// The line and the column of its beginning, in the document of the policy.
    pub start: Option<(u32, u32)>,
    /// Those of its end.
    pub end: Option<(u32, u32)>,
}

impl Effect {
    /// Whether it is allowed.
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed(_))
    }

    fn new(
        decision: &PolicyEvaluationDecisionType,
        statements: &[Statement],
        is_within_organization: bool,
        is_within_boundary: bool,
    ) -> Self {
        use PolicyEvaluationDecisionType::{Allowed, ExplicitDeny, ImplicitDeny};
        let matched = || statements.iter().map(MatchedStatement::from).collect();
        match decision {
            Allowed => Self::Allowed(matched()),
            // Statements are those of the principal's policies, and it is denied by them whatever the organization says, of which one
            // word is given for all resources.
            ExplicitDeny if !statements.is_empty() => Self::ExplicitlyDenied(matched()),
            // A service control policy ends the simulation: nothing else was looked at.
            ExplicitDeny | ImplicitDeny if !is_within_organization => Self::DeniedByOrganization,
            ExplicitDeny if is_within_boundary => Self::ExplicitlyDenied(matched()),
            ExplicitDeny | ImplicitDeny if !is_within_boundary => Self::DeniedByBoundary,
            ImplicitDeny => Self::ImplicitlyDenied,
            other => Self::Other(other.as_str().to_owned()),
        }
    }
}

impl Decision {
    /// Reads what IAM answers to a question about these resources: one result for each action with the resources within, or one for each
    /// pair, as it was before.
    pub(super) fn of(results: &[EvaluationResult], asked: &[ResourceArn]) -> Vec<Self> {
        let mut seen = HashSet::new();
        let of_action = |result| Self::of_action(result, asked);
        let mut decisions: Vec<Self> = results.iter().flat_map(of_action).collect();
        decisions
            .retain(|decision| seen.insert((decision.action.clone(), decision.resource.clone())));
        decisions
    }

    fn of_action(result: &EvaluationResult, asked: &[ResourceArn]) -> Vec<Self> {
        let is_within_organization = result
            .organizations_decision_detail()
            .is_none_or(|detail| detail.allowed_by_organizations());
        let action = result.eval_action_name();
        let of_resources = result.resource_specific_results().iter();
        let of_resources: Vec<Self> = of_resources
            .map(|of| Self {
                action: action.to_owned(),
                resource: of.eval_resource_name().to_owned(),
                effect: Effect::new(
                    of.eval_resource_decision(),
                    of.matched_statements(),
                    is_within_organization,
                    is_within(of.permissions_boundary_decision_detail()),
                ),
                missing_context: of.missing_context_values().to_vec(),
            })
            .collect();
        if !of_resources.is_empty() {
            return of_resources;
        }
        // IAM names the pattern of such resources here: `arn:${Partition}:s3:::${BucketName}/${KeyName}`.
        let resource = match asked {
            [] => "*",
            [one] => one.as_str(),
            _ => result.eval_resource_name().unwrap_or("*"),
        };
        vec![Self {
            action: action.to_owned(),
            resource: resource.to_owned(),
            effect: Effect::new(
                result.eval_decision(),
                result.matched_statements(),
                is_within_organization,
                is_within(result.permissions_boundary_decision_detail()),
            ),
            missing_context: result.missing_context_values().to_vec(),
        }]
    }
}

/// Nothing is said of a boundary where there is none.
fn is_within(boundary: Option<&PermissionsBoundaryDecisionDetail>) -> bool {
    boundary.is_none_or(PermissionsBoundaryDecisionDetail::allowed_by_permissions_boundary)
}

impl From<&Statement> for MatchedStatement {
    fn from(statement: &Statement) -> Self {
        let place = |position: &Position| {
            let number = |number: i32| u32::try_from(number).ok();
            Some((number(position.line())?, number(position.column())?))
        };
        Self {
            policy: statement.source_policy_id().unwrap_or_default().to_owned(),
            policy_type: (statement.source_policy_type()).map(|kind| kind.as_str().to_owned()),
            start: statement.start_position().and_then(place),
            end: statement.end_position().and_then(place),
        }
    }
}

/// `policy DenyDeletes (line 9, column 5 to line 14, column 6)`
impl fmt::Display for MatchedStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "policy {}", self.policy)?;
        if let (Some((line, column)), Some((to_line, to_column))) = (self.start, self.end) {
            write!(
                f,
                " (line {line}, column {column} to line {to_line}, column {to_column})"
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {} is ", self.action, self.resource)?;
        match &self.effect {
            Effect::Allowed(by) => {
                f.write_str("allowed")?;
                write_statements(f, by)
            }
            Effect::ExplicitlyDenied(by) => {
                f.write_str("explicitly denied")?;
                write_statements(f, by)
            }
            Effect::ImplicitlyDenied => f.write_str("allowed by no policy of the principal"),
            Effect::DeniedByBoundary => {
                f.write_str("not allowed by the principal's permissions boundary")
            }
            Effect::DeniedByOrganization => {
                f.write_str("not allowed by the organization's service control policies")
            }
            Effect::Other(told) => write!(f, "decided on as {told}"),
        }
    }
}

fn write_statements(f: &mut fmt::Formatter<'_>, statements: &[MatchedStatement]) -> fmt::Result {
    let mut separator = " by a statement of ";
    for statement in statements {
        write!(f, "{separator}{statement}")?;
        separator = " and of ";
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use PolicyEvaluationDecisionType::{Allowed, ExplicitDeny, ImplicitDeny};
    use aws_sdk_iam::types::{OrganizationsDecisionDetail, ResourceSpecificResult};

    fn statement(policy: &str) -> Statement {
        let place = |line, column| Position::builder().line(line).column(column).build();
        Statement::builder()
            .source_policy_id(policy)
            .start_position(place(3, 17))
            .end_position(place(9, 6))
            .build()
    }

    #[test]
    fn what_denies_is_told_by_what_must_change() {
        let deny = [statement("DenyDeletes")];
        let unknown = PolicyEvaluationDecisionType::from("perhaps");
        for (decision, statements, organization, boundary, expected) in [
            (
                &Allowed,
                &deny[..],
                true,
                true,
                "is allowed by a statement of policy DenyDeletes (line 3, column 17 to line 9, column 6)",
            ),
            (&Allowed, &[], true, true, "is allowed"),
            (
                &ExplicitDeny,
                &deny,
                true,
                true,
                "is explicitly denied by a statement of policy DenyDeletes (line 3, column 17 to line 9, column 6)",
            ),
            (
                &ExplicitDeny,
                &deny,
                true,
                false,
                "is explicitly denied by a statement of policy DenyDeletes (line 3, column 17 to line 9, column 6)",
            ),
            (&ExplicitDeny, &[], true, true, "is explicitly denied"),
            (
                &ExplicitDeny,
                &[],
                true,
                false,
                "is not allowed by the principal's permissions boundary",
            ),
            (
                &ImplicitDeny,
                &[],
                true,
                false,
                "is not allowed by the principal's permissions boundary",
            ),
            (
                &ImplicitDeny,
                &[],
                true,
                true,
                "is allowed by no policy of the principal",
            ),
            (
                &ImplicitDeny,
                &[],
                false,
                true,
                "is not allowed by the organization's service control policies",
            ),
            (
                &ExplicitDeny,
                &[],
                false,
                false,
                "is not allowed by the organization's service control policies",
            ),
            (
                &ExplicitDeny,
                &deny,
                false,
                true,
                "is explicitly denied by a statement of policy DenyDeletes (line 3, column 17 to line 9, column 6)",
            ),
            (&unknown, &[], true, true, "is decided on as perhaps"),
        ] {
            let decision = Decision {
                action: "s3:DeleteObject".to_owned(),
                resource: "*".to_owned(),
                effect: Effect::new(decision, statements, organization, boundary),
                missing_context: Vec::new(),
            };
            assert_eq!(
                decision.to_string(),
                format!("s3:DeleteObject on * {expected}")
            );
        }
    }

    fn of_resource(name: &str, decision: PolicyEvaluationDecisionType) -> ResourceSpecificResult {
        ResourceSpecificResult::builder()
            .eval_resource_name(name)
            .eval_resource_decision(decision)
            .missing_context_values("aws:SourceIp")
            .build()
            .unwrap()
    }

    #[test]
    fn each_resource_has_its_own_decision() {
        let result = EvaluationResult::builder()
            .eval_action_name("s3:GetObject")
            .eval_resource_name("arn:${Partition}:s3:::${BucketName}/${KeyName}")
            .eval_decision(ImplicitDeny)
            .organizations_decision_detail(
                OrganizationsDecisionDetail::builder()
                    .allowed_by_organizations(true)
                    .build(),
            )
            .resource_specific_results(of_resource("arn:aws:s3:::a/k", Allowed))
            .resource_specific_results(of_resource("arn:aws:s3:::b/k", ImplicitDeny))
            .build()
            .unwrap();
        // Twice, as one for each pair.
        let asked = ["arn:aws:s3:::a/k", "arn:aws:s3:::b/k"].map(|arn| arn.parse().unwrap());
        let decisions = Decision::of(&[result.clone(), result], &asked);
        let seen: Vec<_> = decisions
            .iter()
            .map(|of| (of.resource.as_str(), &of.effect))
            .collect();
        assert_eq!(
            seen,
            [
                ("arn:aws:s3:::a/k", &Effect::Allowed(Vec::new())),
                ("arn:aws:s3:::b/k", &Effect::ImplicitlyDenied)
            ]
        );
        assert_eq!(decisions[0].missing_context, ["aws:SourceIp"]);
    }

    #[test]
    fn what_was_asked_about_is_named_and_not_its_pattern() {
        let result = EvaluationResult::builder()
            .eval_action_name("s3:GetObject")
            .eval_resource_name("arn:${Partition}:s3:::${BucketName}/${KeyName}")
            .eval_decision(ImplicitDeny)
            .build()
            .unwrap();
        let arn: ResourceArn = "arn:aws:s3:::a/k".parse().unwrap();
        for (asked, expected) in [(&[][..], "*"), (&[arn][..], "arn:aws:s3:::a/k")] {
            let decisions = Decision::of(std::slice::from_ref(&result), asked);
            assert_eq!(decisions[0].resource, expected);
        }
    }
}
