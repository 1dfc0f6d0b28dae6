use super::operation::{Decrypt, EncryptDataKey, GenerateDataKey};
use aws_sdk_kms::operation::{
    decrypt::{DecryptError, DecryptOutput},
    encrypt::{EncryptError, EncryptOutput},
    generate_data_key::{GenerateDataKeyError, GenerateDataKeyOutput},
};
use leeward_client_pool::Failed;
use tower_service::Service;

/// What a keyring calls KMS through: any stack of layers over a Region router or a single target.
///
/// Implemented for every service that fits; nobody needs to implement it.
pub trait KmsCalls: Service<
        GenerateDataKey,
        Response = GenerateDataKeyOutput,
        Error = Failed<GenerateDataKeyError>,
        Future: Send,
    > + Service<EncryptDataKey, Response = EncryptOutput, Error = Failed<EncryptError>, Future: Send>
    + Service<Decrypt, Response = DecryptOutput, Error = Failed<DecryptError>, Future: Send>
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> KmsCalls for S where
    S: Service<
            GenerateDataKey,
            Response = GenerateDataKeyOutput,
            Error = Failed<GenerateDataKeyError>,
            Future: Send,
        > + Service<
            EncryptDataKey,
            Response = EncryptOutput,
            Error = Failed<EncryptError>,
            Future: Send,
        > + Service<Decrypt, Response = DecryptOutput, Error = Failed<DecryptError>, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static
{
}
