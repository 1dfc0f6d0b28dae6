//! What detections of drift find, those that fail, and those that nobody waits for.

use crate::{
    stacks::{ORDERS, orders},
    stand_in::{Answer, Call, cloud_by, refusal},
};
use aws_sdk_cloudformation::types::StackDriftStatus;
use leeward_cloudformation::DetectionFailed;
use leeward_error_taxonomy::{AwsError, Verdict};
use leeward_resilience::WaitTimedOut;
use std::time::Duration;
use tokio::sync::oneshot;

const BUSY: (u16, &str, &str) = (
    400,
    "ValidationError",
    "Drift detection is already in progress for stack [orders]",
);

fn begun(call: &Call, id: &str) -> Answer {
    call.answer(&format!(
        "<StackDriftDetectionId>{id}</StackDriftDetectionId>"
    ))
}

fn seen(call: &Call, status: &str, found: &str) -> Answer {
    let id = call.field("StackDriftDetectionId");
    call.answer(&format!(
        "<StackId>{ORDERS}</StackId><StackDriftDetectionId>{id}</StackDriftDetectionId>\
         <DetectionStatus>{status}</DetectionStatus><Timestamp>2026-01-02T03:04:05Z</Timestamp>{found}"
    ))
}

#[tokio::test]
async fn the_result_is_what_the_detection_itself_says() {
    const COUNT: &str = "<DriftedStackResourceCount>2</DriftedStackResourceCount>";
    for (status, count, expected) in [
        (Some("DRIFTED"), COUNT, (StackDriftStatus::Drifted, 2)),
        (Some("IN_SYNC"), "", (StackDriftStatus::InSync, 0)),
        (Some("UNKNOWN"), "", (StackDriftStatus::UnknownValue, 0)),
        (Some("NOT_CHECKED"), "", (StackDriftStatus::NotChecked, 0)),
        (None, "", (StackDriftStatus::UnknownValue, 0)),
        // One that came after this SDK.
        (Some("PARTLY"), "", (StackDriftStatus::from("PARTLY"), 0)),
    ] {
        let told = status.map(|status| format!("<StackDriftStatus>{status}</StackDriftStatus>"));
        let found = told.unwrap_or_default() + count;
        let (cloud, calls) = cloud_by(move |call| match call.action() {
            "DetectStackDrift" => begun(call, "d-1"),
            "DescribeStackDriftDetectionStatus" => seen(call, "DETECTION_COMPLETE", &found),
            other => panic!("{other} is not asked for"),
        })
        .await;
        let drift = cloud.detect_drift(orders(), |_, _| ()).await.unwrap();
        assert_eq!((drift.status, drift.drifted), expected, "{status:?}");
        assert_eq!((&*drift.detection, &*drift.stack_id), ("d-1", ORDERS));
        assert_eq!(calls.all().len(), 2);
    }
}

#[tokio::test]
async fn a_detection_that_fails_says_why_and_what_it_found() {
    let (cloud, _calls) = cloud_by(|call| match call.action() {
        "DetectStackDrift" => begun(call, "d-1"),
        _ => seen(
            call,
            "DETECTION_FAILED",
            "<DetectionStatusReason>Failed to detect drift on resource [Role]</DetectionStatusReason>\
             <StackDriftStatus>DRIFTED</StackDriftStatus><DriftedStackResourceCount>2</DriftedStackResourceCount>",
        ),
    })
    .await;
    let error = cloud.detect_drift(orders(), |_, _| ()).await.unwrap_err();
    let failed = error.downcast_ref::<DetectionFailed>().unwrap();
    assert_eq!(failed.detection.as_deref(), Some("d-1"));
    assert_eq!(failed.drifted, 2);
    assert_eq!(error.verdict(), Verdict::Final);
    assert_eq!(
        error.to_string(),
        "drift of the stack could not be detected: Failed to detect drift on resource [Role] (us-east-1)"
    );
}

#[tokio::test]
async fn a_detection_that_was_dropped_is_waited_for_and_another_one_begun() {
    let mut detections = 0;
    let (cloud, calls) = cloud_by(move |call| {
        if call.action() != "DetectStackDrift" {
            let is_first = call.field("StackDriftDetectionId") == "d-1";
            return match is_first {
                true => seen(call, "DETECTION_IN_PROGRESS", ""),
                false => seen(
                    call,
                    "DETECTION_COMPLETE",
                    "<StackDriftStatus>IN_SYNC</StackDriftStatus><DriftedStackResourceCount>0</DriftedStackResourceCount>",
                ),
            };
        }
        detections += 1;
        match detections {
            1 => begun(call, "d-1"),
            // That one goes on for a while although nobody waits for it.
            2..5 => refusal(BUSY),
            _ => begun(call, "d-2"),
        }
    })
    .await;
    let (sender, mut has_begun) = oneshot::channel();
    let mut sender = Some(sender);
    let first = cloud.detect_drift(orders(), |state, _| {
        assert_eq!(state, "DETECTION_IN_PROGRESS");
        if let Some(sender) = sender.take() {
            sender.send(()).unwrap();
        }
    });
    tokio::select! {
        ended = first => panic!("it has ended: {ended:?}"),
        begun = &mut has_begun => begun.unwrap(),
    }
    let mut states = Vec::new();
    let drift = cloud
        .detect_drift(orders(), |state, _| states.push(state.to_owned()))
        .await
        .unwrap();
    assert_eq!((&*drift.detection, drift.drifted), ("d-2", 0));
    assert_eq!(states[..3], ["WAITING_FOR_ANOTHER_DETECTION"; 3]);
    assert_eq!(states[3..], ["DETECTION_IN_PROGRESS"]);
    assert_eq!(calls.of("DetectStackDrift"), 5);
}

#[tokio::test]
async fn a_detection_waits_for_that_of_somebody_else() {
    let (cloud, _calls) = cloud_by(|_| refusal(BUSY)).await;
    let mut told = Vec::new();
    let waiter = leeward_resilience::Waiter::new(Duration::from_millis(300));
    let hasty = waiter.with_interval(Duration::from_millis(10));
    let hasty = cloud.with_waiter(hasty).unwrap();
    let tell = |state: &str, _| told.push(state.to_owned());
    let error = hasty.detect_drift(orders(), tell).await.unwrap_err();
    let over = error.downcast_ref::<WaitTimedOut>().unwrap();
    assert_eq!(over.state(), Some("WAITING_FOR_ANOTHER_DETECTION"));
    assert!(!told.is_empty());
}

#[tokio::test]
async fn a_stack_that_is_deleted_while_its_drift_is_detected_is_an_error() {
    let (cloud, _calls) = cloud_by(|call| match call.action() {
        "DetectStackDrift" => begun(call, "d-1"),
        _ => refusal((
            400,
            "ValidationError",
            "Stack with id orders does not exist",
        )),
    })
    .await;
    let error: AwsError = cloud.detect_drift(orders(), |_, _| ()).await.unwrap_err();
    assert_eq!(error.code(), Some("ValidationError"));
}

#[tokio::test]
async fn a_resource_of_a_module_comes_to_the_service_as_it_is_named() {
    let (cloud, calls) = cloud_by(|_| {
        let message = "Resource does not exist for stack";
        refusal((400, "ValidationError", message))
    })
    .await;
    let id = "Storage.Archive".parse().unwrap();
    let detected = cloud.detect_resource_drift(orders(), &id).await;
    assert_eq!(detected.unwrap_err().code(), Some("ValidationError"));
    assert_eq!(calls.all()[0].field("LogicalResourceId"), id.as_str());
}
