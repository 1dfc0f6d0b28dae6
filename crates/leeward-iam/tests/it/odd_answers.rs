//! What IAM says of boundaries, organizations and conditions, and lists of several pages: the emulator has none of it.

use crate::stand_in::stand_in;
use aws_sdk_iam::types::ContextKeyTypeEnum;
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, OperationName, Stage, Verdict};
use leeward_iam::{Effect, Simulation};
use std::{error::Error, fmt};

const APP: &str = "arn:aws:iam::111122223333:role/app";

/// One result of a simulation: a decision, and what stands beside it.
fn result(action: &str, decision: &str, beside: &str) -> String {
    format!(
        "<member><EvalActionName>{action}</EvalActionName>\
         <EvalResourceName>arn:${{Partition}}:s3:::${{BucketName}}/${{KeyName}}</EvalResourceName>\
         <EvalDecision>{decision}</EvalDecision>{beside}</member>"
    )
}

fn results(members: &str, next: Option<&str>) -> String {
    let marker = next.map_or_else(String::new, |next| format!("<Marker>{next}</Marker>"));
    let is_truncated = next.is_some();
    format!(
        "<EvaluationResults>{members}</EvaluationResults><IsTruncated>{is_truncated}</IsTruncated>{marker}"
    )
}

const ORGANIZATION: &str = "<OrganizationsDecisionDetail><AllowedByOrganizations>false</AllowedByOrganizations>\
                            </OrganizationsDecisionDetail>";
const BOUNDARY: &str = "<PermissionsBoundaryDecisionDetail><AllowedByPermissionsBoundary>false\
                        </AllowedByPermissionsBoundary></PermissionsBoundaryDecisionDetail>";
const STATEMENT: &str = "<MatchedStatements><member><SourcePolicyId>keep</SourcePolicyId><SourcePolicyType>IAM Policy\
                         </SourcePolicyType><StartPosition><Line>3</Line><Column>17</Column></StartPosition>\
                         <EndPosition><Line>9</Line><Column>6</Column></EndPosition></member></MatchedStatements>";
const CONDITION: &str =
    "<MissingContextValues><member>aws:SourceIp</member></MissingContextValues>";

#[tokio::test]
async fn who_denies_is_told_from_what_iam_answers() {
    for (decision, beside, expected) in [
        (
            "explicitDeny",
            ORGANIZATION,
            "is not allowed by the organization's service control policies",
        ),
        (
            "implicitDeny",
            BOUNDARY,
            "is not allowed by the principal's permissions boundary",
        ),
        (
            "explicitDeny",
            STATEMENT,
            "is explicitly denied by a statement of policy keep (line 3, column 17 to line 9, column 6)",
        ),
        (
            "implicitDeny",
            "",
            "is allowed by no policy of the principal",
        ),
        ("allowed", "", "is allowed"),
    ] {
        let answer = results(&result("s3:GetObject", decision, beside), None);
        let (iam, _requests) = stand_in(move |_| answer.clone()).await;
        let resource = "arn:aws:s3:::ledger/2026".parse().unwrap();
        let action = "s3:GetObject".parse().unwrap();
        let decision = iam.may(&APP.parse().unwrap(), &action, &resource).await;
        assert_eq!(
            decision.unwrap().to_string(),
            format!("s3:GetObject on {resource} {expected}")
        );
    }
}

#[tokio::test]
async fn all_pages_of_a_simulation_are_read_and_its_context_is_sent() {
    let (iam, requests) = stand_in(|body| match body.contains("Marker=two") {
        true => results(&result("s3:PutObject", "implicitDeny", CONDITION), None),
        false => results(&result("s3:GetObject", "allowed", ""), Some("two")),
    })
    .await;
    let simulation = Simulation::of(APP.parse().unwrap(), "s3:GetObject".parse().unwrap())
        .with_action("s3:PutObject".parse().unwrap())
        .with_context(
            "aws:MultiFactorAuthPresent",
            ContextKeyTypeEnum::Boolean,
            ["true"],
        );
    let decisions = iam.simulate(simulation).await.unwrap();
    let effects: Vec<_> = decisions
        .iter()
        .map(|of| (&*of.action, &*of.resource, &of.effect))
        .collect();
    assert_eq!(
        effects,
        [
            ("s3:GetObject", "*", &Effect::Allowed(Vec::new())),
            ("s3:PutObject", "*", &Effect::ImplicitlyDenied),
        ]
    );
    assert_eq!(decisions[1].missing_context, ["aws:SourceIp"]);
    let [first, second] = &requests.all()[..] else {
        panic!("two pages")
    };
    for page in [first, second] {
        assert!(
            page.contains("ContextKeyName=aws%3AMultiFactorAuthPresent"),
            "{page}"
        );
    }
}

/// What S3 answers where it says no more.
#[derive(Debug)]
struct AccessDenied;

impl fmt::Display for AccessDenied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("access denied")
    }
}

impl Error for AccessDenied {}

impl Classify for AccessDenied {
    fn facts(&self) -> Facts<'_> {
        Facts::new(Stage::Answered, Category::Authorization, Verdict::Final)
    }
}

#[tokio::test]
async fn a_denial_of_which_no_resource_is_known_is_explained_as_one_of_any() {
    let answer = results(&result("s3:GetObject", "implicitDeny", CONDITION), None);
    let (iam, _requests) = stand_in(move |_| answer.clone()).await;
    let denied = AwsError::new(AccessDenied).with_operation(OperationName::new("s3", "GetObject"));
    let explained = iam
        .explain_denial(&denied, &APP.parse().unwrap(), None)
        .await;
    assert_eq!(
        explained.unwrap().unwrap().to_string(),
        format!(
            "of {APP}: s3:GetObject on * is allowed by no policy of the principal; allow s3:GetObject in an identity policy of the \
             principal, or name the resource: a policy may allow it on certain ones; conditions on aws:SourceIp were decided \
             without them, a negated one as met: ask again by a Simulation with_context"
        )
    );
}

/// The last page may have a marker too, which leads nowhere.
#[tokio::test]
async fn a_list_ends_with_the_page_that_says_that_it_is_the_last() {
    let page = |name: &str, is_truncated: bool| {
        format!(
            "<AttachedPolicies><member><PolicyName>{name}</PolicyName><PolicyArn>arn:aws:iam::aws:policy/{name}</PolicyArn>\
             </member></AttachedPolicies><IsTruncated>{is_truncated}</IsTruncated><Marker>two</Marker>"
        )
    };
    let (iam, requests) = stand_in(move |body| match body.contains("Marker=two") {
        true => page("second", false),
        false => page("first", true),
    })
    .await;
    let listed = iam
        .attached_policies("app".parse().unwrap())
        .collect_up_to(10)
        .await
        .unwrap();
    let names: Vec<_> = listed.items.iter().map(|policy| &*policy.name).collect();
    assert_eq!(names, ["first", "second"]);
    assert_eq!(requests.all().len(), 2);
}
