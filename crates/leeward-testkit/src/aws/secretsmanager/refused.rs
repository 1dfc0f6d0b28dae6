//! What Secrets Manager says when it refuses.

/// An error of the service, as it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refused {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            code,
            message: message.into(),
        }
    }

    pub(super) fn not_found() -> Self {
        Self::new(
            "ResourceNotFoundException",
            "Secrets Manager can't find the specified secret.",
        )
    }

    /// There is a secret, but nothing under this label or version id.
    pub(super) fn no_value(asked: &str) -> Self {
        let message = format!("Secrets Manager can't find the specified secret value for {asked}");
        Self::new("ResourceNotFoundException", message)
    }

    pub(super) fn is_not_found(&self) -> bool {
        self.code == "ResourceNotFoundException"
    }

    pub(super) fn request(message: impl Into<String>) -> Self {
        Self::new("InvalidRequestException", message)
    }

    pub(super) fn marked_for_deletion() -> Self {
        Self::request(
            "You can't perform this operation on the secret because it was marked for deletion.",
        )
    }

    pub(super) fn is_replica() -> Self {
        Self::request(
            "Operation not permitted on a replica secret. Call must be made in primary secret's region.",
        )
    }

    pub(super) fn parameter(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterException", message)
    }

    pub(super) fn exists(message: impl Into<String>) -> Self {
        Self::new("ResourceExistsException", message)
    }

    pub(super) fn next_token() -> Self {
        Self::new("InvalidNextTokenException", "Invalid token")
    }

    pub(super) fn undecryptable() -> Self {
        Self::new(
            "DecryptionFailure",
            "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
        )
    }

    pub(super) fn denied(caller: &str, operation: &str, arn: &str, why: &str) -> Self {
        let message = format!(
            "User: {caller} is not authorized to perform: secretsmanager:{operation} on resource: {arn} {why}"
        );
        Self::new("AccessDeniedException", message)
    }

    pub(super) fn constraint(field: &str, constraint: &str) -> Self {
        let message = format!(
            "1 validation error detected: Value at '{field}' failed to satisfy constraint: {constraint}"
        );
        Self::new("ValidationException", message)
    }

    pub(super) fn no_json() -> Self {
        Self::new(
            "SerializationException",
            "The body of the request is not the JSON of this operation",
        )
    }

    pub(super) fn unknown_operation(operation: &str) -> Self {
        let message = format!("The in-process AWS has no secretsmanager:{operation}.");
        Self::new("UnknownOperationException", message)
    }
}
