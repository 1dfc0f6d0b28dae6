use super::Limits;
use crate::BuildError;
use leeward_resilience::{Clock, TscClock};
use std::{
    num::{NonZeroU32, NonZeroUsize},
    time::Duration,
};

/// For how long, and for how much, one data key serves.
///
/// Each message still derives its own content key, so messages share no cipher key; what they share is the wrapped data
/// key. The larger the limits, the fewer calls to the key store, the more a single leaked data key gives away, and the
/// longer a withdrawn right goes on to work.
///
/// A key over a limit is replaced, never stretched. One that is too old leaves memory when it is next asked for, or as the
/// least recently used of its cache at any other request; all leave with the encryptor or decryptor that cached them.
#[derive(Clone, Debug)]
#[must_use]
pub struct CachePolicy<C = TscClock> {
    pub(super) max_age: Duration,
    max_messages: NonZeroU32,
    max_bytes: u64,
    pub(super) capacity: NonZeroUsize,
    pub(super) clock: C,
}

impl CachePolicy {
    /// Lets a data key serve for at most `max_age`, by the processor's clock.
    ///
    /// Calibrates that clock, unless the process has done so before; see [`TscClock`].
    pub fn new(max_age: Duration) -> Self {
        Self {
            max_age,
            max_messages: NonZeroU32::MAX,
            max_bytes: i64::MAX as u64,
            capacity: const { NonZeroUsize::new(1000).expect("not zero") },
            clock: TscClock::new(),
        }
    }
}

impl<C: Clock> CachePolicy<C> {
    /// How many messages are written under one data key, exactly; 2^32 - 1 by default.
    ///
    /// A message counts as soon as its caller waits for the data key, and no more if that caller goes away before it has it.
    /// When more callers wait than one data key may serve, as many keyring calls as they need run side by side.
    pub fn with_max_messages(self, max_messages: NonZeroU32) -> Self {
        Self {
            max_messages,
            ..self
        }
    }

    /// How many bytes of plaintext are written under one data key at most; 2^63 - 1 by default.
    ///
    /// A message that is larger by itself gets a data key of its own.
    pub fn with_max_bytes(self, max_bytes: u64) -> Self {
        Self { max_bytes, ..self }
    }

    /// How many data keys are kept at most, the least recently used giving way; 1000 by default.
    ///
    /// An encryptor keeps with each of them the context that it is for and its wrapped forms, so that its memory is bounded by
    /// this many of the largest contexts that its callers use (64 KiB as the format has it); a decryptor keeps neither.
    pub fn with_capacity(self, capacity: NonZeroUsize) -> Self {
        Self { capacity, ..self }
    }

    /// Takes the time from another clock.
    pub fn with_clock<D: Clock>(self, clock: D) -> CachePolicy<D> {
        CachePolicy {
            max_age: self.max_age,
            max_messages: self.max_messages,
            max_bytes: self.max_bytes,
            capacity: self.capacity,
            clock,
        }
    }

    pub(crate) const fn limits(&self) -> Limits {
        Limits {
            max_messages: self.max_messages,
            max_bytes: self.max_bytes,
        }
    }

    /// Fails if a data key would be too old before the call that waited for it could use it.
    pub(crate) fn check(&self) -> Result<(), BuildError> {
        if self.max_age < Duration::from_millis(1) {
            return Err(BuildError::MaxAgeTooShort {
                max_age: self.max_age,
            });
        }
        Ok(())
    }
}
