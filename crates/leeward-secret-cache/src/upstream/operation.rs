//! The operations of a cache, as values that a layer may send again and elsewhere.

use crate::{SecretRef, id::VersionRef};
use aws_sdk_secretsmanager::{
    Client,
    operation::get_secret_value::{
        GetSecretValueError, GetSecretValueInput, GetSecretValueOutput,
        builders::GetSecretValueInputBuilder,
    },
};
use leeward_client_pool::{Op, Sender};
use leeward_error_taxonomy::OperationName;

/// `secretsmanager:GetSecretValue`.
pub type GetSecretValue = Op<
    GetSecretValueInputBuilder,
    Sender<Client, GetSecretValueInputBuilder, GetSecretValueOutput, GetSecretValueError>,
    GetSecretValueOutput,
    GetSecretValueError,
>;

const GET_SECRET_VALUE: OperationName = OperationName::new("secretsmanager", "GetSecretValue");

pub(super) fn secret_value(secret: SecretRef<'_>) -> GetSecretValue {
    let builder = GetSecretValueInput::builder().secret_id(secret.id());
    let builder = match secret.version() {
        VersionRef::Current => builder,
        VersionRef::Stage(stage) => builder.version_stage(stage),
        VersionRef::Id(id) => builder.version_id(id),
    };
    let send: Sender<_, _, _, _> =
        |builder: GetSecretValueInputBuilder, client| Box::pin(builder.send_with(client));
    Op::new(builder, send).named(GET_SECRET_VALUE).idempotent()
}
