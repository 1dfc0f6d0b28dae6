//! What befalls the calls of every facade before ministack sees them.

use crate::ministack::{Trouble, same};
use leeward_testkit::{Aws, Counts, Fault, Scope};
use std::collections::BTreeSet;

/// Every operation that facades call, and that ministack has.
const OPERATIONS: [Operations; 7] = [
    Operations {
        service: "cloudformation",
        reads: &[
            "DescribeChangeSet",
            "DescribeEvents",
            "DescribeStackDriftDetectionStatus",
            "DescribeStackEvents",
            "DescribeStackResourceDrifts",
            "DescribeStacks",
            "ListChangeSets",
            "ListStackResources",
            "ListStacks",
            "ValidateTemplate",
        ],
        writes: &[
            "CreateChangeSet",
            "CreateStack",
            "DeleteChangeSet",
            "DeleteStack",
            "DetectStackDrift",
            "DetectStackResourceDrift",
            "ExecuteChangeSet",
            "UpdateStack",
        ],
    },
    Operations {
        service: "dynamodb",
        reads: &[
            "BatchGetItem",
            "DescribeTable",
            "GetItem",
            "ListTables",
            "Query",
            "Scan",
            "TransactGetItems",
        ],
        writes: &[
            "BatchWriteItem",
            "CreateTable",
            "DeleteItem",
            "DeleteTable",
            "PutItem",
            "TransactWriteItems",
            "UpdateItem",
        ],
    },
    Operations {
        service: "iam",
        reads: &[
            "GetGroup",
            "GetInstanceProfile",
            "GetPolicy",
            "GetPolicyVersion",
            "GetRole",
            "GetRolePolicy",
            "GetUser",
            "ListAttachedRolePolicies",
            "ListPolicies",
            "ListRolePolicies",
            "ListRoles",
            "SimulatePrincipalPolicy",
        ],
        writes: &[],
    },
    Operations {
        service: "lambda",
        reads: &[
            "GetFunctionConfiguration",
            "GetLayerVersionByArn",
            "ListFunctions",
            "ListLayerVersions",
        ],
        writes: &["Invoke"],
    },
    Operations {
        service: "logs",
        reads: &[
            "DescribeLogGroups",
            "DescribeLogStreams",
            "FilterLogEvents",
            "GetQueryResults",
        ],
        writes: &[
            "CreateLogGroup",
            "CreateLogStream",
            "DeleteLogGroup",
            "DeleteRetentionPolicy",
            "PutLogEvents",
            "PutRetentionPolicy",
            "StartQuery",
            "StopQuery",
        ],
    },
    Operations {
        service: "s3",
        reads: &[
            "GetBucketEncryption",
            "GetBucketVersioning",
            "GetObject",
            "GetObjectTagging",
            "GetPublicAccessBlock",
            "HeadBucket",
            "HeadObject",
            "ListMultipartUploads",
            "ListObjectsV2",
            "ListParts",
        ],
        writes: &[
            "AbortMultipartUpload",
            "CompleteMultipartUpload",
            "CopyObject",
            "CreateMultipartUpload",
            "DeleteObject",
            "DeleteObjects",
            "PutObject",
            "UploadPart",
            "UploadPartCopy",
        ],
    },
    Operations {
        service: "sts",
        reads: &["GetCallerIdentity"],
        writes: &[],
    },
];

/// What ministack answers by something else, or what facades call only for what it does not say: a redirect that names no Region.
#[cfg(test)]
const BEYOND_MINISTACK: [&str; 2] = ["GetBucketLocation", "GetBucketPolicyStatus"];

/// What no facade calls: with it the pool gets the keys of a role.
const OF_THE_POOL: &str = "AssumeRole";

struct Operations {
    service: &'static str,
    /// Those that change nothing.
    reads: &'static [&'static str],
    writes: &'static [&'static str],
}

impl Operations {
    fn all(&self) -> impl Iterator<Item = &'static str> {
        [self.reads, self.writes].concat().into_iter()
    }

    /// The first call of each is one too many. Of those that change nothing the second has no answer: it breaks off, or, where headers
    /// are all of it, the connection is reset before the call gets on.
    fn strike(&self, aws: &Aws) {
        let strike = |operation, fault| {
            let scope = Scope::any().service(self.service).operation(operation);
            aws.faults().inject(scope, fault);
        };
        for operation in self.all() {
            strike(operation, Fault::throttling().with_calls(1..=1));
        }
        for read in self.reads.iter().copied() {
            let fault = match read.starts_with("Head") {
                true => Fault::refuse(),
                false => Fault::reset(),
            };
            strike(read, fault.with_calls(2..=2));
        }
    }

    /// Fails unless each was struck so, and answered for all that.
    fn check(&self, counts: &Counts) -> Result<(), Trouble> {
        let called = counts.iter().filter(|(_, of, _, _)| *of == self.service);
        let called = called.map(|(_, _, operation, _)| operation);
        let called: BTreeSet<_> = called
            .filter(|operation| *operation != OF_THE_POOL)
            .collect();
        let expected: BTreeSet<_> = self.all().collect();
        same("called", called, expected)?;
        for operation in self.all() {
            let tally = counts.tally(self.service, operation);
            let faults = if self.writes.contains(&operation) {
                1
            } else {
                2
            };
            same(operation, tally.faulted, faults)?;
            same(operation, tally.ok > 0, true)?;
        }
        Ok(())
    }
}

/// Strikes at the calls of every facade.
pub(super) fn strike_all(aws: &Aws) {
    OPERATIONS.iter().for_each(|of| of.strike(aws));
}

/// Fails unless every operation of every facade was called, struck and answered at last, and none that is not known.
pub(super) fn check_all(counts: &Counts) -> Result<(), Trouble> {
    let called: BTreeSet<_> = counts.iter().map(|(_, service, _, _)| service).collect();
    let expected: BTreeSet<_> = OPERATIONS.iter().map(|of| of.service).collect();
    same("services", called, expected)?;
    OPERATIONS.iter().try_for_each(|of| of.check(counts))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUIDE: &str = include_str!("../../../../docs/guides/facades.md");

    /// The operations in the third column of the guide's tables.
    fn of_the_guide() -> BTreeSet<&'static str> {
        let rows = GUIDE.lines().filter(|line| line.starts_with('|'));
        let calls = rows.filter_map(|row| row.split('|').nth(3));
        let words = calls.flat_map(|cell| cell.split(|at: char| !at.is_ascii_alphanumeric()));
        // `If-Match` and the like are none.
        let is_operation = |word: &&str| {
            let capitals = word.chars().filter(char::is_ascii_uppercase).count();
            let is_camel_case = capitals > 1 && word.chars().any(|at| at.is_ascii_lowercase());
            is_camel_case || ["Invoke", "Query", "Scan"].contains(word)
        };
        words.filter(is_operation).collect()
    }

    #[test]
    fn the_guide_names_what_is_called_and_nothing_else() {
        let known = OPERATIONS.iter().flat_map(Operations::all);
        let known: BTreeSet<_> = known.chain(BEYOND_MINISTACK).collect();
        assert_eq!(known, of_the_guide());
    }
}
