use super::Limits;
use crate::BuildError;
use leeward_resilience::{Clock, Ratio, TscClock};
use std::{
    num::{NonZeroU32, NonZeroUsize},
    time::Duration,
};
use tokio::runtime::Handle;

/// For how long, and for how much, one data key serves.
///
/// Each message still derives its own content key, so messages share no cipher key; what they share is the wrapped data
/// key. The larger the limits, the fewer calls to the key store, the more a single leaked data key gives away, and the
/// longer a withdrawn right goes on to work.
///
/// A key over a limit is replaced, never stretched, and as a rule [before it gets there](Self::with_renewal). A cache belongs to
/// one encryptor or decryptor and its clones; [partitions](crate::Partition) set data keys apart in it. One that is too old leaves memory when it is next asked for, or as the
/// least recently used of its cache at any other request; all leave with the encryptor or decryptor that cached them.
///
/// Specification: caching-cmm, "Cache Limit TTL", "Limit Messages" and "Limit Bytes".
#[derive(Clone, Debug)]
#[must_use]
pub struct CachePolicy<C = TscClock> {
    pub(super) max_age: Duration,
    max_messages: NonZeroU32,
    max_bytes: u64,
    pub(super) capacity: NonZeroUsize,
    tenant_capacity: Option<NonZeroUsize>,
    pub(super) renewal: Option<Ratio>,
    pub(super) seed: Option<u64>,
    pub(super) runtime: Option<Handle>,
    pub(super) max_stale: Duration,
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
            tenant_capacity: None,
            renewal: Some(const { Ratio::percent(80) }),
            seed: None,
            runtime: None,
            max_stale: Duration::ZERO,
            clock: TscClock::new(),
        }
    }
}

/// Five minutes, and the defaults of all other limits.
impl Default for CachePolicy {
    fn default() -> Self {
        Self::new(const { Duration::from_mins(5) })
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

    /// How many data keys of one tenant are kept at most, its least recently used giving way; an eighth of the capacity by
    /// default.
    ///
    /// Tenants are told by the [`Partition`](crate::Partition); what belongs to none is bounded by the capacity alone.
    pub fn with_tenant_capacity(self, capacity: NonZeroUsize) -> Self {
        Self {
            tenant_capacity: Some(capacity),
            ..self
        }
    }

    /// At which share of any limit a data key is replaced in the background, while it goes on to serve; 0.8 by default, up to a
    /// twentieth of that earlier by chance, `None` for never.
    ///
    /// It takes a tokio runtime with its timers enabled: the one that the encryptor or decryptor is built in, or
    /// [another](Self::with_runtime). Where there is none, the first call that finds a data key used up waits for the
    /// keyring. A data key that has served nobody since it came is not replaced. A decryptor, which keeps nothing of the
    /// messages that it reads, replaces a data key when a message asks for it after that time, an encryptor also between
    /// messages. No more than 16 are replaced at a time; after a failure it is tried again with growing pauses. Dropping the last
    /// clone of the encryptor or decryptor ends it.
    pub fn with_renewal(self, at: impl Into<Option<Ratio>>) -> Self {
        Self {
            renewal: at.into(),
            ..self
        }
    }

    /// Makes the chance in renewals repeat itself, for tests.
    pub fn with_renewal_seed(self, seed: u64) -> Self {
        Self {
            seed: Some(seed),
            ..self
        }
    }

    /// Where data keys are replaced in the background; by default the runtime that `with_cache` of the builder is called in.
    pub fn with_runtime(self, runtime: Handle) -> Self {
        Self {
            runtime: Some(runtime),
            ..self
        }
    }

    /// Lets a data key that is too old serve for `max` more while the keyring is [unavailable]; not at all by default.
    ///
    /// The limits of messages and bytes hold. A keyring that denies ends it at once. It means that a right that was withdrawn at
    /// the beginning of an outage goes on to work for that much longer.
    ///
    /// [unavailable]: crate::KeyringCause::Unavailable
    pub fn with_stale_on_outage(self, max: Duration) -> Self {
        Self {
            max_stale: max,
            ..self
        }
    }

    /// Takes the time from another clock.
    pub fn with_clock<D: Clock>(self, clock: D) -> CachePolicy<D> {
        CachePolicy {
            max_age: self.max_age,
            max_messages: self.max_messages,
            max_bytes: self.max_bytes,
            capacity: self.capacity,
            tenant_capacity: self.tenant_capacity,
            renewal: self.renewal,
            seed: self.seed,
            runtime: self.runtime,
            max_stale: self.max_stale,
            clock,
        }
    }

    pub(crate) const fn limits(&self) -> Limits {
        Limits {
            max_messages: self.max_messages,
            max_bytes: self.max_bytes,
        }
    }

    pub(super) fn tenant_capacity(&self) -> NonZeroUsize {
        let eighth = NonZeroUsize::new(self.capacity.get() / 8);
        let default = eighth.unwrap_or(NonZeroUsize::MIN);
        self.tenant_capacity.unwrap_or(default).min(self.capacity)
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
