//! An operation is a value that can be played against any client of its service.
//!
//! [`Op`] is made of an SDK input builder and the way to send it; it is `Clone`, so that a layer can play it again.
//! A closure in a [`Plain`] does for everything else: a paginator, a streaming body, two calls in a row. Both have a name and
//! say whether they may be sent twice. A bare closure is an [`Operation`] too, for a call that no layer has to replay. What a
//! request names in each Region is [`regional`]'s to know.

mod classes;
mod name;
mod op;
pub mod regional;

pub use classes::idempotency_of;
pub use op::{Op, SendWith};

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use leeward_error_taxonomy::{Region, Rejected};
use leeward_resilience::Plain;
use std::{pin::Pin, sync::Arc};

/// How a call to AWS fails: the SDK's own error, which layers pass on as it is.
pub type Failed<E> = SdkError<E, HttpResponse>;

/// A boxed future that a thread may hand to another.
pub type FutureOf<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How an input is sent, as a type that can be named: what a closure that captures nothing turns into.
///
/// With it an [`Op`] has a type that fits into a struct or a signature; the closure's body is
/// `Box::pin(builder.send_with(client))`. Such an operation has to be [named](Op::named) and its [class](Op::idempotent) to be said.
pub type Sender<C, B, T, E> = for<'a> fn(B, &'a C) -> FutureOf<'a, Result<T, Failed<E>>>;

/// One operation, ready to be played against a client of type `C`.
pub trait Operation<C> {
    /// What the service answers.
    type Output;
    /// The modelled error of the operation.
    type Error;
    /// The call under way.
    type Future: Future<Output = Result<Self::Output, Failed<Self::Error>>> + Send;

    /// Plays it once.
    fn play(self, client: C) -> Self::Future;
}

impl<C, F, Fut, T, E> Operation<C> for F
where
    F: FnOnce(C) -> Fut,
    Fut: Future<Output = Result<T, Failed<E>>> + Send,
{
    type Output = T;
    type Error = E;
    type Future = Fut;

    fn play(self, client: C) -> Fut {
        self(client)
    }
}

/// The closure within, which is the same in every Region.
///
/// Its future is boxed, as an [`Op`]'s is: every layer holds the one beneath it within, and that of a closure with a call of the SDK in
/// it has some ten kilobytes where nothing is optimised, of the two megabytes of a thread's stack.
///
/// ```
/// # #[cfg(feature = "kms")] {
/// use leeward_error_taxonomy::OperationName;
/// use leeward_resilience::Plain;
///
/// let list = Plain::new(|kms: aws_sdk_kms::Client| async move { kms.list_keys().limit(10).send().await })
///     .named(OperationName::new("kms", "ListKeys"))
///     .idempotent();
/// # }
/// ```
impl<C, F, Fut, T, E> Operation<C> for Plain<F>
where
    F: FnOnce(C) -> Fut,
    Fut: Future<Output = Result<T, Failed<E>>> + Send,
{
    type Output = T;
    type Error = E;
    type Future = Pin<Box<Fut>>;

    fn play(self, client: C) -> Self::Future {
        Box::pin(self.into_inner()(client))
    }
}

/// Rewrites a request for a Region, or says why it cannot be sent there.
type Rewrite<B> = Arc<dyn Fn(B, &Region) -> Result<B, Rejected> + Send + Sync>;
