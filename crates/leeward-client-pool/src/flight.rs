//! One making for all who want what it makes.

use tokio::sync::watch;

/// What is being made, for all who wait for it.
#[derive(Debug)]
pub(crate) struct Flight<T>(watch::Receiver<Option<T>>);

/// Whoever makes it.
#[derive(Debug)]
pub(crate) struct Landing<T>(watch::Sender<Option<T>>);

pub(crate) fn flight<T>() -> (Landing<T>, Flight<T>) {
    let (landing, landed) = watch::channel(None);
    (Landing(landing), Flight(landed))
}

impl<T> Landing<T> {
    pub(crate) fn land(self, made: T) {
        self.0.send_replace(Some(made));
    }
}

impl<T: Clone> Flight<T> {
    /// Waits for it. A maker that is gone without a word ended with its runtime or its pool.
    pub(crate) async fn landed(mut self) -> Option<T> {
        let landed = self.0.wait_for(Option::is_some).await;
        landed.ok().and_then(|landed| landed.clone())
    }
}

impl<T> Flight<T> {
    /// Whether somebody is still making it.
    pub(crate) fn is_under_way(&self) -> bool {
        self.0.borrow().is_none() && self.0.has_changed().is_ok()
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        self.0.same_channel(&other.0)
    }
}

impl<T> Clone for Flight<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
