//! The senders of aws-sdk-secretsmanager.

senders!(
    aws_sdk_secretsmanager:
    batch_get_secret_value BatchGetSecretValueInputBuilder = "BatchGetSecretValue",
    cancel_rotate_secret CancelRotateSecretInputBuilder = "CancelRotateSecret",
    create_secret CreateSecretInputBuilder = "CreateSecret",
    delete_resource_policy DeleteResourcePolicyInputBuilder = "DeleteResourcePolicy",
    delete_secret DeleteSecretInputBuilder = "DeleteSecret",
    describe_secret DescribeSecretInputBuilder = "DescribeSecret",
    get_random_password GetRandomPasswordInputBuilder = "GetRandomPassword",
    get_resource_policy GetResourcePolicyInputBuilder = "GetResourcePolicy",
    get_secret_value GetSecretValueInputBuilder = "GetSecretValue",
    list_secret_version_ids ListSecretVersionIdsInputBuilder = "ListSecretVersionIds",
    list_secrets ListSecretsInputBuilder = "ListSecrets",
    put_resource_policy PutResourcePolicyInputBuilder = "PutResourcePolicy",
    put_secret_value PutSecretValueInputBuilder = "PutSecretValue",
    remove_regions_from_replication RemoveRegionsFromReplicationInputBuilder = "RemoveRegionsFromReplication",
    replicate_secret_to_regions ReplicateSecretToRegionsInputBuilder = "ReplicateSecretToRegions",
    restore_secret RestoreSecretInputBuilder = "RestoreSecret",
    rotate_secret RotateSecretInputBuilder = "RotateSecret",
    stop_replication_to_replica StopReplicationToReplicaInputBuilder = "StopReplicationToReplica",
    tag_resource TagResourceInputBuilder = "TagResource",
    untag_resource UntagResourceInputBuilder = "UntagResource",
    update_secret UpdateSecretInputBuilder = "UpdateSecret",
    update_secret_version_stage UpdateSecretVersionStageInputBuilder = "UpdateSecretVersionStage",
    validate_resource_policy ValidateResourcePolicyInputBuilder = "ValidateResourcePolicy",
);
