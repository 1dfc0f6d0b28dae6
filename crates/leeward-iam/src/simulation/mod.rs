//! What a principal may do, as the policy simulator of IAM says it.

mod decision;
mod explanation;
mod told;

pub use decision::{Decision, Effect, MatchedStatement};
pub use explanation::Explanation;

use crate::{ActionName, Iam, PrincipalArn, ResourceArn, RoleName, name};
use aws_sdk_iam::{
    operation::simulate_principal_policy::{
        SimulatePrincipalPolicyInput, builders::SimulatePrincipalPolicyInputBuilder,
    },
    types::{ContextEntry, ContextKeyTypeEnum, EvaluationResult},
};
use leeward_client_pool::{Page, Pages};
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, OperationName, Stage, Verdict};

/// What is asked of the simulator: may this principal do these actions to these resources?
///
/// ```
/// use aws_sdk_iam::types::ContextKeyTypeEnum;
/// use leeward_iam::Simulation;
///
/// let app = "arn:aws:iam::111122223333:role/app".parse()?;
/// let simulation = Simulation::of(app, "s3:GetObject".parse()?)
///     .with_action("s3:PutObject".parse()?)
///     .with_resource("arn:aws:s3:::ledger/2026".parse()?)
///     .with_context("aws:SourceIp", ContextKeyTypeEnum::Ip, ["203.0.113.7"]);
/// # Ok::<(), leeward_iam::InvalidResourceName>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is asked before it is given to Iam"]
pub struct Simulation {
    principal: PrincipalArn,
    actions: Vec<ActionName>,
    resources: Vec<ResourceArn>,
    context: Vec<ContextEntry>,
}

impl Simulation {
    /// Asks about one action.
    pub fn of(principal: PrincipalArn, action: ActionName) -> Self {
        Self {
            principal,
            actions: vec![action],
            resources: Vec::new(),
            context: Vec::new(),
        }
    }

    /// Asks about one more action.
    pub fn with_action(mut self, action: ActionName) -> Self {
        self.actions.push(action);
        self
    }

    /// Asks about one more resource. Default: `*`, which only a policy allows that says `*` itself.
    pub fn with_resource(mut self, resource: ResourceArn) -> Self {
        self.resources.push(resource);
        self
    }

    /// Says what a condition key holds, such as `aws:SourceIp`. A condition on a key that is not said is decided without it:
    /// a negated one, such as `NotIpAddress`, is met then, others are not (*Condition operators*, IAM User Guide).
    pub fn with_context<V: Into<String>>(
        mut self,
        key: impl Into<String>,
        kind: ContextKeyTypeEnum,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        let entry = ContextEntry::builder()
            .context_key_name(key)
            .context_key_type(kind)
            .set_context_key_values(Some(values));
        self.context.push(entry.build());
        self
    }

    fn input(&self) -> SimulatePrincipalPolicyInputBuilder {
        let texts = |names: Vec<String>| (!names.is_empty()).then_some(names);
        let actions = self.actions.iter().cloned().map(String::from);
        let resources = self.resources.iter().cloned().map(String::from);
        SimulatePrincipalPolicyInput::builder()
            .policy_source_arn(self.principal.as_str())
            .set_action_names(texts(actions.collect()))
            .set_resource_arns(texts(resources.collect()))
            .set_context_entries((!self.context.is_empty()).then(|| self.context.clone()))
    }

    /// IAM answers one result for each action, and answered one for each pair before.
    fn max_results(&self) -> usize {
        self.actions.len() * self.resources.len().max(1)
    }
}

/// The simulation came to nothing that can be told.
///
/// It is reached by [`downcast_ref`](AwsError::downcast_ref).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SimulationError {
    /// The role of the session is not in the account that IAM is called in.
    #[error(
        "the role of {principal} is not in the account that is asked: ask as somebody of account {account}"
    )]
    RoleNotFound {
        /// The session.
        principal: PrincipalArn,
        /// Its account.
        account: String,
    },
    /// IAM has answered nothing of what was asked.
    #[error("IAM has said nothing of {action}")]
    Untold {
        /// What was asked about.
        action: ActionName,
    },
}

impl Classify for SimulationError {
    fn facts(&self) -> Facts<'_> {
        let category = match self {
            Self::RoleNotFound { .. } => Category::NotFound,
            Self::Untold { .. } => Category::Internal,
        };
        Facts::new(Stage::Answered, category, Verdict::Final)
    }
}

