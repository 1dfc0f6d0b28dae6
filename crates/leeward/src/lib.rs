#![doc = include_str!("../README.md")]
// What the guide shows is tested here, where all crates are.
#![cfg_attr(all(doctest, feature = "full"), doc = include_str!("../../../docs/guides/encryption.md"))]
#![cfg_attr(all(doctest, feature = "full"), doc = include_str!("../../../docs/guides/facades.md"))]
#![cfg_attr(all(doctest, feature = "full"), doc = include_str!("../../../docs/guides/multi-region.md"))]
#![cfg_attr(all(doctest, feature = "full"), doc = include_str!("../../../docs/guides/secrets.md"))]

#[cfg(feature = "client-pool")]
pub use leeward_client_pool as client_pool;
#[cfg(feature = "cloudformation")]
pub use leeward_cloudformation as cloudformation;
#[cfg(feature = "dynamodb")]
pub use leeward_dynamodb as dynamodb;
#[cfg(feature = "envelope")]
pub use leeward_envelope as envelope;
#[cfg(feature = "error-taxonomy")]
pub use leeward_error_taxonomy as error_taxonomy;
#[cfg(feature = "iam")]
pub use leeward_iam as iam;
#[cfg(feature = "kms-envelope")]
pub use leeward_kms_envelope as kms_envelope;
#[cfg(feature = "lambda")]
pub use leeward_lambda as lambda;
#[cfg(feature = "logs")]
pub use leeward_logs as logs;
#[cfg(feature = "region-router")]
pub use leeward_region_router as region_router;
#[cfg(feature = "resilience")]
pub use leeward_resilience as resilience;
#[cfg(feature = "resources")]
pub use leeward_resources as resources;
#[cfg(feature = "s3")]
pub use leeward_s3 as s3;
#[cfg(feature = "secret-cache")]
pub use leeward_secret_cache as secret_cache;
