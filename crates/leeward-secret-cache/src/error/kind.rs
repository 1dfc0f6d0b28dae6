use leeward_error_taxonomy::Category;

/// What kind of thing kept a secret from being had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretErrorKind {
    /// There is no such secret, or no such version or stage of it.
    NotFound,
    /// The caller may not read it.
    Denied,
    /// It is scheduled for deletion, or in no state to be read.
    Withdrawn,
    /// Its KMS key is disabled or about to be deleted, or the caller may not use it.
    KeyUnusable,
    /// Secrets Manager was not reached, did not answer in time, throttled, or could not serve; also credentials that could not be loaded, and
    /// a cache in which [too many secrets wait](crate::SecretCacheBuilder::with_max_fetches) to be fetched.
    Unavailable,
    /// The cache was shut down, or the pool that it calls through; its runtime has ended, or what fetched it panicked.
    Ended,
    /// Something else: the request was refused as it stands. So is, unsent, an id that no secret can have: an empty one, or one of more
    /// than 2,048 characters.
    Other,
}

impl SecretErrorKind {
    /// What an answer with this code and of this category says of a secret.
    pub(crate) fn of_answer(code: Option<&str>, category: Category) -> Self {
        match (code, category) {
            (Some("DecryptionFailure"), _) => Self::KeyUnusable,
            (Some("InvalidRequestException"), _) => Self::Withdrawn,
            (_, Category::NotFound) => Self::NotFound,
            (_, Category::Authorization) => Self::Denied,
            (
                _,
                Category::Authentication
                | Category::Internal
                | Category::Network
                | Category::RateLimit
                | Category::ServiceUnavailable
                | Category::Timeout
                | Category::Rejected,
            ) => Self::Unavailable,
            _ => Self::Other,
        }
    }

    /// Whether what was fetched before is as good as it was: nobody has said that it is not.
    pub(crate) const fn is_transient(self) -> bool {
        matches!(self, Self::Unavailable | Self::Ended)
    }

    /// Whether what was fetched before must not be used any more.
    pub(crate) const fn is_withdrawal(self) -> bool {
        matches!(
            self,
            Self::NotFound | Self::Denied | Self::Withdrawn | Self::KeyUnusable
        )
    }

    /// The name for logs and metric labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Denied => "denied",
            Self::Withdrawn => "withdrawn",
            Self::KeyUnusable => "key_unusable",
            Self::Unavailable => "unavailable",
            Self::Ended => "ended",
            Self::Other => "other",
        }
    }
}
