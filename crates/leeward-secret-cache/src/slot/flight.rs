use crate::{Secret, SecretError};
use std::sync::Arc;
use tokio::sync::watch;

/// What a fetch came to.
pub(crate) type Landed = Result<Arc<Secret>, SecretError>;

/// A fetch under way, for all who wait for it.
#[derive(Clone, Debug)]
pub(crate) struct Flight {
    landed: watch::Receiver<Option<Landed>>,
}

impl Flight {
    pub(crate) fn begin() -> (watch::Sender<Option<Landed>>, Self) {
        let (landing, landed) = watch::channel(None);
        let flight = Self { landed };
        (landing, flight)
    }

    /// Waits for it; none if who fetched is gone without a word.
    pub(crate) async fn landed(mut self) -> Option<Landed> {
        let landed = self.landed.wait_for(Option::is_some).await;
        landed.ok().and_then(|landed| landed.clone())
    }

    pub(crate) fn is_under_way(&self) -> bool {
        self.landed.borrow().is_none() && self.landed.has_changed().is_ok()
    }
}
