use super::{Decision, Effect, SIMULATE, Simulation, SimulationError, told};
use crate::{Iam, PrincipalArn, ResourceArn};
use leeward_error_taxonomy::{AwsError, Category};
use std::fmt;

/// Why a call was denied, as far as the policies of its caller tell.
///
/// It prints what was found and what to do about it:
///
/// ```text
/// of arn:aws:iam::111122223333:role/app: s3:GetObject on arn:aws:s3:::ledger/2026 is allowed by no policy of the principal; allow
/// s3:GetObject in an identity policy of the principal
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Explanation {
    /// Whose policies were looked at: of a session, the role.
    pub principal: PrincipalArn,
    /// The actions that the call needs, each with its decision.
    pub decisions: Vec<Decision>,
}

impl Explanation {
    /// Whether a policy of the principal is why: otherwise something denies the call that the simulator does not look at.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        let denied = |decision: &Decision| !decision.effect.is_allowed();
        self.decisions.iter().any(denied)
    }
}

impl Iam {
    /// Finds out by simulation why a call was denied: `None` if it was not, or if nobody knows which action it needs.
    ///
    /// What is asked about is the action that the service's message names, else all that the failed
    /// [operation](AwsError::operation) may need; of `resource`, else of that in the message, else of `*`, which only a policy allows
    /// that says `*` itself. Needs `iam:SimulatePrincipalPolicy`, for a session also `iam:GetRole`.
    ///
    /// ```no_run
    /// # use leeward_error_taxonomy::AwsError;
    /// # use leeward_iam::Iam;
    /// # async fn run(iam: Iam, denied: AwsError) -> Result<(), AwsError> {
    /// let app = "arn:aws:sts::111122223333:assumed-role/app/i-0123".parse()?;
    /// if let Some(explanation) = iam.explain_denial(&denied, &app, None).await? {
    ///     eprintln!("{denied}\n{explanation}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`simulate`](Self::simulate): the simulation itself may be denied.
    pub async fn explain_denial(
        &self,
        error: &AwsError,
        principal: &PrincipalArn,
        resource: Option<&ResourceArn>,
    ) -> Result<Option<Explanation>, AwsError> {
        if error.category() != Category::Authorization {
            return Ok(None);
        }
        let mut actions = told::actions(error).into_iter();
        let Some(first) = actions.next() else {
            return Ok(None);
        };
        let principal = self.asked_about(principal.clone()).await?;
        let untold = SimulationError::Untold {
            action: first.clone(),
        };
        let simulation = actions.fold(
            Simulation::of(principal.clone(), first),
            Simulation::with_action,
        );
        let simulation = match resource.cloned().or_else(|| told::resource(error)) {
            Some(resource) => simulation.with_resource(resource),
            None => simulation,
        };
        let decisions = self.decide(simulation).await?;
        if decisions.is_empty() {
            return Err(self.caller.told(SIMULATE, AwsError::new(untold)));
        }
        Ok(Some(Explanation {
            principal,
            decisions,
        }))
    }
}

impl Iam {
    /// Adds to the [advice](AwsError::advice) of a denied call what [`explain_denial`](Self::explain_denial) finds out, so that whoever
    /// logs the error, or sends its record on, has it in there.
    ///
    /// Any other error comes back as it was, as does one about which the simulation fails or finds nothing: that is told at `DEBUG` alone,
    /// since the denial is what matters.
    ///
    /// ```no_run
    /// # use leeward_error_taxonomy::AwsError;
    /// # use leeward_iam::Iam;
    /// # async fn run(iam: Iam, denied: AwsError) -> Result<(), AwsError> {
    /// let app = "arn:aws:iam::111122223333:role/app".parse()?;
    /// let denied = iam.advise(denied, &app, None).await;
    /// eprintln!("{denied}: {}", denied.advice());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn advise(
        &self,
        error: AwsError,
        principal: &PrincipalArn,
        resource: Option<&ResourceArn>,
    ) -> AwsError {
        match self.explain_denial(&error, principal, resource).await {
            Ok(Some(explanation)) => error.with_finding(&explanation.to_string()),
            Ok(None) => error,
            Err(failed) => {
                tracing::debug!(target: "leeward::iam", %failed, "a denied call is not explained");
                error
            }
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "of {}:", self.principal)?;
        let mut separator = " ";
        for decision in &self.decisions {
            write!(f, "{separator}{decision}; ")?;
            write_advice(f, decision)?;
            separator = "; ";
        }
        Ok(())
    }
}

fn write_advice(f: &mut fmt::Formatter<'_>, decision: &Decision) -> fmt::Result {
    let Decision {
        action,
        resource,
        effect,
        missing_context,
    } = decision;
    match effect {
        Effect::Allowed(_) => f.write_str(
            "look at what the simulator does not: the resource's own policy, the policy of the session, resource control policies, and that of a VPC endpoint",
        )?,
        Effect::ExplicitlyDenied(_) => f.write_str("remove or narrow what denies it")?,
        Effect::ImplicitlyDenied => {
            write!(f, "allow {action} in an identity policy of the principal")?;
            if resource == "*" {
                f.write_str(", or name the resource: a policy may allow it on certain ones")?;
            }
        }
        Effect::DeniedByBoundary => write!(
            f,
            "allow {action} in the permissions boundary, and in an identity policy if none does"
        )?,
        Effect::DeniedByOrganization => write!(
            f,
            "have {action} allowed in the organization's service control policies"
        )?,
        Effect::Other(_) => f.write_str("look at it in the policy simulator of IAM")?,
    }
    if !missing_context.is_empty() {
        let keys = missing_context.join(", ");
        write!(
            f,
            "; conditions on {keys} were decided without them, a negated one as met: ask again by a Simulation with_context"
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explanation(effect: Effect, resource: &str, missing: &[&str]) -> Explanation {
        Explanation {
            principal: "arn:aws:iam::111122223333:role/app".parse().unwrap(),
            decisions: vec![Decision {
                action: "s3:GetObject".to_owned(),
                resource: resource.to_owned(),
                effect,
                missing_context: missing.iter().map(|&key| key.to_owned()).collect(),
            }],
        }
    }

    #[test]
    fn it_says_what_was_found_and_what_to_do() {
        for (effect, resource, missing, expected) in [
            (
                Effect::ImplicitlyDenied,
                "arn:aws:s3:::b/k",
                &[][..],
                "s3:GetObject on arn:aws:s3:::b/k is allowed by no policy of the principal; allow s3:GetObject in an identity policy of the principal",
            ),
            (
                Effect::ImplicitlyDenied,
                "*",
                &["aws:SourceIp"],
                "s3:GetObject on * is allowed by no policy of the principal; allow s3:GetObject in an identity policy of the principal, or name the resource: a policy may allow it on certain ones; conditions on aws:SourceIp were decided without them, a negated one as met: ask again by a Simulation with_context",
            ),
            (
                Effect::DeniedByBoundary,
                "*",
                &[],
                "s3:GetObject on * is not allowed by the principal's permissions boundary; allow s3:GetObject in the permissions boundary, and in an identity policy if none does",
            ),
        ] {
            let explanation = explanation(effect, resource, missing);
            assert!(explanation.is_denied());
            assert_eq!(
                explanation.to_string(),
                format!("of arn:aws:iam::111122223333:role/app: {expected}")
            );
        }
        let elsewhere = explanation(Effect::Allowed(Vec::new()), "*", &[]);
        assert!(!elsewhere.is_denied());
        assert!(elsewhere.to_string().contains("the resource's own policy"));
    }
}