const SIMULATE: OperationName = OperationName::new("iam", "SimulatePrincipalPolicy");

/// The simulator looks at the policies of the principal, its groups, its permissions boundary and the organization's service control
/// policies. It does not look at resources' own policies, session policies, resource control policies and those of VPC endpoints, and it
/// sends nothing to the service itself.
///
/// Of a session (`arn:aws:sts::…:assumed-role/…`) the role is asked about, which takes one `GetRole` more, for the path of the role.
impl Iam {
    /// Asks whether a principal may do something, by its policies.
    ///
    /// Needs `iam:SimulatePrincipalPolicy`, for a session also `iam:GetRole`.
    ///
    /// ```no_run
    /// # use leeward_error_taxonomy::AwsError;
    /// # use leeward_iam::Iam;
    /// # async fn run(iam: Iam) -> Result<(), AwsError> {
    /// let app = "arn:aws:iam::111122223333:role/app".parse()?;
    /// let decision = iam.may(&app, &"s3:GetObject".parse()?, &"arn:aws:s3:::ledger/2026".parse()?).await?;
    /// if !decision.effect.is_allowed() {
    ///     println!("{decision}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`simulate`](Self::simulate).
    pub async fn may(
        &self,
        principal: &PrincipalArn,
        action: &ActionName,
        resource: &ResourceArn,
    ) -> Result<Decision, AwsError> {
        let simulation = Simulation::of(principal.clone(), action.clone());
        let simulation = simulation.with_resource(resource.clone());
        let decisions = self.simulate(simulation).await?;
        let untold = || SimulationError::Untold {
            action: action.clone(),
        };
        let decision = decisions.into_iter().next();
        decision.ok_or_else(|| self.caller.told(SIMULATE, AwsError::new(untold())))
    }

    /// Asks what a principal may do; each action and each resource has a decision of its own.
    ///
    /// Needs `iam:SimulatePrincipalPolicy`, for a session also `iam:GetRole`. All pages are read.
    ///
    /// ```no_run
    /// # use leeward_error_taxonomy::AwsError;
    /// # use leeward_iam::{Iam, Simulation};
    /// # async fn run(iam: Iam) -> Result<(), AwsError> {
    /// let eve = "arn:aws:iam::111122223333:user/eve".parse()?;
    /// let simulation = Simulation::of(eve, "kms:Encrypt".parse()?).with_action("kms:Decrypt".parse()?);
    /// for decision in iam.simulate(simulation).await? {
    ///     println!("{decision}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// `NoSuchEntity` if the principal is not in the account, [`SimulationError::RoleNotFound`] if the role of a session is not, and
    /// whatever else IAM answers.
    pub async fn simulate(&self, simulation: Simulation) -> Result<Vec<Decision>, AwsError> {
        let principal = self.asked_about(simulation.principal.clone()).await?;
        self.decide(Simulation {
            principal,
            ..simulation
        })
        .await
    }

    async fn decide(&self, simulation: Simulation) -> Result<Vec<Decision>, AwsError> {
        let max = simulation.max_results();
        let results = self.results(&simulation).collect_up_to(max).await?;
        Ok(Decision::of(&results.items, &simulation.resources))
    }

    fn results(&self, simulation: &Simulation) -> Pages<EvaluationResult> {
        self.caller.pages(
            simulation.input(),
            SimulatePrincipalPolicyInputBuilder::set_marker,
            SimulatePrincipalPolicyInputBuilder::send_with,
            |simulated| {
                Ok(Page::new(
                    simulated.evaluation_results.unwrap_or_default(),
                    crate::service::next(simulated.is_truncated, simulated.marker),
                ))
            },
        )
    }

    /// Whom the simulator knows: the role of a session, whose ARN does not say the path of the role.
    async fn asked_about(&self, principal: PrincipalArn) -> Result<PrincipalArn, AwsError> {
        let Some((account, role)) = name::session(&principal) else {
            return Ok(principal);
        };
        let found = self.role(&RoleName::new(role)?).await?;
        // A role of that name in the account that is called may be another one.
        let found = found.filter(|role| name::account(&role.arn) == Some(account));
        match found {
            Some(role) => Ok(PrincipalArn::new(role.arn)?),
            None => {
                let account = account.to_owned();
                let error = SimulationError::RoleNotFound { principal, account };
                Err(self.caller.told(SIMULATE, AwsError::new(error)))
            }
        }
    }
}
