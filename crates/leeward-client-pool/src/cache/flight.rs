use super::Erased;
use crate::ClientError;
use tokio::sync::watch;

/// A client being made, for all who want it.
#[derive(Clone, Debug)]
pub(crate) struct Flight(watch::Receiver<Landed>);

/// Whoever makes it.
#[derive(Debug)]
pub(crate) struct Landing(watch::Sender<Landed>);

type Landed = Option<Result<Erased, ClientError>>;

pub(crate) fn flight() -> (Landing, Flight) {
    let (landing, landed) = watch::channel(None);
    (Landing(landing), Flight(landed))
}

impl Landing {
    pub(crate) fn land(self, made: Result<Erased, ClientError>) {
        self.0.send_replace(Some(made));
    }
}

impl Flight {
    /// Waits for it. A maker that is gone without a word ended with its runtime.
    pub(crate) async fn landed(mut self) -> Result<Erased, ClientError> {
        let landed = self.0.wait_for(Option::is_some).await;
        match landed.ok().and_then(|landed| landed.clone()) {
            Some(made) => made,
            None => Err(ClientError::ShutDown),
        }
    }

    /// Whether somebody is still making it.
    pub(crate) fn is_under_way(&self) -> bool {
        self.0.borrow().is_none() && self.0.has_changed().is_ok()
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        self.0.same_channel(&other.0)
    }
}
