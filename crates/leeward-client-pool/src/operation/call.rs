use super::{Failed, Operation};
use leeward_error_taxonomy::{OperationName, Region, Rejected};
use leeward_resilience::{Idempotency, Request};
use std::fmt;

/// A closure as an operation, for what is more than one input: a paginator, a streaming body, two calls in a row.
///
/// It is the same in every Region. Unless it is said to be [`idempotent`](Self::idempotent), a layer sends it again only
/// if it was surely not sent.
///
/// ```
/// # #[cfg(feature = "kms")] {
/// use leeward_client_pool::Call;
/// use leeward_error_taxonomy::OperationName;
///
/// let list = Call::new(|kms: aws_sdk_kms::Client| async move { kms.list_keys().limit(10).send().await })
///     .named(OperationName::new("kms", "ListKeys"))
///     .idempotent();
/// # }
/// ```
#[derive(Clone)]
pub struct Call<F> {
    play: F,
    name: OperationName,
    idempotency: Idempotency,
}

impl<F> Call<F> {
    /// Makes an operation of a closure that takes a client.
    pub const fn new(play: F) -> Self {
        Self {
            play,
            name: OperationName::UNKNOWN,
            idempotency: Idempotency::NonIdempotent,
        }
    }

    /// Names the operation; without a name it is `unknown.unknown`.
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
}

impl<C, F, Fut, T, E> Operation<C> for Call<F>
where
    F: FnOnce(C) -> Fut,
    Fut: Future<Output = Result<T, Failed<E>>> + Send,
{
    type Output = T;
    type Error = E;
    type Future = Fut;

    fn play(self, client: C) -> Fut {
        (self.play)(client)
    }
}

impl<F: Clone> Request for Call<F> {
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
}

impl<F> fmt::Debug for Call<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("name", &self.name)
            .field("idempotency", &self.idempotency)
            .finish_non_exhaustive()
    }
}
