use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use leeward_error_taxonomy::{Facts, Rejected, Stage, Verdict};

use super::{
    RateLimitConfig, RatePass,
    atomic::{AtomicU32, AtomicU64, Ordering},
    bucket::Bucket,
    throttle::Throttle,
};
use crate::{Clock, Timestamp, TscClock, deadline};

/// Bounds the number of calls in a time; cloning shares the bound.
///
/// Give one limiter to all clients of one service in one Region: what one of them is told by the service, all of them heed.
///
/// ```
/// use leeward_resilience::{Rate, RateLimitConfig, RateLimiter};
///
/// let limiter = RateLimiter::new(RateLimitConfig::fixed(Rate::per_second(10).with_burst(2)));
/// limiter.try_acquire()?;
/// limiter.try_acquire()?;
/// assert_eq!(limiter.try_acquire().unwrap_err().to_string(), "limiter full");
/// # Ok::<(), leeward_error_taxonomy::Rejected>(())
/// ```
pub struct RateLimiter<C: Clock = TscClock> {
    core: Arc<Core<C>>,
}

struct Core<C: Clock> {
    clock: C,
    config: RateLimitConfig,
    bucket: Option<Bucket<C>>,
    throttle: Option<Mutex<Throttle>>,
    // In nanoseconds of the clock; zero if there is no pause.
    paused_until: AtomicU64,
    waiting: AtomicU32,
}

/// How often those who wait for a learned rate look whether it has risen: as often as a burst is saved up.
const NAP: Duration = Duration::from_millis(100);

/// When a call was let through, for a limiter that wants to know.
pub(super) type SentAt = Option<Timestamp>;

impl RateLimiter {
    /// Makes a limiter on the production clock.
    #[must_use]
    pub fn new(config: RateLimitConfig) -> Self {
        Self::with_clock(config, TscClock::new())
    }
}

impl<C: Clock> RateLimiter<C> {
    /// Makes a limiter on a clock of the caller's choice.
    pub fn with_clock(config: RateLimitConfig, clock: C) -> Self {
        Self {
            core: Arc::new(Core {
                bucket: config.rate.map(|rate| Bucket::new(rate, clock.clone())),
                throttle: config.is_adaptive.then(|| Mutex::new(Throttle::new())),
                paused_until: AtomicU64::new(0),
                waiting: AtomicU32::new(0),
                clock,
                config,
            }),
        }
    }

    /// Takes a call's share of the rate, if there is one now that nobody waits for.
    ///
    /// # Errors
    ///
    /// [`Rejected::LimiterFull`] otherwise.
    pub fn try_acquire(&self) -> Result<(), Rejected> {
        self.pass().map(|_| ()).ok_or(Rejected::LimiterFull)
    }

    /// The same, for a call that will tell what becomes of it.
    ///
    /// # Errors
    ///
    /// [`Rejected::LimiterFull`] if there is no share now, or others wait for it.
    pub fn try_pass(&self) -> Result<RatePass<C>, Rejected> {
        let sent_at = self.pass().ok_or(Rejected::LimiterFull)?;
        Ok(RatePass::new(self.clone(), sent_at))
    }

    /// How many calls wait.
    #[must_use]
    pub fn waiting(&self) -> u32 {
        self.core.waiting.load(Ordering::Relaxed)
    }

    /// The rate that an adaptive limiter holds to at the moment, in calls a second; `None` while it holds nothing back.
    #[must_use]
    pub fn throttled_rate(&self) -> Option<f64> {
        let now = self.core.clock.now();
        self.throttle()?.rate(now)
    }

    /// Lets nothing through for `pause`, or for as long as it is paused already.
    pub fn pause(&self, pause: Duration) {
        let until = (self.core.clock.now() + pause).nanos();
        self.core.paused_until.fetch_max(until, Ordering::Relaxed);
    }

    /// Learns how a call failed that this limiter let through, from whoever does so without the layer.
    pub fn failed(&self, facts: &Facts<'_>) {
        self.learn(None, facts);
    }

    /// Takes a share past nobody who waits.
    #[inline(always)]
    pub(super) fn pass(&self) -> Option<SentAt> {
        let core = &self.core;
        let is_plain = core.throttle.is_none() && core.paused_until.load(Ordering::Relaxed) == 0;
        match &core.bucket {
            Some(bucket) if is_plain && self.waiting() == 0 => bucket.take().then_some(None),
            _ => self.pass_with_care(),
        }
    }

    #[inline(never)]
    fn pass_with_care(&self) -> Option<SentAt> {
        let ahead = self.waiting();
        if ahead > 0 && !self.wait(ahead).is_zero() {
            return None;
        }
        self.take()
    }

