//! What of a spec goes out with which call, and what comes of a leave that is not given.

use crate::{
    change_sets::larger,
    stacks::{Event, ORDERS, described, of_stack, spec, told},
    stand_in::{Answer, Call, Calls, cloud_by, refusal},
};
use aws_sdk_cloudformation::types::{Capability, OnFailure};
use leeward_cloudformation::{CloudFormation, Proposed, StackSpec, Updated};
use leeward_error_taxonomy::{AwsError, Category};

const CHANGES: [&str; 3] = ["CreateStack", "UpdateStack", "CreateChangeSet"];
const ROLE: &str = "arn:aws:iam::111122223333:role/deploy";

/// A stack whose template makes a role of a name of its own, as CloudFormation sees it.
#[derive(Default)]
struct Strict(Vec<Event>);

impl Strict {
    fn answer(&mut self, call: &Call) -> Answer {
        let is_change = CHANGES.contains(&call.action());
        if is_change && call.field("Capabilities.member.1") != "CAPABILITY_NAMED_IAM" {
            return refusal((
                400,
                "InsufficientCapabilitiesException",
                "Requires capabilities : [CAPABILITY_NAMED_IAM]",
            ));
        }
        match call.action() {
            "CreateStack" => self.come(call, ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]),
            "UpdateStack" => self.come(call, ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]),
            "CreateChangeSet" => call.answer("<Id>arn:larger</Id>"),
            "DescribeChangeSet" => call.answer(&format!(
                "<ChangeSetId>arn:larger</ChangeSetId><ChangeSetName>larger</ChangeSetName><StackId>{ORDERS}</StackId>\
                 <StackName>orders</StackName><Status>CREATE_COMPLETE</Status>"
            )),
            "DescribeStackEvents" => told(call, &self.0),
            "DescribeStacks" => match self.0.last() {
                Some((_, _, _, state, _)) => described(call, state),
                None => refusal((
                    400,
                    "ValidationError",
                    "Stack with id orders does not exist",
                )),
            },
            other => panic!("{other} is not asked for"),
        }
    }

    fn come(&mut self, call: &Call, states: [&'static str; 2]) -> Answer {
        let events = states.map(|state| of_stack(ORDERS, state, ""));
        self.0.extend(events);
        call.answer(&format!("<StackId>{ORDERS}</StackId>"))
    }
}

/// A CloudFormation where the stack is, or is not yet.
async fn strict(is_there: bool) -> (CloudFormation, Calls) {
    let mut strict = Strict::default();
    if is_there {
        strict.0.push(of_stack(ORDERS, "CREATE_COMPLETE", ""));
    }
    cloud_by(move |call| strict.answer(call)).await
}

#[tokio::test]
async fn a_leave_that_is_not_given_is_refused_and_advised_to_be_given() {
    let (cloud, calls) = strict(true).await;
    let spec = spec();
    let refused: [Result<(), AwsError>; 3] = [
        cloud.create(&spec, |_| ()).await.map(drop),
        cloud.update(&spec, |_| ()).await.map(drop),
        cloud
            .create_change_set(&spec, &larger(), |_, _| ())
            .await
            .map(drop),
    ];
    for (action, refused) in CHANGES.into_iter().zip(refused) {
        let error = refused.unwrap_err();
        assert_eq!(error.code(), Some("InsufficientCapabilitiesException"));
        assert_eq!(
            (error.category(), error.attempts()),
            (Category::Validation, Some(1))
        );
        assert_eq!(
            error.advice().to_string(),
            "pass the capability that the template asks for: CAPABILITY_IAM, CAPABILITY_NAMED_IAM or CAPABILITY_AUTO_EXPAND"
        );
        let text = error.to_string();
        assert!(
            text.starts_with(&format!("cloudformation.{action}: ")) && text.contains("Requires"),
            "{text}"
        );
        assert!(calls.said(action, "Capabilities").is_empty(), "{action}");
    }
}

