use std::{fmt, sync::Arc, time::SystemTime};

/// The wall clock by which credentials expire.
#[derive(Clone)]
pub(super) struct Time(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Time {
    pub(super) fn of(clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(clock))
    }

    pub(super) fn now(&self) -> SystemTime {
        (self.0)()
    }
}

impl Default for Time {
    #[expect(
        clippy::disallowed_methods,
        reason = "the clock of the system is what the default is"
    )]
    fn default() -> Self {
        Self::of(SystemTime::now)
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Time")
    }
}
