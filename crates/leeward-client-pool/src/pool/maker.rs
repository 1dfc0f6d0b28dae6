use super::Pool;
use crate::{
    Retries, Target, TargetFuture,
    client::{ClientError, Recipe, Wish},
};
use leeward_error_taxonomy::{Region, Rejected};
use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tower_service::Service;

/// Makes a [`Target`] for a Region: all that a Region router asks of the pool.
///
/// It is always ready. A client that the pool has is given at once; what keeps a client from being made is
/// [`Rejected::Unavailable`], with the [`ClientError`] as its source, so that a router tries the next Region.
pub struct Maker<C> {
    pool: Pool,
    recipe: Recipe<C>,
    wish: Wish,
}

impl<C> Maker<C> {
    pub(crate) const fn new(pool: Pool, recipe: Recipe<C>, wish: Wish) -> Self {
        Self { pool, recipe, wish }
    }
}

impl<C: Clone + Send + Sync + 'static> Service<Region> for Maker<C> {
    type Response = Target<C>;
    type Error = Rejected;
    type Future = MakerFuture<C>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Rejected>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, region: Region) -> MakerFuture<C> {
        let wish = Wish {
            region: Some(region),
            ..self.wish.clone()
        };
        let asked = self.pool.ask(&self.recipe, &wish, Retries::Layers);
        MakerFuture(TargetFuture::new(asked))
    }
}

/// The wait for a [`Target`].
#[derive(Debug)]
pub struct MakerFuture<C>(TargetFuture<C>);

impl<C: Clone + 'static> Future for MakerFuture<C> {
    type Output = Result<Target<C>, Rejected>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let target: Result<_, ClientError> = ready!(Pin::new(&mut self.0).poll(cx));
        Poll::Ready(target.map_err(Rejected::from))
    }
}

impl<C> Clone for Maker<C> {
    fn clone(&self) -> Self {
        Self::new(self.pool.clone(), self.recipe.clone(), self.wish.clone())
    }
}

impl<C> fmt::Debug for Maker<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Maker")
            .field("pool", &self.pool)
            .field("recipe", &self.recipe)
            .field("wish", &self.wish)
            .finish()
    }
}