#[tokio::test]
async fn a_leave_that_is_given_goes_out_once_with_each_change() {
    let (cloud, calls) = strict(false).await;
    let spec = spec()
        .with_capability(Capability::CapabilityNamedIam)
        .with_capability(Capability::CapabilityAutoExpand)
        .with_capability(Capability::CapabilityNamedIam);
    let made = cloud.create(&spec, |_| ()).await.unwrap();
    assert_eq!(made.status.as_str(), "CREATE_COMPLETE");
    let updated = cloud.update(&spec, |_| ()).await.unwrap();
    assert!(matches!(updated, Updated::Changed(_)));
    let proposed = cloud.create_change_set(&spec, &larger(), |_, _| ()).await;
    assert!(matches!(proposed.unwrap(), Proposed::Changes(_)));
    for action in CHANGES {
        assert_eq!(
            calls.said(action, "Capabilities"),
            [
                "Capabilities.member.1=CAPABILITY_NAMED_IAM",
                "Capabilities.member.2=CAPABILITY_AUTO_EXPAND"
            ]
        );
    }
}

/// All that may be said of a stack but its parameters and tags.
fn told_all() -> StackSpec {
    spec()
        .with_capability(Capability::CapabilityNamedIam)
        .with_role(ROLE.parse().unwrap())
        .with_on_failure(OnFailure::DoNothing)
        .with_on_failure(OnFailure::Delete)
        .with_termination_protection(true)
}

/// What was said of a call: the role, what becomes of a failure by either of its names, and the protection.
fn said(calls: &Calls, action: &str) -> [Vec<String>; 4] {
    [
        "RoleARN",
        "OnFailure",
        "OnStackFailure",
        "EnableTerminationProtection",
    ]
    .map(|field| calls.said(action, field))
}

#[tokio::test]
async fn each_call_is_told_what_it_takes_notice_of() {
    const FROM: &str = "RoleARN=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fdeploy";
    let (cloud, calls) = strict(false).await;
    let spec = told_all();
    cloud.create(&spec, |_| ()).await.unwrap();
    cloud.update(&spec, |_| ()).await.unwrap();
    let proposed = cloud.create_change_set(&spec, &larger(), |_, _| ()).await;
    proposed.unwrap();
    for (action, on_failure, protection) in [
        (
            "CreateStack",
            &["OnFailure=DELETE"][..],
            &["EnableTerminationProtection=true"][..],
        ),
        ("UpdateStack", &[], &[]),
        // This one changes a stack that is there.
        ("CreateChangeSet", &[], &[]),
    ] {
        let [role, failure, stack_failure, protected] = said(&calls, action);
        assert_eq!(role, [FROM], "{action}");
        assert_eq!(failure, on_failure, "{action}");
        assert!(stack_failure.is_empty(), "{action}");
        assert_eq!(protected, protection, "{action}");
    }
    let changes = calls.said("CreateChangeSet", "ChangeSetType");
    assert_eq!(changes, ["ChangeSetType=UPDATE"]);
}

#[tokio::test]
async fn a_change_set_of_a_new_stack_is_told_what_becomes_of_a_failure() {
    let (cloud, calls) = strict(false).await;
    let spec = told_all();
    let proposed = cloud.create_change_set(&spec, &larger(), |_, _| ()).await;
    assert!(matches!(proposed.unwrap(), Proposed::Changes(_)));
    let [role, failure, stack_failure, protected] = said(&calls, "CreateChangeSet");
    assert_eq!(role.len(), 1);
    assert_eq!(stack_failure, ["OnStackFailure=DELETE"]);
    assert!(failure.is_empty() && protected.is_empty());
    let changes = calls.said("CreateChangeSet", "ChangeSetType");
    assert_eq!(changes, ["ChangeSetType=CREATE"]);
}

#[tokio::test]
async fn what_is_not_set_is_not_said() {
    let (cloud, calls) = strict(false).await;
    let spec = spec().with_capability(Capability::CapabilityNamedIam);
    cloud.create(&spec, |_| ()).await.unwrap();
    cloud.update(&spec, |_| ()).await.unwrap();
    let proposed = cloud.create_change_set(&spec, &larger(), |_, _| ()).await;
    proposed.unwrap();
    for action in CHANGES {
        assert_eq!(said(&calls, action).concat(), [""; 0], "{action}");
    }
}
