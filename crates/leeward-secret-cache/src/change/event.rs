//! The events that tell of a change, as they arrive.
//!
//! "Match AWS Secrets Manager events with Amazon EventBridge", "AWS CloudTrail entries for Secrets Manager" and "Secret Label Updated
//! event" in the AWS Secrets Manager User Guide. CloudTrail names the ARN of an answer `aRN`, `ARN` or `arn`, and a rotation's secret
//! under `additionalEventData` or `serviceEventDetails`.

use super::{SecretChange, SecretChangeKind, UnreadableEvent};
use serde_json::Value;

pub(super) fn read(text: &str) -> Result<Option<SecretChange>, UnreadableEvent> {
    let event = parsed(text)?;
    // SNS puts the event into a text of its own.
    let event = match event.get("Message").and_then(Value::as_str) {
        Some(message) if event.get("TopicArn").is_some() => parsed(message)?,
        _ => event,
    };
    let is_of =
        |name: &str, service: &str| event.get(name).and_then(Value::as_str) == Some(service);
    let detail = event.get("detail");
    if detail.is_some() && event.get("source").is_some() {
        if !is_of("source", "aws.secretsmanager") {
            return Ok(None);
        }
        if is_of("detail-type", "Secret Label Updated") {
            return of_label(&event).map(Some);
        }
    }
    let record = detail.unwrap_or(&event);
    let (Some(source), Some(name)) = (text_at(record, "eventSource"), text_at(record, "eventName"))
    else {
        let is_batch = event.get("Records").is_some_and(Value::is_array);
        return Err(if is_batch {
            UnreadableEvent::Batch
        } else {
            UnreadableEvent::NoEvent
        });
    };
    let has_failed = text_at(record, "errorCode").is_some();
    if source != "secretsmanager.amazonaws.com" || has_failed {
        return Ok(None);
    }
    let Some(kind) = kind_of(name) else {
        return Ok(None);
    };
    let id = secret_of(record).ok_or_else(|| no_secret(name))?;
    Ok(Some(SecretChange::new(id, kind)))
}

fn parsed(text: &str) -> Result<Value, UnreadableEvent> {
    serde_json::from_str(text).map_err(|error| UnreadableEvent::Json {
        line: error.line(),
        column: error.column(),
    })
}

/// What Secrets Manager sends by itself when a label moves: to one version from another, so a value changed.
fn of_label(event: &Value) -> Result<SecretChange, UnreadableEvent> {
    let arn = event.get("resources").and_then(|all| all.get(0));
    let name = || event.get("detail").and_then(|detail| detail.get("name"));
    let id = arn.or_else(name).and_then(Value::as_str);
    let id = id.ok_or_else(|| no_secret("Secret Label Updated"))?;
    Ok(SecretChange::new(id, SecretChangeKind::Value))
}

fn no_secret(event: &str) -> UnreadableEvent {
    let event = event.chars().take(64).collect();
    UnreadableEvent::NoSecret { event }
}

/// What the event of this name says of what is cached, if anything.
fn kind_of(event: &str) -> Option<SecretChangeKind> {
    Some(match event {
        "CreateSecret"
        | "PutSecretValue"
        | "RestoreSecret"
        | "RotationAbandoned"
        | "RotationSucceeded"
        | "UpdateSecret"
        | "UpdateSecretVersionStage" => SecretChangeKind::Value,
        // Of a secret that is replicated or promoted, or loses replicas, one may be here.
        "DeleteResourcePolicy"
        | "EndSecretVersionDelete"
        | "PutResourcePolicy"
        | "RemoveRegionsFromReplication"
        | "ReplicateSecretToRegions"
        | "StopReplicationToReplica" => SecretChangeKind::Access,
        "DeleteSecret" => SecretChangeKind::Deletion,
        _ => return None,
    })
}

/// The secret that a record is about: by the ARN of the answer, since the one who asked may have said the name.
fn secret_of(record: &Value) -> Option<&str> {
    const PLACES: [(&str, &[&str]); 4] = [
        ("responseElements", &["arn", "aRN", "ARN"]),
        ("additionalEventData", &["SecretId", "secretId"]),
        ("serviceEventDetails", &["secretId", "SecretId"]),
        // Whoever creates a secret says its name.
        ("requestParameters", &["secretId", "SecretId", "name"]),
    ];
    PLACES.iter().find_map(|(place, names)| {
        let place = record.get(place)?;
        names.iter().find_map(|name| text_at(place, name))
    })
}

