use std::{
    fmt,
    future::{Future, poll_fn},
    pin::pin,
    sync::{Arc, Weak},
    task::Poll,
    time::Duration,
};

use leeward_resilience::Clock;
use tokio::{sync::watch, time::sleep};

use super::{RouterView, RouterViews, view::Viewed};
use crate::RegionRouter;

/// How often it looks without being woken.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Waits for a router to change: a circuit, a Region that is drained or restored, what the health checks show, where calls
/// go first, the kill switch. Made by [`RegionRouter::watch`].
///
/// Circuits, drains and checks wake it. Nobody tells of the choice of a ranking, nor of the kill switch, on which calls look and which
/// knows nobody: for these it looks every second. It does not keep the router. Between two looks changes may be missed, the last one never is.
///
/// ```
/// # async fn watch(router: leeward_region_router::RegionRouter<()>) {
/// let mut watch = router.watch();
/// while let Some(view) = watch.changed().await {
///     println!("{}, calls go first to {:?}", view.health, view.first_choice);
/// }
/// # }
/// ```
pub struct RouterWatch {
    router: Weak<dyn Viewed>,
    beats: watch::Receiver<()>,
    seen: RouterView,
}

impl RouterWatch {
    /// The view that was last given; at first the one at the time when the watch began.
    #[must_use]
    pub const fn last(&self) -> &RouterView {
        &self.seen
    }

    /// Waits until the router looks otherwise than in the [last](Self::last) view; `None` once it is gone.
    ///
    /// The router is gone when its last clone is, and the last call through it. Dropping the future loses nothing.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime whose time is enabled, tokio panics.
    pub async fn changed(&mut self) -> Option<RouterView> {
        loop {
            // Before the look, so that what changes after it is not missed.
            self.beats.borrow_and_update();
            let view = self.router.upgrade()?.view();
            if view != self.seen {
                self.seen = view.clone();
                return Some(view);
            }
            self.wait().await?;
        }
    }

    /// Waits for a beat or for the time to look without one.
    async fn wait(&mut self) -> Option<()> {
        let mut beat = pin!(self.beats.changed());
        let mut look = pin!(sleep(LOOK_INTERVAL));
        let first = poll_fn(|cx| match beat.as_mut().poll(cx) {
            Poll::Ready(beat) => Poll::Ready(beat.ok()),
            Poll::Pending => look.as_mut().poll(cx).map(Some),
        });
        first.await
    }

    /// The same as a stream, which begins with the present view.
    #[must_use]
    pub fn into_stream(self) -> RouterViews {
        RouterViews::new(self)
    }
}

impl<S, C> RegionRouter<S, C>
where
    S: Send + 'static,
    C: Clock,
{
    /// Begins to watch the router for changes.
    #[must_use]
    pub fn watch(&self) -> RouterWatch {
        let roster = self.roster();
        let beats = roster.pulse.subscribe(|pulse| {
            for member in roster.members() {
                let pulse = pulse.clone();
                member.circuit.on_change(move |_| {
                    pulse.send_replace(());
                });
            }
        });
        let seen = roster.view();
        let router: Arc<dyn Viewed> = Arc::clone(roster) as _;
        RouterWatch {
            router: Arc::downgrade(&router),
            beats,
            seen,
        }
    }
}

impl fmt::Debug for RouterWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouterWatch")
            .field("last", &self.seen)
            .finish_non_exhaustive()
    }
}
