use std::sync::OnceLock;

use tokio::sync::watch;

/// Wakes those who watch a router when something may have changed.
///
/// A router that nobody watches has none: it is made for the first one who does.
#[derive(Debug, Default)]
pub(crate) struct Pulse(OnceLock<watch::Sender<()>>);

impl Pulse {
    /// Says that something may have changed.
    pub(crate) fn beat(&self) {
        if let Some(sender) = self.0.get() {
            sender.send_replace(());
        }
    }

    /// Something to be woken by; `prepare` is called with what wakes it if this is the first.
    pub(super) fn subscribe(
        &self,
        prepare: impl FnOnce(&watch::Sender<()>),
    ) -> watch::Receiver<()> {
        let sender = self.0.get_or_init(|| {
            let sender = watch::Sender::new(());
            prepare(&sender);
            sender
        });
        sender.subscribe()
    }
}
