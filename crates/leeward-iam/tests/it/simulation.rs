//! The simulator is asked, and explains what was denied.

use crate::cloud::{cloud, policy, put, role};
use leeward_error_taxonomy::{AwsError, Category};
use leeward_iam::{Effect, Iam, Simulation, SimulationError};
use leeward_testkit::{ACCOUNT_ID, Fault, Scope};
use serde_json::json;

async fn app(iam: &Iam) -> String {
    let arn = role(iam, "/team/", "app").await;
    let read = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::ledger/*"});
    put(iam, "app", "read", &policy(read)).await;
    let keep = json!({"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"});
    put(iam, "app", "keep", &policy(keep)).await;
    arn
}

#[tokio::test]
async fn what_is_allowed_is_told_from_what_is_denied_and_how() {
    let (_aws, iam) = cloud().await;
    let app = app(&iam).await.parse().unwrap();
    let simulation = Simulation::of(app, "s3:GetObject".parse().unwrap())
        .with_action("s3:DeleteObject".parse().unwrap())
        .with_action("kms:Decrypt".parse().unwrap())
        .with_resource("arn:aws:s3:::ledger/2026".parse().unwrap());
    let decisions = iam.simulate(simulation).await.unwrap();
    let effects: Vec<_> = decisions.iter().map(|decision| &decision.effect).collect();
    let [
        Effect::Allowed(_),
        Effect::ExplicitlyDenied(by),
        Effect::ImplicitlyDenied,
    ] = effects[..]
    else {
        panic!("{decisions:?}");
    };
    assert!(by[0].policy.contains("keep"), "{by:?}");
    assert_eq!(decisions[0].resource, "arn:aws:s3:::ledger/2026");
}

#[tokio::test]
async fn a_session_is_asked_about_by_its_role() {
    let (_aws, iam) = cloud().await;
    app(&iam).await;
    let may = async |account: &str, role: &str| {
        let session = format!("arn:aws:sts::{account}:assumed-role/{role}/i-1");
        let (action, resource) = ("s3:GetObject", "arn:aws:s3:::ledger/2026");
        let (action, resource) = (action.parse().unwrap(), resource.parse().unwrap());
        iam.may(&session.parse().unwrap(), &action, &resource).await
    };
    assert!(may(ACCOUNT_ID, "app").await.unwrap().effect.is_allowed());
    for (account, role) in [("999999999999", "app"), (ACCOUNT_ID, "nobodys")] {
        let error = may(account, role).await.unwrap_err();
        assert!(error.downcast_ref::<SimulationError>().is_some(), "{error}");
        assert_eq!(error.category(), Category::NotFound);
    }
}

/// A call to IAM itself that is denied: it needs `iam:GetRole`.
async fn denied(iam: &Iam, aws: &leeward_testkit::Aws) -> AwsError {
    let rule = aws
        .faults()
        .inject(Scope::any().operation("GetRole"), Fault::access_denied());
    let error = iam.role_exists(&"app".parse().unwrap()).await.unwrap_err();
    rule.clear();
    error
}

#[tokio::test]
async fn a_denied_call_is_explained() {
    let (aws, iam) = cloud().await;
    let arn = app(&iam).await;
    let error = denied(&iam, &aws).await;
    let principal = arn.parse().unwrap();
    let resource = "arn:aws:iam::111122223333:role/app".parse().unwrap();
    let explain = async || {
        let explained = iam
            .explain_denial(&error, &principal, Some(&resource))
            .await;
        explained.unwrap().unwrap()
    };
    let explanation = explain().await;
    assert_eq!(
        explanation.to_string(),
        format!(
            "of {arn}: iam:GetRole on {resource} is allowed by no policy of the principal; allow iam:GetRole in an identity policy of the principal"
        )
    );
    let deny = json!({"Effect": "Deny", "Action": "iam:*", "Resource": "*"});
    put(&iam, "app", "no-iam", &policy(deny)).await;
    let explanation = explain().await;
    let told = explanation.to_string();
    assert!(
        told.contains("explicitly denied by a statement of policy") && told.contains("no-iam"),
        "{told}"
    );
    assert!(explanation.is_denied());
}

#[tokio::test]
async fn why_a_call_was_denied_is_in_its_advice() {
    let (aws, iam) = cloud().await;
    let principal = app(&iam).await.parse().unwrap();
    let error = denied(&iam, &aws).await;
    let before = error.advice().to_string();
    let error = iam.advise(error, &principal, None).await;
    let advice = error.advice().to_string();
    let found = advice.strip_prefix(&before).unwrap();
    assert!(found.starts_with("; found since: of arn:"), "{advice}");
    assert!(found.contains("allow iam:GetRole in"), "{advice}");
    // Whoever may not simulate has the error as it was.
    let simulations = Scope::any().operation("SimulatePrincipalPolicy");
    aws.faults().inject(simulations, Fault::access_denied());
    let error = denied(&iam, &aws).await;
    let error = iam.advise(error, &principal, None).await;
    assert_eq!(error.advice().to_string(), before);
}

#[tokio::test]
async fn what_was_not_denied_is_not_explained() {
    let (aws, iam) = cloud().await;
    let principal = app(&iam).await.parse().unwrap();
    aws.faults().inject(
        Scope::any().operation("GetRole"),
        Fault::error(400, "ValidationError", "no"),
    );
    let error = iam.role_exists(&"app".parse().unwrap()).await.unwrap_err();
    assert_eq!(
        iam.explain_denial(&error, &principal, None).await.unwrap(),
        None
    );
    assert_eq!(aws.counts().calls("iam", "SimulatePrincipalPolicy"), 0);
}
