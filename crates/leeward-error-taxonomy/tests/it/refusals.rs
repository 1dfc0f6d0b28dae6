//! Our own refusals, carried by the SDK's error type.

use aws_sdk_kms::operation::encrypt::EncryptError;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use leeward_error_taxonomy::{
    Attempt, Category, Classify, Facts, Failure, Region, Rejected, Stage, Verdict,
};
use std::time::Duration;

type Error = SdkError<EncryptError, HttpResponse>;

fn attempt(region: &'static str, stage: Stage) -> Attempt {
    let facts = Facts::new(stage, Category::Network, Verdict::Transient);
    Attempt::new(Region::from_static(region), Failure::from(&facts))
}

#[track_caller]
fn check(rejected: Rejected, stage: Stage, verdict: Verdict, free: bool) {
    let text = rejected.to_string();
    let error = Error::from(rejected);
    assert_eq!(
        matches!(error, SdkError::ConstructionFailure(_)),
        stage == Stage::NotSent,
        "{text}"
    );
    let facts = error.facts();
    assert_eq!((facts.stage, facts.verdict), (stage, verdict), "{text}");
    let found = facts.rejected.expect("found again");
    assert_eq!(
        (found.to_string(), found.is_free_to_fail_over()),
        (text, free)
    );
}

#[test]
fn every_refusal_keeps_its_row_of_the_table() {
    let second = Duration::from_secs(1);
    check(
        Rejected::AttemptTimedOut { timeout: second },
        Stage::MaybeSent,
        Verdict::Transient,
        false,
    );
    check(
        Rejected::NotSentInTime { timeout: second },
        Stage::NotSent,
        Verdict::Transient,
        true,
    );
    check(
        Rejected::CircuitOpen { retry_in: second },
        Stage::NotSent,
        Verdict::Final,
        true,
    );
    check(Rejected::LimiterFull, Stage::NotSent, Verdict::Final, true);
    check(
        Rejected::unavailable("no client"),
        Stage::NotSent,
        Verdict::Final,
        true,
    );
    for stage in [Stage::NotSent, Stage::MaybeSent] {
        let tried = || {
            vec![
                attempt("us-east-1", Stage::NotSent),
                attempt("us-west-2", stage),
            ]
        };
        check(
            Rejected::DeadlineExceeded {
                timeout: second,
                stage,
            },
            stage,
            Verdict::Final,
            false,
        );
        check(
            Rejected::BudgetSpent { tried: tried() },
            stage,
            Verdict::Final,
            false,
        );
        check(
            Rejected::Exhausted { tried: tried() },
            stage,
            Verdict::Final,
            false,
        );
    }
}

#[test]
fn exhaustion_names_each_region_and_its_answer() {
    let tried = vec![
        attempt("us-east-1", Stage::MaybeSent),
        attempt("us-west-2", Stage::NotSent),
    ];
    assert_eq!(
        Rejected::Exhausted { tried }.to_string(),
        "no Region answered; tried us-east-1: network; us-west-2: network"
    );
    assert_eq!(
        Rejected::Exhausted { tried: Vec::new() }.to_string(),
        "no Region answered; tried none"
    );
}

#[test]
fn only_silence_among_our_refusals_blames_the_service() {
    let blames = |rejected: Rejected| Error::from(rejected).facts().blames_the_service();
    assert!(blames(Rejected::AttemptTimedOut {
        timeout: Duration::from_secs(1)
    }));
    assert!(!blames(Rejected::NotSentInTime {
        timeout: Duration::from_secs(1)
    }));
    assert!(!blames(Rejected::LimiterFull));
    assert!(!blames(Rejected::Exhausted { tried: Vec::new() }));
}
