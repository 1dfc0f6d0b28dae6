use super::{Window, schedule::Schedule};
use crate::Secret;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use tokio::time::Instant;

/// What those who could not log in with the current version of a secret know of it together.
#[derive(Debug, Default)]
pub(crate) struct Track(Mutex<Inside>);

#[derive(Debug, Default)]
struct Inside {
    hint: Option<Hint>,
    /// There is one as long as somebody is in it.
    window: Weak<Window>,
    schedule: Option<Schedule>,
}

/// A version that logged in when the current one did not.
#[derive(Clone, Debug)]
pub(super) struct Hint {
    pub(super) secret: Arc<Secret>,
    /// The current version at the time: when it has moved, that one is right.
    pub(super) instead_of: String,
    pub(super) worked: Instant,
    pub(super) until: Instant,
}

impl Track {
    /// What logged in instead of this version, as long as that may be believed.
    pub(super) fn hint(&self, instead_of: &str, now: Instant) -> Option<Hint> {
        let mut inside = self.lock();
        let holds = |hint: &Hint| hint.instead_of == instead_of && now < hint.until;
        if !inside.hint.as_ref().is_some_and(holds) {
            inside.hint = None;
        }
        inside.hint.clone()
    }

    /// Lets everybody know what logged in.
    pub(super) fn tell(&self, hint: Hint) {
        self.lock().hint = Some(hint);
    }

    /// Forgets what logged in once, since this version does not any more.
    pub(super) fn forget(&self, version_id: &str) {
        let mut inside = self.lock();
        if let Some(hint) = &inside.hint
            && hint.secret.version_id() == version_id
        {
            inside.hint = None;
        }
    }

    /// The window that others are in, or a new one.
    pub(super) fn enter(&self, open: impl FnOnce() -> Window) -> Arc<Window> {
        let mut inside = self.lock();
        if let Some(window) = inside.window.upgrade() {
            return window;
        }
        let window = Arc::new(open());
        inside.window = Arc::downgrade(&window);
        window
    }

    /// Takes note of the version that is current now.
    pub(crate) fn current(&self, version_id: &str) {
        let mut inside = self.lock();
        if inside
            .hint
            .as_ref()
            .is_some_and(|hint| hint.instead_of != version_id)
        {
            inside.hint = None;
        }
        let window = inside.window.upgrade();
        drop(inside);
        if let Some(window) = window {
            window.beat();
        }
    }

    /// When it is asked next when the secret is to be rotated.
    pub(super) fn schedule(&self) -> Option<Schedule> {
        self.lock().schedule
    }

    pub(super) fn told(&self, next: impl FnOnce(Option<Schedule>) -> Schedule) {
        let mut inside = self.lock();
        inside.schedule = Some(next(inside.schedule));
    }

    /// Lets go of every value that is known here.
    pub(crate) fn let_go(&self) -> Option<Arc<Window>> {
        let mut inside = self.lock();
        inside.hint = None;
        inside.window.upgrade()
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().expect("nothing panics while it holds it")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::{About, Value};
    use std::time::Duration;

    fn hint(now: Instant) -> Hint {
        let about = About {
            version_id: "pending".to_owned(),
            ..About::default()
        };
        Hint {
            secret: Arc::new(Secret::new(about, Value::of_text("hunter2".to_owned()))),
            instead_of: "current".to_owned(),
            worked: now,
            until: now + Duration::from_secs(90),
        }
    }

    #[test]
    fn what_logged_in_holds_until_the_current_version_moves_or_the_time_is_over() {
        let now = Instant::now();
        let late = now + Duration::from_secs(90);
        for (instead_of, at, holds) in [
            ("current", now, true),
            ("current", late, false),
            ("another", now, false),
        ] {
            let track = Track::default();
            track.tell(hint(now));
            assert_eq!(track.hint(instead_of, at).is_some(), holds, "{instead_of}");
        }
        let track = Track::default();
        track.tell(hint(now));
        track.current("current");
        assert!(track.hint("current", now).is_some());
        track.current("pending");
        assert!(track.hint("current", now).is_none());
    }

    #[test]
    fn what_is_let_go_of_is_wiped() {
        let track = Track::default();
        let now = Instant::now();
        let hint = hint(now);
        let value = Arc::downgrade(&hint.secret);
        track.tell(hint);
        track.forget("another");
        assert!(value.upgrade().is_some());
        track.let_go();
        assert!(value.upgrade().is_none());
    }
}
