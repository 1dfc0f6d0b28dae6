//! Those who are between two passwords at once: one of them looks and one of them tries, for all.

use super::turns::Turns;
use crate::slot::Slot;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::{sync::watch, time::Instant};

/// All calls that were refused with the current version of a secret, or found it refused, and have not ended yet.
#[derive(Debug)]
pub(crate) struct Window {
    pub(super) pending: Arc<Slot>,
    pub(super) previous: Arc<Slot>,
    turns: Mutex<Turns>,
    beats: watch::Sender<()>,
}

impl Window {
    pub(super) fn new(pending: Arc<Slot>, previous: Arc<Slot>) -> Self {
        Self {
            pending,
            previous,
            turns: Mutex::default(),
            beats: watch::Sender::new(()),
        }
    }

    /// Wakes who waits, to look whether what is new is for him.
    fn beat(&self) {
        self.beats.send_replace(());
    }

    /// What wakes them.
    pub(super) fn waiting(&self) -> watch::Sender<()> {
        self.beats.clone()
    }

    pub(super) fn beats(&self) -> watch::Receiver<()> {
        self.beats.subscribe()
    }

    /// The slots of the other stages.
    pub(crate) fn slots(&self) -> [&Arc<Slot>; 2] {
        [&self.pending, &self.previous]
    }

    pub(super) fn turns(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().expect("nothing panics while it holds it")
    }

    /// Takes note that the current version, which is this one, was refused to one of them.
    pub(super) fn refused_current(&self, version_id: &str, now: Instant) {
        self.turns().refused_current(version_id, now);
    }

    /// Takes note that this version logged in for somebody who began to at `began`.
    pub(super) fn worked(&self, version_id: &str, began: Instant, now: Instant) {
        if self.turns().worked(version_id, began, now) {
            self.beat();
        }
    }

    /// Lets one caller try this version for all, unless one does, or it was refused a moment ago.
    pub(super) fn scout(self: &Arc<Self>, version_id: &str, now: Instant) -> Option<Scout> {
        let goes = self.turns().go(version_id, now);
        goes.then(|| Scout {
            window: self.clone(),
            version_id: version_id.to_owned(),
        })
    }

    /// Lets one caller look for what is new for all, if it is time to at `now`; `jitter` from 0 to 1 puts the next turn off.
    pub(super) fn look(self: &Arc<Self>, now: Instant, jitter: f64) -> Option<Looker> {
        let looks = self.turns().look(now, jitter);
        looks.then(|| Looker {
            window: self.clone(),
            is_done: false,
        })
    }
}

/// The one who looks for what is new; when it is dropped before it has, another may.
#[derive(Debug)]
pub(super) struct Looker {
    window: Arc<Window>,
    is_done: bool,
}

impl Looker {
    /// It has looked.
    pub(super) fn done(mut self) {
        self.is_done = true;
    }
}

impl Drop for Looker {
    fn drop(&mut self) {
        if !self.is_done {
            self.window.turns().look_again();
            self.window.beat();
        }
    }
}

/// The one who tries a version; when it is dropped, another may.
#[derive(Debug)]
pub(super) struct Scout {
    window: Arc<Window>,
    version_id: String,
}

impl Scout {
    /// The version was refused, at `now`.
    pub(super) fn refused(self, now: Instant) {
        self.window.turns().refused(&self.version_id, now);
    }
}

impl Drop for Scout {
    fn drop(&mut self) {
        self.window.turns().is_back();
        self.window.beat();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Freshness, SecretRef, clock::Moment, id::Key};
    use std::time::Duration;

    #[test]
    fn who_is_dropped_while_he_looks_leaves_it_to_another() {
        let aside = |stage| {
            let key = Key::new(SecretRef::new("db").at_stage(stage));
            Arc::new(Slot::aside(key, Freshness::new(), Moment::default()))
        };
        let window = Arc::new(Window::new(aside("AWSPENDING"), aside("AWSPREVIOUS")));
        let (waiting, now) = (window.beats(), Instant::now());
        let looker = window.look(now, 0.0).unwrap();
        assert!(window.look(now, 0.0).is_none());
        drop(looker);
        assert!(waiting.has_changed().unwrap());
        window.look(now, 0.0).unwrap().done();
        // It counts as the one look that it is.
        assert!(window.look(now, 0.0).is_none());
        assert_eq!(
            window.turns().next_look(),
            Some(now + Duration::from_secs(1))
        );
    }
}
