//! How many keyring calls cached data keys save over a day of payments.

use crate::{Area, Bar, BoxError, Figure, Tally};
use leeward_envelope::{
    CachePolicy, CacheStats, Decryptor, EncryptionContext, Encryptor, RawAesKeyring,
};
use leeward_resilience::TokioClock;
use std::time::Duration;
use tokio::{
    runtime::Builder,
    time::{Instant, sleep_until},
};

/// What is counted: so many messages are sealed in 24 hours, and each is opened.
const DAY: &str = "100,000 seals and opens in 24 hours, three key classes";
/// Keyring calls that did not have to be made, by one process that seals and opens, as a class of keys does.
const SAVED: &str = "leeward, keyring calls saved";
/// Keyring calls that were made, those of renewals in the background among them.
const CALLS: &str = "leeward, keyring calls";
/// Keyring calls that a message waited for.
const WAITED_FOR: &str = "leeward, keyring calls that a message waited for";

/// The same where one process seals and another opens, each with a cache of its own.
const SAVED_APART: &str = "leeward, keyring calls saved, opened elsewhere";
/// The same where data keys serve for ten minutes instead of the five that are usual.
const SAVED_BY_TEN_MINUTES: &str = "leeward, keyring calls saved, opened elsewhere, ten minutes";

/// Each class, and how many of a hundred payments touch it.
const CLASSES: [(&str, usize); 3] = [("payment", 60), ("pii", 30), ("general", 10)];

/// How many of a thousand payments each hour has: few at night, most at noon and in the evening.
const HOURS: [usize; 24] = [
    8, 5, 3, 2, 2, 4, 12, 28, 46, 58, 66, 72, 80, 74, 66, 62, 64, 72, 80, 76, 54, 36, 20, 10,
];

/// How long a data key serves by default.
const FIVE_MINUTES: Duration = Duration::from_secs(300);
const TEN_MINUTES: Duration = Duration::from_secs(600);
const HOUR: Duration = Duration::from_secs(3600);
/// How long after it is sealed a message is opened.
const TRANSIT: Duration = Duration::from_millis(200);

pub(super) fn tally(messages: usize) -> Tally {
    Tally::new(Area::Envelope, DAY, move || {
        let stats = day(messages, Opened::Here, FIVE_MINUTES)?;
        let apart = day(messages, Opened::Elsewhere, FIVE_MINUTES)?;
        let longer = day(messages, Opened::Elsewhere, TEN_MINUTES)?;
        let calls = stats.misses + stats.renewals;
        let figure = |subject: &'static str, value, unit, bar| Figure {
            subject: subject.into(),
            value,
            unit,
            bar,
        };
        let saved = |stats: CacheStats| 100.0 * stats.saved() as f64 / stats.messages.max(1) as f64;
        Ok(vec![
            figure(SAVED, saved(stats), "%", Some(Bar::AtLeast(99.0))),
            figure(SAVED_APART, saved(apart), "%", None),
            figure(SAVED_BY_TEN_MINUTES, saved(longer), "%", None),
            figure(CALLS, calls as f64, "calls", None),
            figure(WAITED_FOR, stats.misses as f64, "calls", None),
        ])
    })
}

/// Where a message is opened.
#[derive(Clone, Copy, Debug)]
enum Opened {
    /// In the process that sealed it, which knows the data key.
    Here,
    /// In one that shares the wrapping key alone.
    Elsewhere,
}

/// One class on both sides.
struct Class {
    context: EncryptionContext,
    encryptor: Encryptor,
    decryptor: Decryptor,
}

impl Class {
    fn new(name: &str, opened: Opened, max_age: Duration) -> Result<Self, BoxError> {
        let keyring = || RawAesKeyring::new("leeward", name, &[0x2a; 32]);
        let policy = || CachePolicy::new(max_age).with_clock(TokioClock::new());
        let policy = || policy().with_renewal_seed(0x6c65_6577);
        let encryptor = Encryptor::builder(keyring()?).with_cache(policy());
        let encryptor = encryptor.build()?;
        let decryptor = Decryptor::builder(keyring()?).with_cache(policy());
        let decryptor = match opened {
            Opened::Here => decryptor.with_data_keys_of(&encryptor),
            Opened::Elsewhere => decryptor,
        };
        Ok(Self {
            context: EncryptionContext::new([("class", name)])?,
            encryptor,
            decryptor: decryptor.build()?,
        })
    }

    async fn seal(&self) -> Result<Vec<u8>, BoxError> {
        Ok(self
            .encryptor
            .encrypt(b"4111 1111 1111 1111", &self.context)
            .await?)
    }

    async fn open(&self, message: &[u8]) -> Result<(), BoxError> {
        let opened = self.decryptor.decrypt_with_context(message, &self.context);
        opened.await?;
        Ok(())
    }

    fn stats(&self) -> [CacheStats; 2] {
        [self.encryptor.stats(), self.decryptor.stats()]
    }
}

/// What both sides of all classes had to ask their keyrings for, if data keys serve for `max_age`.
fn day(messages: usize, opened: Opened, max_age: Duration) -> Result<CacheStats, BoxError> {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    runtime.block_on(pay(messages, opened, max_age))
}

async fn pay(messages: usize, opened: Opened, max_age: Duration) -> Result<CacheStats, BoxError> {
    let classes = CLASSES.map(|(name, _)| Class::new(name, opened, max_age));
    let classes: Vec<_> = classes.into_iter().collect::<Result<_, _>>()?;
    let midnight = Instant::now();
    for (nth, at) in moments(messages).enumerate() {
        let class = &classes[class_of(nth)];
        sleep_until(midnight + at).await;
        let message = class.seal().await?;
        sleep_until(midnight + at + TRANSIT).await;
        class.open(&message).await?;
    }
    let mut all = CacheStats::default();
    for stats in classes.iter().flat_map(Class::stats) {
        all.messages += stats.messages;
        all.misses += stats.misses;
        all.renewals += stats.renewals;
    }
    Ok(all)
}

/// When each message is sealed, evenly within its hour.
fn moments(messages: usize) -> impl Iterator<Item = Duration> {
    (0_u32..).zip(HOURS).flat_map(move |(hour, share)| {
        let count = (messages * share / 1000) as u32;
        (0..count).map(move |nth| HOUR * hour + HOUR * nth / count)
    })
}

/// The classes by turns, as their shares have it.
fn class_of(nth: usize) -> usize {
    // A step that is prime to a hundred mixes them.
    let mut place = nth * 37 % 100;
    for (class, (_, share)) in CLASSES.iter().enumerate() {
        if place < *share {
            return class;
        }
        place -= share;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hours_and_the_classes_share_out_everything() {
        assert_eq!(HOURS.iter().sum::<usize>(), 1000);
        let mut counts = [0; CLASSES.len()];
        (0..100).for_each(|nth| counts[class_of(nth)] += 1);
        assert_eq!(counts, CLASSES.map(|(_, share)| share));
        let moments: Vec<_> = moments(100_000).collect();
        assert_eq!(moments.len(), 100_000);
        assert!(moments.is_sorted() && moments[99_999] < HOUR * 24);
    }
}