fn text_at<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    let text = object.get(name)?.as_str()?;
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use SecretChangeKind::{Access, Deletion, Value as NewValue};
    use serde_json::json;

    const ARN: &str = "arn:aws:secretsmanager:us-west-2:111122223333:secret:orders-a1b2c3";

    fn call(name: &str, request: &Value, response: &Value) -> Value {
        json!({
            "version": "0",
            "id": "0f0e7c53-1e8c-4b52-9dd3-1f4a8a8b7b11",
            "detail-type": "AWS API Call via CloudTrail",
            "source": "aws.secretsmanager",
            "account": "111122223333",
            "time": "2026-11-21T13:00:04Z",
            "region": "us-west-2",
            "resources": [],
            "detail": {
                "eventVersion": "1.11",
                "eventTime": "2026-11-21T13:00:04Z",
                "eventSource": "secretsmanager.amazonaws.com",
                "eventName": name,
                "awsRegion": "us-west-2",
                "requestParameters": request,
                "responseElements": response,
                "readOnly": false,
                "eventType": "AwsApiCall",
                "managementEvent": true,
                "recipientAccountId": "111122223333",
                "eventCategory": "Management"
            }
        })
    }

    fn rotation(name: &str, place: &str, key: &str) -> Value {
        let mut event = call(name, &Value::Null, &Value::Null);
        event["detail-type"] = "AWS Service Event via CloudTrail".into();
        event["detail"]["eventType"] = "AwsServiceEvent".into();
        event["detail"][place] = json!({ key: ARN });
        event
    }

    fn label_moved() -> Value {
        json!({
            "version": "0",
            "detail-type": "Secret Label Updated",
            "source": "aws.secretsmanager",
            "account": "111122223333",
            "region": "us-west-2",
            "resources": [ARN],
            "detail": {"name": "orders", "labelUpdated": "AWSCURRENT", "versionId": "4f0c"}
        })
    }

    #[track_caller]
    fn check(event: &Value, id: &str, kind: SecretChangeKind) {
        let change = SecretChange::from_event_json(&event.to_string()).unwrap();
        assert_eq!(change, Some(SecretChange::new(id, kind)), "{event}");
    }

    #[track_caller]
    fn is_nothing(event: &Value) {
        let change = SecretChange::from_event_json(&event.to_string()).unwrap();
        assert_eq!(change, None, "{event}");
    }

    fn refused(event: &str) -> String {
        SecretChange::from_event_json(event)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn calls_tell_which_secret_changed_and_how() {
        let by_name = json!({"secretId": "orders", "clientRequestToken": "4f0c"});
        for (name, kind) in [
            ("PutSecretValue", NewValue),
            ("UpdateSecret", NewValue),
            ("UpdateSecretVersionStage", NewValue),
            ("RestoreSecret", NewValue),
            ("PutResourcePolicy", Access),
            ("DeleteResourcePolicy", Access),
            ("DeleteSecret", Deletion),
        ] {
            for arn in ["arn", "aRN", "ARN"] {
                check(&call(name, &by_name, &json!({ arn: ARN })), ARN, kind);
            }
            check(&call(name, &by_name, &Value::Null), "orders", kind);
        }
        let made = json!({"name": "orders"});
        check(
            &call("CreateSecret", &made, &Value::Null),
            "orders",
            NewValue,
        );
    }

    #[test]
    fn rotations_name_the_secret_elsewhere() {
        for (place, key) in [
            ("additionalEventData", "SecretId"),
            ("serviceEventDetails", "secretId"),
        ] {
            check(&rotation("RotationSucceeded", place, key), ARN, NewValue);
            check(&rotation("EndSecretVersionDelete", place, key), ARN, Access);
        }
        check(&label_moved(), ARN, NewValue);
    }

    #[test]
    fn an_event_may_be_wrapped_by_sns_or_come_without_its_envelope() {
        let event = label_moved();
        let wrapped = json!({"Type": "Notification", "TopicArn": "arn:aws:sns:us-west-2:1:t", "Message": event.to_string()});
        check(&wrapped, ARN, NewValue);
        let record = &rotation("RotationSucceeded", "additionalEventData", "SecretId")["detail"];
        check(record, ARN, NewValue);
    }

    #[test]
    fn what_changes_no_value_is_nothing() {
        let by_name = json!({"secretId": "orders"});
        for name in [
            "GetSecretValue",
            "DescribeSecret",
            "RotateSecret",
            "TagResource",
        ] {
            is_nothing(&call(name, &by_name, &json!({"arn": ARN})));
        }
        is_nothing(&rotation(
            "RotationFailed",
            "additionalEventData",
            "SecretId",
        ));
        // It was tried, and denied.
        let mut denied = call("DeleteSecret", &by_name, &Value::Null);
        denied["detail"]["errorCode"] = "AccessDenied".into();
        is_nothing(&denied);
        is_nothing(
            &json!({"source": "aws.ec2", "detail-type": "x", "detail": {"state": "running"}}),
        );
        let mut other = call("DeleteSecret", &by_name, &Value::Null)["detail"].clone();
        other["eventSource"] = "kms.amazonaws.com".into();
        is_nothing(&other);
    }

    #[test]
    fn a_batch_of_messages_is_to_be_taken_apart() {
        let message = json!({"messageId": "1", "body": label_moved().to_string()});
        let batch = json!({"Records": [message]}).to_string();
        assert!(refused(&batch).ends_with("hand over the body of each of its Records"));
        check(&label_moved(), ARN, NewValue);
    }

    #[test]
    fn what_is_no_event_is_told_as_that() {
        assert!(refused("orders").starts_with("the event is no JSON, at line 1"));
        for other in ["{}", "[1]", "null", "\"orders\"", r#"{"detail":{}}"#] {
            assert!(refused(other).contains("neither"), "{other}");
        }
        let nameless = call("PutSecretValue", &json!({}), &Value::Null).to_string();
        assert!(refused(&nameless).starts_with("the event PutSecretValue names no secret"));
    }
}
