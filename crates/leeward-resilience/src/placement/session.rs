use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use leeward_error_taxonomy::Region;
use tokio::time::Instant;

/// Lets somebody read what they wrote, where Regions copy from one another with a delay.
///
/// It remembers the Region that took the last write of a [placement](super::Placement) that
/// [writes](super::Placement::writing), for as long as the copying may take. Cloning shares it: keep one for each visitor,
/// tenant or workflow. It goes by tokio's clock, which a test can pause and which works outside a runtime too.
#[derive(Clone)]
pub struct Session {
    last: Arc<Mutex<Option<Write>>>,
    window: Duration,
    strict: bool,
}

struct Write {
    region: Region,
    at: Instant,
}

impl Session {
    /// Reads go first to the Region of the last write for `window` after it: longer than Regions lag behind as a rule
    /// (DynamoDB's global tables by about a second), shorter than anybody minds the longer way.
    #[must_use]
    pub fn new(window: Duration) -> Self {
        Self {
            last: Arc::default(),
            window,
            strict: false,
        }
    }

    /// Reads go *only* there within the window: they fail with that Region rather than show something older.
    #[must_use]
    pub fn strictly(self) -> Self {
        Self {
            strict: true,
            ..self
        }
    }

    /// The Region of the last write, while the window lasts.
    #[must_use]
    pub fn home(&self) -> Option<Region> {
        let last = self.last();
        let write = last.as_ref()?;
        (write.at.elapsed() < self.window).then(|| write.region.clone())
    }

    /// Notes that a write was taken by `region`, just now: for one that was made past the router.
    pub fn wrote_in(&self, region: &Region) {
        let at = Instant::now();
        let region = region.clone();
        *self.last() = Some(Write { region, at });
    }

    /// Forgets the last write.
    pub fn forget(&self) {
        *self.last() = None;
    }

    pub(super) const fn is_strict(&self) -> bool {
        self.strict
    }

    // Nothing leaves it half written.
    fn last(&self) -> MutexGuard<'_, Option<Write>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("home", &self.home())
            .field("window", &self.window)
            .field("strict", &self.strict)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Placement;
    use super::*;
    use tokio::time::advance;

    const A: Region = Region::from_static("us-east-1");
    const B: Region = Region::from_static("eu-west-1");
    const WINDOW: Duration = Duration::from_secs(2);

    #[tokio::test(start_paused = true)]
    async fn reads_follow_the_last_write_while_the_window_lasts() {
        let session = Session::new(WINDOW);
        let (read, write) = (
            Placement::new().reading(&session),
            Placement::new().writing(&session),
        );
        assert_eq!(read.preference(), None);
        read.served_by(&A);
        assert_eq!(read.preference(), None, "a read leaves nothing behind");
        write.served_by(&A);
        write.served_by(&B);
        assert_eq!((read.preference(), read.pin()), (Some(B), None));
        assert_eq!(write.preference(), None, "writes go where any call goes");
        advance(WINDOW).await;
        assert_eq!(read.preference(), None);
        write.served_by(&B);
        session.forget();
        assert_eq!(read.preference(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_strict_session_pins_its_reads() {
        let session = Session::new(WINDOW).strictly();
        session.wrote_in(&B);
        let read = Placement::new().reading(&session);
        assert_eq!(read.pin(), Some(B));
        assert!(read.is_pinned_by_session() && !Placement::new().is_pinned_by_session());
        assert!(!read.clone().pinned_to(A).is_pinned_by_session());
        // What the call itself says goes before.
        assert_eq!(read.clone().pinned_to(A).pin(), Some(A));
        let prefers = read.preferring(A);
        assert_eq!((prefers.pin(), prefers.preference()), (None, Some(A)));
    }
}
