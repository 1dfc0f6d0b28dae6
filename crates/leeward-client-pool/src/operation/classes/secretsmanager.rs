//! The operations of AWS Secrets Manager.

use super::Operations;

pub(super) const OPERATIONS: Operations = Operations {
    idempotent: &[
        "BatchGetSecretValue",
        "DeleteResourcePolicy",
        "DescribeSecret",
        "GetRandomPassword",
        "GetResourcePolicy",
        "GetSecretValue",
        "ListSecrets",
        "ListSecretVersionIds",
        "PutResourcePolicy",
        "TagResource",
        "UntagResource",
        "ValidateResourcePolicy",
    ],
    others: &[
        "CancelRotateSecret",
        "CreateSecret",
        "DeleteSecret",
        "PutSecretValue",
        "RemoveRegionsFromReplication",
        "ReplicateSecretToRegions",
        "RestoreSecret",
        "RotateSecret",
        "StopReplicationToReplica",
        "UpdateSecret",
        "UpdateSecretVersionStage",
    ],
};
