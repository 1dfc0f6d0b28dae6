//! The operations of a cache, as values that a layer may send again and elsewhere.

use crate::{SecretRef, id::VersionRef};
use aws_sdk_secretsmanager::{
    Client,
    operation::{
        batch_get_secret_value::{
            BatchGetSecretValueError, BatchGetSecretValueOutput,
            builders::BatchGetSecretValueInputBuilder,
        },
        describe_secret::{
            DescribeSecretError, DescribeSecretInput, DescribeSecretOutput,
            builders::DescribeSecretInputBuilder,
        },
        get_secret_value::{
            GetSecretValueError, GetSecretValueInput, GetSecretValueOutput,
            builders::GetSecretValueInputBuilder,
        },
    },
};
use leeward_client_pool::{
    Op, Sender,
    regional::{Regional, SecretId},
};
use leeward_error_taxonomy::{OperationName, Region, Rejected};
use leeward_resilience::Placement;

/// `secretsmanager:GetSecretValue`, rewritten for the Region it is sent to.
pub type GetSecretValue = Op<
    GetSecretValueInputBuilder,
    Sender<Client, GetSecretValueInputBuilder, GetSecretValueOutput, GetSecretValueError>,
    GetSecretValueOutput,
    GetSecretValueError,
>;

/// `secretsmanager:DescribeSecret`, rewritten for the Region it is sent to.
pub type DescribeSecret = Op<
    DescribeSecretInputBuilder,
    Sender<Client, DescribeSecretInputBuilder, DescribeSecretOutput, DescribeSecretError>,
    DescribeSecretOutput,
    DescribeSecretError,
>;

/// `secretsmanager:BatchGetSecretValue`, rewritten for the Region it is sent to.
pub type BatchGetSecretValue = Op<
    BatchGetSecretValueInputBuilder,
    Sender<
        Client,
        BatchGetSecretValueInputBuilder,
        BatchGetSecretValueOutput,
        BatchGetSecretValueError,
    >,
    BatchGetSecretValueOutput,
    BatchGetSecretValueError,
>;

const GET_SECRET_VALUE: OperationName = OperationName::new("secretsmanager", "GetSecretValue");
const DESCRIBE_SECRET: OperationName = OperationName::new("secretsmanager", "DescribeSecret");
const BATCH_GET_SECRET_VALUE: OperationName =
    OperationName::new("secretsmanager", "BatchGetSecretValue");

pub(super) fn secret_value(secret: SecretRef<'_>) -> GetSecretValue {
    let id = SecretId::new(secret.id());
    let builder = GetSecretValueInput::builder();
    let builder = match secret.version() {
        VersionRef::Current => builder,
        VersionRef::Stage(stage) => builder.version_stage(stage),
        VersionRef::Id(id) => builder.version_id(id),
    };
    let send: Sender<_, _, _, _> =
        |builder: GetSecretValueInputBuilder, client| Box::pin(builder.send_with(client));
    Op::new(builder, send)
        .named(GET_SECRET_VALUE)
        .idempotent()
        .placed(placement(&id))
        .naming(id, GetSecretValueInputBuilder::secret_id)
}

pub(super) fn describe(id: &str) -> DescribeSecret {
    let id = SecretId::new(id);
    let send: Sender<_, _, _, _> =
        |builder: DescribeSecretInputBuilder, client| Box::pin(builder.send_with(client));
    Op::new(DescribeSecretInput::builder(), send)
        .named(DESCRIBE_SECRET)
        .idempotent()
        .placed(placement(&id))
        .naming(id, DescribeSecretInputBuilder::secret_id)
}

pub(super) fn batch(input: BatchGetSecretValueInputBuilder) -> BatchGetSecretValue {
    let send: Sender<_, _, _, _> =
        |builder: BatchGetSecretValueInputBuilder, client| Box::pin(builder.send_with(client));
    Op::new(input, send)
        .named(BATCH_GET_SECRET_VALUE)
        .idempotent()
        .rewritten_by(batch_in)
}

/// An ARN says which of the replicas is meant, so that its Region is asked first.
fn placement(id: &SecretId) -> Placement {
    match id.region() {
        Some(region) => Placement::new().preferring(region.clone()),
        None => Placement::new(),
    }
}

/// The batch, with the ARNs among its ids as `region` calls them.
fn batch_in(
    batch: BatchGetSecretValueInputBuilder,
    region: &Region,
) -> Result<BatchGetSecretValueInputBuilder, Rejected> {
    let Some(ids) = batch.get_secret_id_list() else {
        return Ok(batch);
    };
    let ids = ids.iter().map(|id| SecretId::new(id).name_in(region));
    let ids = ids.collect::<Result<_, _>>()?;
    Ok(batch.set_secret_id_list(Some(ids)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_resilience::Request;

    const WEST: Region = Region::from_static("us-west-2");

    fn arn(region: &str) -> String {
        format!("arn:aws:secretsmanager:{region}:111122223333:secret:db-a1b2c3")
    }

    #[test]
    fn whatever_is_asked_of_a_region_names_its_replica() {
        let east = arn("us-east-1");
        let value = secret_value(SecretRef::new(&east).at_stage("AWSPENDING"));
        let there = value.for_region(&WEST).unwrap();
        assert_eq!(there.input().get_secret_id(), &Some(arn("us-west-2")));
        let stage = there.input().get_version_stage().as_deref();
        assert_eq!(stage, Some("AWSPENDING"));
        let described = describe(&east).for_region(&WEST).unwrap();
        assert_eq!(described.input().get_secret_id(), &Some(arn("us-west-2")));
        let ids = BatchGetSecretValueInputBuilder::default()
            .secret_id_list(&east)
            .secret_id_list("other");
        let batch = batch(ids).for_region(&WEST).unwrap();
        let ids = batch.input().get_secret_id_list().clone().unwrap();
        assert_eq!(ids, [arn("us-west-2"), "other".to_owned()]);
    }

    #[test]
    fn an_arn_goes_to_its_region_first_and_a_name_wherever_it_may() {
        let preferred = |id: &str| {
            let value = secret_value(SecretRef::new(id));
            value.placement().and_then(Placement::preference)
        };
        assert_eq!(preferred(&arn("us-west-2")), Some(WEST));
        assert_eq!(preferred("db"), None);
    }
}
