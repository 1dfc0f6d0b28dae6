//! Every operation of the SDK crates is known to leeward-client-pool by the type of the function that sends it.
//!
//! The form of a type's name is nobody's promise: a new compiler or a new SDK that changes it fails here, and so does an
//! operation that is new: add a line to the service's file here, and one to its table in
//! `leeward-client-pool/src/operation/classes`.

use crate::sources;
use leeward_client_pool::{Op, idempotency_of};
use std::collections::BTreeSet;

/// Makes an operation of each sender: `module Builder = "Name"`.
macro_rules! senders {
    ($sdk:ident: $($module:ident $builder:ident = $name:literal,)*) => {
        pub(super) fn all() -> Vec<(String, &'static str)> {
            vec![$(
                (
                    super::known(&leeward_client_pool::Op::new(
                        $sdk::operation::$module::builders::$builder::default(),
                        $sdk::operation::$module::builders::$builder::send_with,
                    )),
                    $name,
                ),
            )*]
        }
    };
}

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

fn known<B, F, T, E>(operation: &Op<B, F, T, E>) -> String {
    operation.name().to_string()
}

fn all(service: &str) -> Vec<(String, &'static str)> {
    match service {
        "cloudformation" => cloudformation::all(),
        "cloudwatch" => cloudwatch::all(),
        "cloudwatchlogs" => cloudwatchlogs::all(),
        "costexplorer" => costexplorer::all(),
        "dynamodb" => dynamodb::all(),
        "eventbridge" => eventbridge::all(),
        "iam" => iam::all(),
        "kms" => kms::all(),
        "lambda" => lambda::all(),
        "s3" => s3::all(),
        "secretsmanager" => secretsmanager::all(),
        "sts" => sts::all(),
        other => panic!("no list of the senders of {other}"),
    }
}

#[test]
fn every_operation_is_known_by_the_name_that_aws_gives_it() {
    for (service, folder) in sources::of_sdk_crates() {
        let listed = all(&service);
        for (known, name) in &listed {
            assert_eq!(*known, format!("{service}.{name}"));
        }
        let listed: BTreeSet<_> = listed.iter().map(|(_, name)| (*name).to_owned()).collect();
        let offered: BTreeSet<_> = sources::operations_in(&folder).into_iter().collect();
        let difference: Vec<_> = offered.symmetric_difference(&listed).collect();
        assert!(difference.is_empty(), "{service}: {difference:?}");
    }
}

/// The tables write a name as AWS does; the compiler writes it as Rust does. Where the two differ, only the table knows.
#[test]
fn every_operation_stands_in_a_table() {
    for (service, _) in sources::of_sdk_crates() {
        for (known, name) in all(&service) {
            let listed = idempotency_of(&service, name).is_some();
            assert!(listed, "{known} stands in no table of leeward-client-pool");
        }
    }
}
