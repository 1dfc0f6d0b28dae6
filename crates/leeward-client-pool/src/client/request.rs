use super::{ClientError, Recipe};
use crate::{
    Identity, Maker, Pool, Retries, Role, Target,
    cache::Erased,
    key::{Digest, KeyRef, Own, Settings},
    operation::FutureOf,
};
use aws_types::sdk_config;
use leeward_error_taxonomy::Region;
use std::{
    fmt,
    future::IntoFuture,
    hash::Hash,
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

/// What is asked of a client besides its type.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wish {
    pub(crate) region: Option<Region>,
    pub(crate) identity: Identity,
    pub(crate) settings: Settings,
}

/// A client that is asked for: `.await` gives it.
///
/// A client that the pool has is given at once. Otherwise it is made, once for all who ask at that time, in a task of the
/// pool: to drop the future is to stop waiting for it and nothing else. For a profile or a role its credentials are loaded
/// first, so that a role that cannot be assumed is told here and not by the first call.
///
/// # Errors
///
/// [`ClientError`], which says what is missing.
#[must_use = "a client is made when it is awaited"]
pub struct ClientRequest<'p, C> {
    pool: &'p Pool,
    recipe: Recipe<C>,
    wish: Wish,
}

impl<'p, C: Clone + Send + Sync + 'static> ClientRequest<'p, C> {
    pub(crate) fn new(pool: &'p Pool, recipe: Recipe<C>) -> Self {
        Self {
            pool,
            recipe,
            wish: Wish::default(),
        }
    }

    /// Calls this Region. Default: that of the profile that was named, else the pool's, else where the service has its home.
    pub fn with_region(mut self, region: Region) -> Self {
        self.wish.region = Some(region);
        self
    }

    /// Calls as this identity. Default: whom the pool was built for.
    pub fn with_identity(mut self, identity: impl Into<Identity>) -> Self {
        self.wish.identity = identity.into();
        self
    }

    /// Calls as this role.
    pub fn with_role(self, role: Role) -> Self {
        self.with_identity(role)
    }

    /// Calls as this profile of the shared configuration files: by its keys, role or sign-on, and in its Region unless another is
    /// named. Its other settings do not count.
    pub fn with_profile(self, name: impl Into<Arc<str>>) -> Self {
        self.with_identity(Identity::profile(name))
    }

    /// Sends to this URL. Default: what the pool was told for the service and the Region, else AWS.
    pub fn with_endpoint(mut self, url: impl Into<Arc<str>>) -> Self {
        self.wish.settings.endpoint = Some(url.into());
        self
    }

    /// Uses the endpoints that are validated by FIPS 140, or does not. Default: the pool's, which is as the environment and the
    /// profile say. An endpoint that is given, here or by anybody else, is used as it is.
    pub fn with_fips(mut self, fips: bool) -> Self {
        self.wish.settings.fips = Some(fips);
        self
    }

    /// Uses the endpoints that have IPv6 too, or does not. Default: the pool's, which is as the environment and the profile say.
    /// An endpoint that is given, here or by anybody else, is used as it is.
    pub fn with_dual_stack(mut self, dual_stack: bool) -> Self {
        self.wish.settings.dual_stack = Some(dual_stack);
        self
    }

    /// Gives up on a call after this long, all attempts and pauses of the SDK included. Default: the pool's, also for a client
    /// whose attempts have more.
    pub fn with_operation_timeout(mut self, timeout: Duration) -> Self {
        self.wish.settings.operation_timeout = Some(timeout);
        self
    }

    /// Gives up on an attempt after this long. Default: the pool's.
    ///
    /// Its answer has as much time to begin: a read timeout of the pool that is shorter does not count. One that
    /// [`with_config`](Self::with_config) sets does.
    pub fn with_attempt_timeout(mut self, timeout: Duration) -> Self {
        self.wish.settings.attempt_timeout = Some(timeout);
        self
    }

    /// Changes the SDK's configuration in any other way; Region, credentials and who retries stay as they were asked for.
    ///
    /// An identity cache that the change sets is not used: the pool serves credentials from memory, and a call whose credentials
    /// were refused waits at that place for others. A client that is made [by a closure](crate::Pool::client_by) can be given
    /// one after the pool has had its say; what is lost then is told [there](crate::ClientConfig::sdk).
    ///
    /// Clients with the same `tag` are taken for the same, so let it hold all that the change depends on, and no secret: the
    /// pool keeps a digest of it under a key of the process.
    pub fn with_config(
        mut self,
        tag: impl Hash,
        change: impl Fn(&mut sdk_config::Builder) + Send + Sync + 'static,
    ) -> Self {
        let digest = Digest::of(self.pool.digest_key(), &tag);
        self.wish.settings.own = Some(Own::new(digest, change));
        self
    }

    /// A service for a stack of layers instead: they retry, so the SDK does not.
    pub fn target(self) -> TargetRequest<'p, C> {
        TargetRequest(self)
    }

    /// A service that makes such a target for any Region, with all else as it was asked for.
    #[must_use]
    pub fn maker(self) -> Maker<C> {
        Maker::new(self.pool.clone(), self.recipe, self.wish)
    }

    pub(crate) fn service(&self) -> &'static str {
        self.recipe.id().service
    }

    pub(crate) const fn identity(&self) -> &Identity {
        &self.wish.identity
    }

    /// The client's name for logs: `kms:us-east-1:arn:aws:iam::111122223333:role/x`.
    #[must_use]
    pub fn label(&self) -> String {
        self.wish
            .key(self.pool, &self.recipe, Retries::Sdk)
            .to_string()
    }
}

