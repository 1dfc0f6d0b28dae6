use crate::Placement;
use leeward_error_taxonomy::{OperationName, Region, Rejected};
use std::{fmt, sync::Arc};

/// Whether applying a request twice does the same as applying it once.
// A word wide, so that a request has no odd bytes: it is copied in every layer, and a processor waits for odd bytes that it has
// just written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u64)]
pub enum Idempotency {
    /// It may be sent again, and to two places at once.
    Idempotent,
    /// Once it may have been sent, it is never sent again. What nobody vouched for is this.
    NonIdempotent,
}

/// What a layer may ask of a request.
///
/// `leeward-client-pool`'s operations implement it; [`Plain`] lends it to any other request.
pub trait Request: Sized {
    /// Names the operation, for messages and labels.
    fn operation(&self) -> OperationName;

    /// Whether it may be sent again when it may have been applied.
    fn idempotency(&self) -> Idempotency;

    /// A copy to send again, or `None` if it can be sent only once (a streaming body).
    fn replay(&self) -> Option<Self>;

    /// The same request as `region` must see it: a multi-Region key ARN, for one, names the Region.
    ///
    /// # Errors
    ///
    /// [`Rejected::Unavailable`] if the request cannot be sent to `region` (a key that exists in one Region only).
    fn for_region(&self, region: &Region) -> Result<Self, Rejected>;

    /// Where the call may go, if that is not anywhere.
    fn placement(&self) -> Option<&Placement> {
        None
    }
}

/// Makes a [`Request`] of any value: it is the same in every Region, and sent again only if it says that it may be.
///
/// ```
/// use leeward_error_taxonomy::OperationName;
/// use leeward_resilience::{Idempotency, Plain, Request};
///
/// let read = Plain::new("SELECT 1").named(OperationName::new("ledger", "Read")).idempotent();
/// assert_eq!(read.idempotency(), Idempotency::Idempotent);
/// assert_eq!(read.operation().to_string(), "ledger.Read");
/// ```
#[derive(Clone)]
pub struct Plain<R> {
    request: R,
    name: OperationName,
    idempotency: Idempotency,
    // Shared, as a request is copied in every layer.
    placement: Option<Arc<Placement>>,
}

impl<R> Plain<R> {
    /// Wraps a request that nobody vouches for: unnamed, not idempotent.
    pub const fn new(request: R) -> Self {
        Self {
            request,
            name: OperationName::UNKNOWN,
            idempotency: Idempotency::NonIdempotent,
            placement: None,
        }
    }

    /// Names the operation.
    #[must_use]
    pub fn named(self, name: OperationName) -> Self {
        Self { name, ..self }
    }

    /// Vouches that applying it twice does the same as applying it once.
    #[must_use]
    pub fn idempotent(self) -> Self {
        Self {
            idempotency: Idempotency::Idempotent,
            ..self
        }
    }

    /// Says where it may go; anywhere by default.
    #[must_use]
    pub fn placed(self, placement: Placement) -> Self {
        Self {
            placement: Some(Arc::new(placement)),
            ..self
        }
    }

    /// The request within.
    pub fn into_inner(self) -> R {
        self.request
    }
}

/// Prints the name and never the request, which may hold a secret.
impl<R> fmt::Debug for Plain<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plain")
            .field("name", &self.name)
            .field("idempotency", &self.idempotency)
            .finish_non_exhaustive()
    }
}

impl<R: Clone> Request for Plain<R> {
    fn operation(&self) -> OperationName {
        self.name
    }

    fn idempotency(&self) -> Idempotency {
        self.idempotency
    }

    fn replay(&self) -> Option<Self> {
        Some(self.clone())
    }

    fn for_region(&self, _: &Region) -> Result<Self, Rejected> {
        Ok(self.clone())
    }

    fn placement(&self) -> Option<&Placement> {
        self.placement.as_deref()
    }
}
