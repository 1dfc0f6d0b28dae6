//! The table of the layers and the lists that the rules go by.

/// Where a crate of this workspace stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Place {
    /// On a layer: it may depend on smaller numbers only.
    Layer(u8),
    /// Outside of the layers and never published.
    Unpublished,
}

use Place::{Layer, Unpublished};

/// Every crate of the workspace, those still to come included.
pub(crate) const PLACES: &[(&str, Place)] = &[
    ("leeward", Layer(6)),
    ("leeward-telemetry", Layer(5)),
    ("leeward-resources", Layer(5)),
    ("leeward-cloudformation", Layer(4)),
    ("leeward-dynamodb", Layer(4)),
    ("leeward-s3", Layer(4)),
    ("leeward-logs", Layer(4)),
    ("leeward-lambda", Layer(4)),
    ("leeward-iam", Layer(4)),
    ("leeward-kms-envelope", Layer(4)),
    ("leeward-secret-cache", Layer(4)),
    ("leeward-envelope", Layer(3)),
    ("leeward-region-router", Layer(3)),
    ("leeward-client-pool", Layer(3)),
    ("leeward-resilience", Layer(2)),
    ("leeward-error-taxonomy", Layer(1)),
    ("leeward-testkit", Unpublished),
    ("leeward-demo", Unpublished),
    ("leeward-bench", Unpublished),
    ("leeward-error-census", Unpublished),
    ("leeward-interop", Unpublished),
    ("xtask", Unpublished),
];

/// Builds without the AWS SDK: a crate, and the one feature of it that may bring the SDK in.
pub(crate) const FREE_OF_THE_SDK: &[(&str, Option<&str>)] = &[
    ("leeward-error-taxonomy", Some("sdk")),
    ("leeward-resilience", None),
    ("leeward-region-router", None),
    ("leeward-envelope", None),
];

/// The crates of the AWS SDK, by the start of their names.
const SDK: &[&str] = &[
    "aws-config",
    "aws-credential-types",
    "aws-runtime",
    "aws-sdk-",
    "aws-sigv4",
    "aws-smithy-",
    "aws-types",
];

/// Whether `name` is a crate of the AWS SDK.
pub(crate) fn is_of_the_sdk(name: &str) -> bool {
    SDK.iter().any(|start| name.starts_with(start))
}

/// Stands in the tree of the published crates once or not at all.
pub(crate) const ONCE: &[&str] = &["aws-lc-rs", "h2", "hyper", "rustls", "tokio"];

/// Never in the tree of the published crates: a name, the start of its version, and why.
pub(crate) const LEGACY: &[(&str, &str, &str)] = &[
    ("hyper", "0.14.", "the SDK's legacy HTTP stack"),
    ("native-tls", "", "a second TLS stack"),
    ("openssl-sys", "", "a second crypto provider"),
    ("ring", "", "a second crypto provider"),
    ("rustls", "0.21.", "the SDK's legacy TLS stack"),
];

/// What Leeward is measured against: such crates live in the lock file of `crates/leeward-bench/peers`.
pub(crate) const PEERS: &[&str] = &[
    "aws-db-esdk",
    "aws-esdk",
    "aws-mpl-rs",
    "aws-secretsmanager-cache",
    "aws_secretsmanager_caching",
    "backon",
    "envelopers",
    "failsafe",
    "kms-aead",
    "moka",
    "recloser",
    "tower-resilience",
];
