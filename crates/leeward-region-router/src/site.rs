use std::sync::{Mutex, MutexGuard, PoisonError};

use leeward_error_taxonomy::{Region, Rejected};

use crate::{
    maker::Maker,
    making::{Ended, Making, refusal},
};

/// One Region of the list, and its service once there is one.
pub(crate) struct Site<S> {
    pub(crate) region: Region,
    slot: Mutex<Slot<S>>,
}

struct Slot<S> {
    service: Option<Kept<S>>,
    // While there is no service.
    making: Option<Making<S>>,
    makings: u64,
}

/// A service, and which making it comes from.
#[derive(Clone)]
pub(crate) struct Kept<S> {
    pub(crate) service: S,
    pub(crate) number: u64,
}

impl<S> Site<S> {
    pub(crate) fn new(region: Region) -> Self {
        let slot = Slot {
            service: None,
            making: None,
            makings: 0,
        };
        Self {
            region,
            slot: Mutex::new(slot),
        }
    }

    /// Puts a service away that gets ready no more, unless another one has taken its place.
    pub(crate) fn discard(&self, number: u64) {
        let mut slot = self.slot();
        let gone = slot.service.take_if(|kept| kept.number == number);
        drop(slot);
        // It is not this crate's, so it ends outside of the lock.
        drop(gone);
    }

    // Poisoned by a `clone` that panicked, which left the service as it was.
    fn slot(&self) -> MutexGuard<'_, Slot<S>> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Clone> Site<S> {
    /// A clone of the service, or the making to wait for, which is begun if need be.
    pub(crate) fn service(&self, maker: &Maker<S>) -> Result<Kept<S>, Making<S>> {
        let mut slot = self.slot();
        if let Some(kept) = &slot.service {
            return Ok(kept.clone());
        }
        let given_up = slot.making.take_if(|making| making.is_given_up());
        if let Some(making) = &slot.making {
            return Err(making.clone());
        }
        slot.makings += 1;
        let making = maker.begin(slot.makings, self.region.clone());
        slot.making = Some(making.clone());
        drop(slot);
        drop(given_up);
        Err(making)
    }

    /// Keeps what came of a making, unless it was given up before, and gives a clone of what is kept.
    pub(crate) fn settle(&self, number: u64, ended: Ended<S>) -> Result<Kept<S>, Rejected> {
        let mut slot = self.slot();
        let awaited = slot.making.take_if(|making| making.number == number);
        match ended {
            Ok(made) => {
                let service = made.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let made = Kept { service, number };
                if awaited.is_some() {
                    slot.service = Some(made.clone());
                }
                Ok(slot.service.clone().unwrap_or(made))
            }
            Err(met) => {
                drop(slot);
                // Its share of the error, so that who asks alone is given the very error.
                drop(awaited);
                Err(refusal(met))
            }
        }
    }
}
