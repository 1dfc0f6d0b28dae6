//! Which operations may be sent twice: a table for each service, in alphabetical order whatever the case.
//!
//! An operation is idempotent here if a second application leaves the service as the first did *and* succeeds as the first
//! did: a deletion whose second answer would be "not found" is none, nor is what a condition in the input or a version of a
//! bucket makes different the second time. Reads are, and so are new keys, signatures and sessions, of which the service keeps
//! nothing. The API references of the services say so of each; where they are silent it stands among the others.

mod cloudformation;
mod cloudwatch;
mod cloudwatchlogs;
mod costexplorer;
mod dynamodb;
mod eventbridge;
mod iam;
mod kms;
mod lambda;
mod s3;
mod secretsmanager;
mod sts;

use leeward_error_taxonomy::OperationName;
use leeward_resilience::Idempotency;

/// The operations of a service.
struct Operations {
    idempotent: &'static [&'static str],
    others: &'static [&'static str],
}

fn of_service(service: &str) -> Option<&'static Operations> {
    Some(match service {
        "cloudformation" => &cloudformation::OPERATIONS,
        "cloudwatch" => &cloudwatch::OPERATIONS,
        "cloudwatchlogs" => &cloudwatchlogs::OPERATIONS,
        "costexplorer" => &costexplorer::OPERATIONS,
        "dynamodb" => &dynamodb::OPERATIONS,
        "eventbridge" => &eventbridge::OPERATIONS,
        "iam" => &iam::OPERATIONS,
        "kms" => &kms::OPERATIONS,
        "lambda" => &lambda::OPERATIONS,
        "s3" => &s3::OPERATIONS,
        "secretsmanager" => &secretsmanager::OPERATIONS,
        "sts" => &sts::OPERATIONS,
        _ => return None,
    })
}

/// Whether an operation may be sent twice, if it is one of the services that the tables know.
///
/// `service` is named as the SDK's crate is, `kms`; `operation` as AWS or as Rust writes it. For a closure, which has no name
/// of its own:
///
/// ```
/// use leeward_client_pool::idempotency_of;
/// use leeward_resilience::Idempotency;
///
/// assert_eq!(idempotency_of("kms", "Decrypt"), Some(Idempotency::Idempotent));
/// assert_eq!(idempotency_of("s3", "PutObject"), Some(Idempotency::NonIdempotent));
/// assert_eq!(idempotency_of("ec2", "RunInstances"), None);
/// ```
#[must_use]
pub fn idempotency_of(service: &str, operation: &str) -> Option<Idempotency> {
    let operations = of_service(service)?;
    listed(operations, operation).map(|(_, class)| class)
}

/// The operation as AWS writes it, and whether it may be sent twice.
///
/// `name` may be written as Rust does, `ListMfaDevices`. What no table holds keeps its name and may not.
pub(super) fn find(service: &'static str, name: &'static str) -> (OperationName, Idempotency) {
    let listed = of_service(service).and_then(|operations| listed(operations, name));
    let (name, class) = listed.unwrap_or((name, Idempotency::NonIdempotent));
    (OperationName::new(service, name), class)
}

fn listed(operations: &Operations, name: &str) -> Option<(&'static str, Idempotency)> {
    let among = |names: &[&'static str], class| Some((position(names, name)?, class));
    among(operations.idempotent, Idempotency::Idempotent)
        .or_else(|| among(operations.others, Idempotency::NonIdempotent))
}

/// What `names` writes for `name`.
fn position(names: &[&'static str], name: &str) -> Option<&'static str> {
    let lower = |text: &'static str| text.bytes().map(|byte| byte.to_ascii_lowercase());
    let wanted = || name.bytes().map(|byte| byte.to_ascii_lowercase());
    let at = names.binary_search_by(|known| lower(known).cmp(wanted()));
    at.ok().and_then(|at| names.get(at)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICES: [&str; 12] = [
        "cloudformation",
        "cloudwatch",
        "cloudwatchlogs",
        "costexplorer",
        "dynamodb",
        "eventbridge",
        "iam",
        "kms",
        "lambda",
        "s3",
        "secretsmanager",
        "sts",
    ];

    #[test]
    fn the_tables_are_in_order_and_name_nothing_twice() {
        for service in SERVICES {
            let operations = of_service(service).unwrap();
            for names in [operations.idempotent, operations.others] {
                assert!(
                    names.is_sorted_by_key(|name| name.to_ascii_lowercase()),
                    "{service}"
                );
            }
            let mut all = [operations.idempotent, operations.others].concat();
            all.sort_unstable();
            all.dedup();
            assert_eq!(
                all.len(),
                operations.idempotent.len() + operations.others.len(),
                "{service}"
            );
        }
    }

    #[test]
    fn what_would_be_done_twice_is_not_idempotent() {
        for (service, name) in [
            ("kms", "CreateKey"),
            ("s3", "PutObject"),
            ("s3", "DeleteObject"),
            ("dynamodb", "PutItem"),
            ("dynamodb", "TransactWriteItems"),
            ("lambda", "Invoke"),
            ("iam", "DeleteUser"),
            ("cloudwatch", "PutMetricData"),
            ("cloudwatchlogs", "PutLogEvents"),
            ("eventbridge", "PutEvents"),
            ("secretsmanager", "PutSecretValue"),
            ("kms", "NoSuchOperation"),
            ("ec2", "DescribeInstances"),
        ] {
            assert_eq!(find(service, name).1, Idempotency::NonIdempotent, "{name}");
        }
    }

    #[test]
    fn reads_and_what_leaves_no_trace_are() {
        for (service, name) in [
            ("kms", "GenerateDataKey"),
            ("kms", "Decrypt"),
            ("s3", "GetObject"),
            ("dynamodb", "Query"),
            ("secretsmanager", "GetSecretValue"),
            ("sts", "AssumeRole"),
            ("iam", "AttachRolePolicy"),
        ] {
            assert_eq!(find(service, name).1, Idempotency::Idempotent, "{name}");
        }
    }

    #[test]
    fn a_name_comes_out_as_aws_writes_it() {
        let (name, class) = find("iam", "ListMfaDevices");
        assert_eq!(name.to_string(), "iam.ListMFADevices");
        assert_eq!(class, Idempotency::Idempotent);
    }
}
