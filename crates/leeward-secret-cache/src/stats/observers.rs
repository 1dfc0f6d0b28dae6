use super::SecretEvent;
use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

type Observer = Box<dyn Fn(&SecretEvent) + Send + Sync>;

/// Who is told what happens to secrets.
#[derive(Default)]
pub(crate) struct Observers(Vec<Observer>);

impl Observers {
    pub(crate) fn add(&mut self, observer: impl Fn(&SecretEvent) + Send + Sync + 'static) {
        self.0.push(Box::new(observer));
    }

    /// Tells what `event` makes, which it does not if nobody listens. Not to be called under a lock.
    pub(crate) fn tell(&self, event: impl FnOnce() -> SecretEvent) {
        if self.0.is_empty() {
            return;
        }
        let event = event();
        for observer in &self.0 {
            // A fetch must not be lost to who listens.
            let told = catch_unwind(AssertUnwindSafe(|| observer(&event)));
            if told.is_err() {
                tracing::error!(%event, "an observer of secrets panicked: put it right");
            }
        }
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} observers", self.0.len())
    }
}