impl Wish {
    pub(crate) fn key<'a, C>(
        &'a self,
        pool: &'a Pool,
        recipe: &'a Recipe<C>,
        retries: Retries,
    ) -> KeyRef<'a> {
        KeyRef {
            recipe: recipe.id(),
            region: self
                .region
                .as_ref()
                .or_else(|| pool.region_of(&self.identity, recipe.home())),
            identity: &self.identity,
            retries,
            settings: &self.settings,
        }
    }
}

impl<C: Clone + Send + Sync + 'static> IntoFuture for ClientRequest<'_, C> {
    type Output = Result<C, ClientError>;
    type IntoFuture = ClientFuture<C>;

    fn into_future(self) -> ClientFuture<C> {
        ClientFuture {
            asked: self.pool.ask(&self.recipe, &self.wish, Retries::Sdk),
            client: PhantomData,
        }
    }
}

/// A service for a stack of layers that is asked for: `.await` gives it, as a [`ClientRequest`] does a client.
#[must_use = "a target is made when it is awaited"]
pub struct TargetRequest<'p, C>(ClientRequest<'p, C>);

impl<C: Clone + Send + Sync + 'static> IntoFuture for TargetRequest<'_, C> {
    type Output = Result<Target<C>, ClientError>;
    type IntoFuture = TargetFuture<C>;

    fn into_future(self) -> TargetFuture<C> {
        let Self(ClientRequest { pool, recipe, wish }) = self;
        TargetFuture::new(pool.ask(&recipe, &wish, Retries::Layers))
    }
}

/// What was asked for, or the wait for it.
pub(crate) enum Asked {
    Known(Option<Result<Erased, ClientError>>),
    Awaited(FutureOf<'static, Result<Erased, ClientError>>),
}

impl Asked {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Erased, ClientError>> {
        match self {
            Self::Known(known) => known.take().map_or(Poll::Pending, Poll::Ready),
            Self::Awaited(made) => made.as_mut().poll(cx),
        }
    }
}

/// The client within. The key holds its type, so that there can be no other.
fn client<C: Clone + 'static>(found: &Erased) -> Result<C, ClientError> {
    found.get().ok_or(ClientError::ShutDown)
}

/// The wait for a client.
pub struct ClientFuture<C> {
    asked: Asked,
    client: PhantomData<fn() -> C>,
}

impl<C: Clone + 'static> Future for ClientFuture<C> {
    type Output = Result<C, ClientError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let found = ready!(self.asked.poll(cx));
        Poll::Ready(found.and_then(|found| client(&found)))
    }
}

/// The wait for a [`Target`].
pub struct TargetFuture<C> {
    asked: Asked,
    client: PhantomData<fn() -> C>,
}

impl<C> TargetFuture<C> {
    pub(crate) const fn new(asked: Asked) -> Self {
        Self {
            asked,
            client: PhantomData,
        }
    }
}

impl<C: Clone + 'static> Future for TargetFuture<C> {
    type Output = Result<Target<C>, ClientError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let found = ready!(self.asked.poll(cx))?;
        Poll::Ready(client(&found).map(|client| Target::new(client, found.region().clone())))
    }
}

impl<C> fmt::Debug for ClientRequest<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientRequest")
            .field("recipe", &self.recipe)
            .field("wish", &self.wish)
            .finish_non_exhaustive()
    }
}

impl<C> fmt::Debug for TargetRequest<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TargetRequest").field(&self.0).finish()
    }
}

impl<C> fmt::Debug for ClientFuture<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientFuture")
    }
}

impl<C> fmt::Debug for TargetFuture<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TargetFuture")
    }
}
