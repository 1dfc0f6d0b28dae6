use super::{Window, schedule::Schedule};
use crate::{Secret, clock::Moment, slot::Entry, versions::Wakes};
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
    /// It may be tried first no longer than it may be served.
    pub(super) entry: Arc<Entry>,
    /// The current version at the time: when it has moved, that one is right.
    pub(super) instead_of: String,
    pub(super) worked: Instant,
    pub(super) told: Moment,
    /// For how long it is believed after that, in nanoseconds.
    pub(super) believed: u64,
}

impl Hint {
    pub(super) fn secret(&self) -> &Arc<Secret> {
        &self.entry.secret
    }

    /// Whether it may be believed at `now`: by both clocks, since the machine may have slept.
    fn holds(&self, now: Moment) -> bool {
        self.entry.is_served(now) && now.since(self.told) < self.believed
    }
}

impl Track {
    /// What logged in instead of this version, as long as that may be believed.
    pub(super) fn hint(&self, instead_of: &str, now: Moment) -> Option<Hint> {
        let mut inside = self.lock();
        let holds = |hint: &Hint| hint.instead_of == instead_of && hint.holds(now);
        if !inside.hint.as_ref().is_some_and(holds) {
            inside.hint = None;
        }
        inside.hint.clone()
    }

    /// Lets everybody know what logged in.
    pub(super) fn tell(&self, hint: Hint) {
        self.lock().hint = Some(hint);
    }

    /// Lets go of what logged in once if it may not be believed any more; says whether there is something that is.
    pub(super) fn look_over(&self, now: Moment) -> bool {
        let mut inside = self.lock();
        if inside.hint.as_ref().is_some_and(|hint| !hint.holds(now)) {
            inside.hint = None;
        }
        inside.hint.is_some()
    }

    /// Forgets what logged in once, since this version does not any more.
    pub(super) fn forget(&self, version_id: &str) {
        let mut inside = self.lock();
        if let Some(hint) = &inside.hint
            && hint.secret().version_id() == version_id
        {
            inside.hint = None;
        }
    }

    /// The window that others are in, if there is one.
    pub(super) fn window(&self) -> Weak<Window> {
        self.lock().window.clone()
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

    /// Takes note of the version that is current now; says who waits for that.
    pub(crate) fn current(&self, version_id: &str) -> Wakes {
        let mut inside = self.lock();
        if inside
            .hint
            .as_ref()
            .is_some_and(|hint| hint.instead_of != version_id)
        {
            inside.hint = None;
        }
        let window = inside.window.upgrade();
        window.iter().map(|window| window.waiting()).collect()
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
    use crate::{
        Freshness,
        secret::{About, Value},
    };

    const SECOND: u64 = 1_000_000_000;

    fn at(steady: u64, wall: u64) -> Moment {
        Moment {
            steady: steady * SECOND,
            wall: wall * SECOND,
        }
    }

    /// Told at 0, of a value that was fetched then; believed for 90 seconds.
    fn hint() -> Hint {
        let about = About {
            version_id: "pending".to_owned(),
            ..About::default()
        };
        let secret = Secret::new(about, Value::of_text("hunter2".to_owned()));
        let (told, limits) = (at(0, 0), Freshness::new().limits(0.0));
        Hint {
            entry: Arc::new(Entry::new(Arc::new(secret), told, told, limits)),
            instead_of: "current".to_owned(),
            worked: Instant::now(),
            told,
            believed: 90 * SECOND,
        }
    }

    #[test]
    fn what_logged_in_holds_until_the_current_version_moves_or_the_time_is_over() {
        for (instead_of, now, holds) in [
            ("current", at(89, 89), true),
            ("current", at(90, 90), false),
            // The machine slept.
            ("current", at(1, 90), false),
            ("another", at(0, 0), false),
        ] {
            let track = Track::default();
            track.tell(hint());
            assert_eq!(track.hint(instead_of, now).is_some(), holds, "{now:?}");
        }
        let track = Track::default();
        track.tell(hint());
        track.current("current").wake();
        assert!(track.hint("current", at(0, 0)).is_some());
        track.current("pending").wake();
        assert!(track.hint("current", at(0, 0)).is_none());
    }

    #[test]
    fn what_logged_in_holds_no_longer_than_it_may_be_served() {
        for (now, holds) in [
            (at(299, 299), true),
            (at(300, 300), false),
            (at(0, 300), false),
        ] {
            let track = Track::default();
            track.tell(Hint {
                believed: u64::MAX,
                ..hint()
            });
            assert_eq!(track.hint("current", now).is_some(), holds, "{now:?}");
        }
    }

    #[test]
    fn what_is_let_go_of_is_wiped() {
        let let_go: [fn(&Track); 2] = [
            |track| {
                track.let_go();
            },
            |track| assert!(!track.look_over(at(90, 90))),
        ];
        for let_go in let_go {
            let track = Track::default();
            let hint = hint();
            let value = Arc::downgrade(hint.secret());
            track.tell(hint);
            track.forget("another");
            assert!(track.look_over(at(89, 89)));
            assert!(value.upgrade().is_some());
            let_go(&track);
            assert!(value.upgrade().is_none());
        }
    }
}
