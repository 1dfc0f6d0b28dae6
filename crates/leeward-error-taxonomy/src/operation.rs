use std::fmt;

/// Names an operation of a service, such as `kms.Encrypt`, for messages and metric labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OperationName {
    service: &'static str,
    operation: &'static str,
}

impl OperationName {
    /// An operation that nobody named.
    pub const UNKNOWN: Self = Self::new("unknown", "unknown");

    /// Names an operation: the service in lower case as the SDK crate has it, the operation as AWS writes it.
    #[must_use]
    pub const fn new(service: &'static str, operation: &'static str) -> Self {
        Self { service, operation }
    }

    /// The service, such as `kms`.
    #[must_use]
    pub const fn service(&self) -> &'static str {
        self.service
    }

    /// The operation, such as `Encrypt`.
    #[must_use]
    pub const fn operation(&self) -> &'static str {
        self.operation
    }
}

impl fmt::Display for OperationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.service, self.operation)
    }
}