    /// Takes a share if there is one, whoever waits.
    pub(super) fn take(&self) -> Option<SentAt> {
        let core = &self.core;
        if self.is_paused() {
            return None;
        }
        let sent_at = core.throttle.is_some().then(|| core.clock.now());
        if let Some(now) = sent_at
            && !self.throttle()?.take(now)
        {
            return None;
        }
        if core.bucket.as_ref().is_none_or(Bucket::take) {
            return Some(sent_at);
        }
        if let Some(mut throttle) = self.throttle() {
            throttle.put_back();
        }
        None
    }

    /// How long until there is a share for one more call than `ahead` others, as things are.
    pub(super) fn wait(&self, ahead: u32) -> Duration {
        let core = &self.core;
        let now = core.clock.now();
        let paused = core.paused_until.load(Ordering::Relaxed);
        let paused = Duration::from_nanos(paused.saturating_sub(now.nanos()));
        let bucket = core.bucket.as_ref().map(|bucket| bucket.wait(ahead));
        let throttle = self
            .throttle()
            .map(|mut throttle| throttle.wait(ahead, now));
        paused
            .max(bucket.unwrap_or_default())
            .max(throttle.unwrap_or_default())
    }

    /// How long to sleep at a time when the wait is this long. A learned rate may have risen before the wait is over.
    pub(super) fn nap(&self, wait: Duration) -> Duration {
        let is_learned = self.core.throttle.is_some();
        let nap = if is_learned { wait.min(NAP) } else { wait };
        nap.max(Duration::from_nanos(1))
    }

    /// Joins those who wait, unless they are too many or the wait would be too long, for the limiter or for the caller.
    ///
    /// Gives the wait, as things are.
    pub(super) fn join(&self) -> Option<(Place<C>, Duration)> {
        let joined =
            self.core
                .waiting
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |waiting| {
                    (waiting < self.core.config.max_waiting).then(|| waiting + 1)
                });
        let ahead = joined.ok()?;
        let place = Place(self.clone());
        let wait = self.wait(ahead);
        let is_in_time = deadline::remaining().is_none_or(|left| wait < left);
        (is_in_time && wait <= self.max_wait()).then_some((place, wait))
    }

    pub(super) fn max_wait(&self) -> Duration {
        self.core.config.max_wait
    }

    /// Whom to tell what becomes of a call that was let through at `sent_at`; nobody, if nobody wants to know.
    #[inline(always)]
    pub(super) fn listener(&self, sent_at: SentAt) -> Option<(Self, SentAt)> {
        self.core.config.listens().then(|| (self.clone(), sent_at))
    }

    /// Learns that a call which was let through at `sent_at` was answered as it should be.
    pub(super) fn answered(&self, sent_at: SentAt) {
        if sent_at.is_some()
            && let Some(mut throttle) = self.throttle()
        {
            throttle.answered(self.core.clock.now());
        }
    }

    /// Learns how a call failed which was let through at `sent_at`, or now as far as anybody knows.
    pub(super) fn learn(&self, sent_at: SentAt, facts: &Facts<'_>) {
        if facts.rejected.is_some() || facts.stage != Stage::Answered {
            return;
        }
        if facts.verdict != Verdict::Throttled {
            return self.answered(sent_at);
        }
        let now = self.core.clock.now();
        if let Some(mut throttle) = self.throttle() {
            throttle.throttled(sent_at.unwrap_or(now), now);
        }
        // A date is measured when there is one, and no later.
        let asked = match facts.retry_at {
            Some(_) => facts.pause(self.core.clock.date()),
            None => facts.retry_after,
        };
        let pause = asked.unwrap_or_default();
        let pause = pause.min(self.core.config.max_pause());
        if !pause.is_zero() {
            self.pause(pause);
        }
    }

    /// Whether nothing but this handle knows of the limiter.
    pub(super) fn is_unused(&self) -> bool {
        Arc::strong_count(&self.core) == 1
    }

    fn is_paused(&self) -> bool {
        let until = self.core.paused_until.load(Ordering::Relaxed);
        if until == 0 {
            return false;
        }
        if self.core.clock.now().nanos() < until {
            return true;
        }
        // Over. Whoever sets another pause meanwhile has it kept.
        let _ =
            self.core
                .paused_until
                .compare_exchange(until, 0, Ordering::Relaxed, Ordering::Relaxed);
        false
    }

    fn throttle(&self) -> Option<MutexGuard<'_, Throttle>> {
        let throttle = self.core.throttle.as_ref()?;
        Some(throttle.lock().expect("not poisoned"))
    }
}

/// One who waits; dropping it leaves those behind where they are.
pub(super) struct Place<C: Clock>(pub(super) RateLimiter<C>);

impl<C: Clock> Drop for Place<C> {
    fn drop(&mut self) {
        self.0.core.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<C: Clock> Clone for RateLimiter<C> {
    fn clone(&self) -> Self {
        Self {
            core: Arc::clone(&self.core),
        }
    }
}

impl<C: Clock> fmt::Debug for RateLimiter<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiter")
            .field("config", &self.core.config)
            .field("waiting", &self.waiting())
            .finish_non_exhaustive()
    }
}
