use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

/// A wall clock that is moved by hand.
#[derive(Clone, Debug)]
pub(crate) struct HandClock(Arc<Mutex<SystemTime>>);

impl HandClock {
    pub(crate) fn new() -> Self {
        // 2026-11-21T00:00:00Z
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_219_200);
        Self(Arc::new(Mutex::new(now)))
    }

    pub(crate) fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }

    pub(crate) fn time_source(&self) -> SharedTimeSource {
        SharedTimeSource::new(self.clone())
    }
}

impl TimeSource for HandClock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }
}
