use super::{Failed, FutureOf, Operation, Rewrite, name, regional::Regional};
use leeward_error_taxonomy::{OperationName, Region, Rejected};
use leeward_resilience::{Idempotency, Placement, Request};
use std::{fmt, marker::PhantomData, sync::Arc};

/// The way from an SDK input builder to an answer, such as `EncryptInputBuilder::send_with`.
///
/// Implemented for every `async fn(B, &C)`; it only serves to name such a function where a future that is `Send` is asked.
pub trait SendWith<'a, B, C> {
    /// What comes of it.
    type Output;
    /// The call under way.
    type Future: Future<Output = Self::Output> + Send + 'a;

    /// Sends what the builder holds.
    fn send_with(&self, builder: B, client: &'a C) -> Self::Future;
}

impl<'a, B, C: 'a, F, Fut> SendWith<'a, B, C> for F
where
    F: Fn(B, &'a C) -> Fut,
    Fut: Future + Send + 'a,
{
    type Output = Fut::Output;
    type Future = Fut;

    fn send_with(&self, builder: B, client: &'a C) -> Fut {
        self(builder, client)
    }
}

/// An SDK operation as a value: an input builder, and the function that sends it.
///
/// It names itself after the SDK function, and knows by a table of twelve services whether it may be sent twice: reads may, and
/// so may cryptography with a key, writes only if a second one changes nothing and succeeds. A layer sends what may not again
/// only if it was surely not sent. An operation that no table holds may not, unless it is said to be
/// [`idempotent`](Self::idempotent): of a write with a token of its own (`ClientRequestToken`), say so after setting the token,
/// since the SDK draws another for each sending. It is the same in every Region unless it [names](Self::naming) what has another
/// name there or is [rewritten](Self::rewritten_by).
///
/// ```
/// # #[cfg(feature = "kms")] {
/// use aws_sdk_kms::operation::describe_key::{DescribeKeyInput, builders::DescribeKeyInputBuilder};
/// use leeward_client_pool::Op;
/// use leeward_resilience::{Idempotency, Request};
///
/// let describe = Op::new(DescribeKeyInput::builder().key_id("alias/app"), DescribeKeyInputBuilder::send_with);
/// assert_eq!(describe.operation().to_string(), "kms.DescribeKey");
/// assert_eq!(describe.idempotency(), Idempotency::Idempotent);
/// # }
/// ```
pub struct Op<B, F, T, E> {
    builder: B,
    send: F,
    name: OperationName,
    idempotency: Idempotency,
    rewrite: Option<Rewrite<B>>,
    // Shared, as an operation is copied in every layer.
    placement: Option<Arc<Placement>>,
    answers: PhantomData<fn() -> (T, E)>,
}

impl<B, F, T, E> Op<B, F, T, E> {
    /// Makes an operation of what is to be sent and the function that sends it.
    pub fn new<C>(builder: B, send: F) -> Self
    where
        F: for<'a> SendWith<'a, B, C, Output = Result<T, Failed<E>>>,
    {
        let (name, idempotency) = name::of_sender::<F>();
        Self {
            builder,
            send,
            name,
            idempotency,
            rewrite: None,
            placement: None,
            answers: PhantomData,
        }
    }

    /// Names the operation, where the function that sends it is not the SDK's.
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

    /// Has it sent once, whatever the table says of it.
    #[must_use]
    pub fn non_idempotent(self) -> Self {
        Self {
            idempotency: Idempotency::NonIdempotent,
            ..self
        }
    }

    /// What it is called, for labels.
    #[must_use]
    pub const fn name(&self) -> OperationName {
        self.name
    }

    /// Whether it may be sent twice.
    #[must_use]
    pub const fn class(&self) -> Idempotency {
        self.idempotency
    }

    /// What is sent, as it was given: for a service of one's own, such as a test's.
    #[must_use]
    pub const fn input(&self) -> &B {
        &self.builder
    }

    /// Says in which Regions it may be served, and in which first; anywhere by default.
    #[must_use]
    pub fn placed(self, placement: Placement) -> Self {
        Self {
            placement: Some(Arc::new(placement)),
            ..self
        }
    }

    /// Names a resource by `set`, and in each Region as it is called there; keeps the operation out of a Region without it.
    ///
    /// It is added to what was said before of other resources and rewriting.
    ///
    /// ```
    /// # #[cfg(feature = "kms")] {
    /// use aws_sdk_kms::operation::encrypt::{EncryptInput, builders::EncryptInputBuilder};
    /// use leeward_client_pool::{Op, regional::KeyArn};
    /// # use leeward_client_pool::regional::InvalidResourceName;
    ///
    /// # fn encrypt() -> Result<(), InvalidResourceName> {
    /// let key: KeyArn = "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab".parse()?;
    /// let encrypt = Op::new(EncryptInput::builder(), EncryptInputBuilder::send_with)
    ///     .naming(key, EncryptInputBuilder::key_id);
    /// # Ok(())
    /// # }
    /// # }
    /// ```
    #[must_use]
    pub fn naming<N>(
        self,
        resource: N,
        set: impl Fn(B, String) -> B + Send + Sync + 'static,
    ) -> Self
    where
        N: Regional + Send + Sync + 'static,
        B: 'static,
    {
        let builder = set(self.builder, resource.to_string());
        let before = self.rewrite;
        let rewrite = move |builder, region: &Region| {
            let builder = match &before {
                Some(rewrite) => rewrite(builder, region)?,
                None => builder,
            };
            Ok(set(builder, resource.name_in(region)?))
        };
        Self {
            builder,
            rewrite: Some(Arc::new(rewrite)),
            ..self
        }
    }

    /// Sets how it is rewritten for the Region that it is sent to, in the place of what was said before.
    ///
    /// A refusal of `rewrite` keeps it out of that Region; [`Rejected::unavailable`] lets a router try the next one.
    #[must_use]
    pub fn rewritten_by(
        self,
        rewrite: impl Fn(B, &Region) -> Result<B, Rejected> + Send + Sync + 'static,
    ) -> Self {
        Self {
            rewrite: Some(Arc::new(rewrite)),
            ..self
        }
    }
}

impl<C, B, F, T, E> Operation<C> for Op<B, F, T, E>
where
    C: Send + Sync + 'static,
    B: Send + 'static,
    F: for<'a> SendWith<'a, B, C, Output = Result<T, Failed<E>>> + Send + Sync + 'static,
    T: 'static,
    E: 'static,
{
    type Output = T;
    type Error = E;
    type Future = FutureOf<'static, Result<T, Failed<E>>>;

    fn play(self, client: C) -> Self::Future {
        let Self { builder, send, .. } = self;
        Box::pin(async move { send.send_with(builder, &client).await })
    }
}

impl<B: Clone, F: Clone, T, E> Request for Op<B, F, T, E> {
    fn operation(&self) -> OperationName {
        self.name
    }

    fn idempotency(&self) -> Idempotency {
        self.idempotency
    }

    fn replay(&self) -> Option<Self> {
        Some(self.clone())
    }

    fn for_region(&self, region: &Region) -> Result<Self, Rejected> {
        let op = self.clone();
        match &self.rewrite {
            None => Ok(op),
            Some(rewrite) => Ok(Self {
                builder: rewrite(op.builder, region)?,
                ..op
            }),
        }
    }

    fn placement(&self) -> Option<&Placement> {
        self.placement.as_deref()
    }
}

impl<B: Clone, F: Clone, T, E> Clone for Op<B, F, T, E> {
    fn clone(&self) -> Self {
        Self {
            builder: self.builder.clone(),
            send: self.send.clone(),
            name: self.name,
            idempotency: self.idempotency,
            rewrite: self.rewrite.clone(),
            placement: self.placement.clone(),
            answers: PhantomData,
        }
    }
}

/// Prints the name and never the input, which may hold a plaintext.
impl<B, F, T, E> fmt::Debug for Op<B, F, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Op")
            .field("name", &self.name)
            .field("idempotency", &self.idempotency)
            .finish_non_exhaustive()
    }
}
