use std::sync::Arc;

use super::breaker::Core;

/// Where the threads of a lane hold on to a core: each call counts a reference to it, and a count that all threads shared
/// would be what they meet at.
pub(super) struct Seat<C, P: ?Sized = [u8]> {
    core: Arc<Core<C>>,
    lane: usize,
    // Keeps the count of one seat away from that of the next.
    _gap: P,
}

impl<C> Seat<C> {
    pub(super) fn core(&self) -> &Core<C> {
        &self.core
    }

    pub(super) const fn lane(&self) -> usize {
        self.lane
    }
}

/// A seat on each of so many lanes of `core`.
pub(super) fn around<C>(core: &Arc<Core<C>>, lanes: usize) -> Arc<[Arc<Seat<C>>]> {
    let seat = |lane| -> Arc<Seat<C>> {
        let core = Arc::clone(core);
        if lanes == 1 {
            // One of thousands, perhaps, which have no use for it.
            let _gap = [];
            Arc::new(Seat { core, lane, _gap })
        } else {
            let _gap = [0; 256];
            Arc::new(Seat { core, lane, _gap })
        }
    };
    (0..lanes).map(seat).collect()
}
