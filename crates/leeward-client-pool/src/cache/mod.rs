//! The clients that were made, by what makes one another.

mod age;
mod counts;
mod erased;
mod slot;
mod sweeps;

use age::later;
pub(crate) use age::{Age, Life};
pub use counts::ClientStats;
pub(crate) use counts::{Counts, Eviction};
pub(crate) use erased::Erased;
pub(crate) use sweeps::Sweeps;

use crate::{
    ClientError, Identity,
    flight::flight,
    key::{Key, KeyRef},
};
use slot::{Made, Slot, Slots};
use std::{
    sync::{
        PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

/// A client being made.
pub(crate) type Flight = crate::flight::Flight<Result<Erased, ClientError>>;

/// Whoever makes it.
pub(crate) type Landing = crate::flight::Landing<Result<Erased, ClientError>>;

/// What a look at the cache finds.
#[derive(Debug)]
pub(crate) enum Found {
    Client(Erased),
    /// A client that is still good, to be renewed by whoever sees this; nobody else does.
    Due(Erased),
    Failed(ClientError),
    /// Nothing, or what is being made.
    Nothing,
}

/// Clients by key; past its bound the one that was used longest ago makes room, and what is over goes with the next making.
pub(crate) struct Clients {
    slots: RwLock<Slots>,
    sweeps: Sweeps,
    bound: usize,
    /// Counts the uses, so that the least recent is known.
    clock: AtomicU64,
    counts: Counts,
}

impl Clients {
    pub(crate) fn new(bound: usize) -> Self {
        Self {
            slots: RwLock::default(),
            sweeps: Sweeps::default(),
            bound,
            clock: AtomicU64::new(0),
            counts: Counts::default(),
        }
    }

    /// Finds a client without making one.
    pub(crate) fn find(&self, key: KeyRef<'_>, now: SystemTime) -> Found {
        match self.read().get(&key) {
            Some(Slot::Made(made)) => match made.life.age(now) {
                Age::Over => Found::Nothing,
                age => {
                    made.last_use
                        .store(self.clock.fetch_add(1, Relaxed), Relaxed);
                    self.counts.hit();
                    let is_renewed = made.renewal.as_ref().is_some_and(Flight::is_under_way);
                    if age == Age::Due && !is_renewed {
                        Found::Due(made.client.clone())
                    } else {
                        Found::Client(made.client.clone())
                    }
                }
            },
            Some(Slot::Failed { error, until }) if now < *until => {
                self.counts.refused();
                Found::Failed(error.clone())
            }
            _ => Found::Nothing,
        }
    }

    /// Joins the flight that makes the client, or begins one: then the landing comes with it.
    ///
    /// A client that is good stays while it is renewed. What has landed since it was looked for is a flight that is over.
    pub(crate) fn join(&self, key: &Key, now: SystemTime) -> (Flight, Option<Landing>) {
        let mut slots = self.write();
        let landed = match slots.get(key) {
            Some(Slot::Made(made)) if made.life.age(now) == Age::Fresh => {
                Some(Ok(made.client.clone()))
            }
            Some(Slot::Failed { error, until }) if now < *until => Some(Err(error.clone())),
            _ => None,
        };
        if let Some(landed) = landed {
            self.counts.joined();
            let (landing, flight) = flight();
            landing.land(landed);
            return (flight, None);
        }
        let under_way = match slots.get(key) {
            Some(Slot::Making(flight)) => Some(flight),
            Some(Slot::Made(made)) => made.renewal.as_ref(),
            _ => None,
        };
        if let Some(flight) = under_way.filter(|flight| flight.is_under_way()) {
            self.counts.joined();
            return (flight.clone(), None);
        }
        let swept = if self.sweeps.is_due(now) {
            self.sweep(&mut slots, now)
        } else {
            Vec::new()
        };
        let (landing, flight) = flight();
        match slots.get_mut(key) {
            Some(Slot::Made(made)) if made.life.age(now) != Age::Over => {
                made.renewal = Some(flight.clone());
            }
            _ => {
                self.make_room(&mut slots, key, now);
                if let Some(Slot::Made(_)) = slots.insert(key.clone(), Slot::Making(flight.clone()))
                {
                    self.counts.evicted(Eviction::Age);
                }
            }
        }
        // What clients end by takes its time, and is no matter of this lock.
        drop(slots);
        drop(swept);
        (flight, Some(landing))
    }

    /// Keeps what was made, unless it has been cleared since.
    pub(crate) fn land(
        &self,
        key: &Key,
        flight: &Flight,
        made: &Result<(Erased, Life), ClientError>,
        now: SystemTime,
        negative: Duration,
    ) {
        self.counts.built(made.is_ok());
        let mut slots = self.write();
        let Some(slot) = slots.get_mut(key) else {
            return;
        };
        let is_its_own = match slot {
            Slot::Making(current) => current.is(flight),
            Slot::Made(Made { renewal, .. }) => {
                renewal.as_ref().is_some_and(|current| current.is(flight))
            }
            Slot::Failed { .. } => false,
        };
        if !is_its_own {
            return;
        }
        match (made, &mut *slot) {
            (Ok((client, life)), _) => {
                *slot = Slot::Made(Made {
                    client: client.clone(),
                    life: *life,
                    renewal: None,
                    last_use: AtomicU64::new(self.clock.fetch_add(1, Relaxed)),
                });
            }
            // The old one is good until its end.
            (Err(_), Slot::Made(old)) => {
                old.renewal = None;
                old.life.renew_later(now, RENEW_AGAIN);
            }
            (Err(error), _) => {
                *slot = Slot::Failed {
                    error: error.clone(),
                    until: later(now, negative),
                };
            }
        }
    }

    /// How many clients there are to give at `now`.
    pub(crate) fn len(&self, now: SystemTime) -> usize {
        let is_good =
            |slot: &&Slot| matches!(slot, Slot::Made(made) if made.life.age(now) != Age::Over);
        self.read().values().filter(is_good).count()
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Forgets all clients, and what is being made; calls in flight go on.
    pub(crate) fn clear(&self) {
        self.forget(|_, _| true);
    }

    /// Forgets the clients that call by way of a role, and says how many they were; so too the failures, and what is being made,
    /// of identities of which `is_by_way_of_it` says so.
    pub(crate) fn clear_role(
        &self,
        arn: &str,
        is_by_way_of_it: impl Fn(&Identity) -> bool,
    ) -> usize {
        self.forget(|key, slot| match slot {
            Slot::Made(made) => made.client.roles().iter().any(|role| role.arn() == arn),
            Slot::Making(_) | Slot::Failed { .. } => is_by_way_of_it(&key.identity),
        })
    }

    fn forget(&self, is_meant: impl Fn(&Key, &Slot) -> bool) -> usize {
        let mut clients = 0;
        self.write().retain(|key, slot| {
            let stays = !is_meant(key, slot);
            if !stays && matches!(slot, Slot::Made(_)) {
                self.counts.evicted(Eviction::Cleared);
                clients += 1;
            }
            stays
        });
        clients
    }

    /// Takes out what is over.
    fn sweep(&self, slots: &mut Slots, now: SystemTime) -> Vec<(Key, Slot)> {
        let over: Vec<_> = slots.extract_if(|_, slot| slot.is_over(now)).collect();
        for (_, slot) in &over {
            if matches!(slot, Slot::Made(_)) {
                self.counts.evicted(Eviction::Age);
            }
        }
        over
    }

    /// Makes room for `key`: what is over goes first, then the client that was used longest ago.
    fn make_room(&self, slots: &mut Slots, key: &Key, now: SystemTime) {
        if slots.len() < self.bound || slots.contains_key(key) {
            return;
        }
        self.sweep(slots, now);
        while slots.len() >= self.bound {
            let last_use = |slot: &Slot| match slot {
                // Failures first; what is being made is wanted now.
                Slot::Failed { .. } => 0,
                Slot::Made(made) => made.last_use.load(Relaxed),
                Slot::Making(_) => u64::MAX,
            };
            let oldest = slots.iter().min_by_key(|(_, slot)| last_use(slot));
            let Some(oldest) = oldest.map(|(key, _)| key.clone()) else {
                return;
            };
            if let Some(Slot::Made(_)) = slots.remove(&oldest) {
                self.counts.evicted(Eviction::Room);
            }
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Slots> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Slots> {
        self.slots.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long after a renewal that failed the next one is tried.
const RENEW_AGAIN: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Retries,
        credentials::Roles,
        key::{RecipeId, Settings},
    };
    use leeward_error_taxonomy::Region;
    use std::any::TypeId;

    fn key() -> Key {
        Key {
            recipe: RecipeId {
                client: TypeId::of::<u8>(),
                closure: None,
                service: "kms",
            },
            region: None,
            identity: Identity::DEFAULT,
            retries: Retries::Sdk,
            settings: Settings::default(),
        }
    }

    fn made(now: SystemTime) -> Result<(Erased, Life), ClientError> {
        let hour = Duration::from_secs(3600);
        let region = Region::from_static("us-east-1");
        Ok((
            Erased::new(7_u8, region, Roles::default()),
            Life::begin(now, hour, None, 0.5),
        ))
    }

    #[tokio::test]
    async fn who_comes_too_late_for_a_flight_is_given_what_has_landed() {
        let (clients, key, now) = (Clients::new(8), key(), SystemTime::UNIX_EPOCH);
        let (flight, landing) = clients.join(&key, now);
        clients.land(&key, &flight, &made(now), now, Duration::ZERO);
        drop(landing);
        let (late, landing) = clients.join(&key, now);
        assert!(landing.is_none(), "nobody makes it once more");
        let landed = late.landed().await.unwrap();
        assert_eq!(landed.unwrap().get::<u8>(), Some(7));
    }

    #[tokio::test]
    async fn a_renewal_that_fails_leaves_the_client_and_is_tried_again_later() {
        let (clients, key, now) = (Clients::new(8), key(), SystemTime::UNIX_EPOCH);
        let (flight, landing) = clients.join(&key, now);
        clients.land(&key, &flight, &made(now), now, Duration::ZERO);
        drop(landing);
        let due = now + Duration::from_secs(3_500);
        let find = |now| clients.find(key.by_ref(), now);
        assert!(matches!(find(due), Found::Due(_)));
        let (renewal, landing) = clients.join(&key, due);
        assert!(landing.is_some());
        assert!(matches!(find(due), Found::Client(_)), "one renews it");
        let failed = Err(ClientError::NoRegion);
        clients.land(&key, &renewal, &failed, due, Duration::from_secs(1));
        drop(landing);
        let again = due + RENEW_AGAIN;
        assert!(matches!(
            find(again - Duration::from_secs(1)),
            Found::Client(_)
        ));
        assert!(matches!(find(again), Found::Due(_)));
        assert!(matches!(
            find(due + Duration::from_secs(100)),
            Found::Nothing
        ));
    }

    #[tokio::test]
    async fn a_failure_that_is_kept_for_ever_is_kept_without_a_panic() {
        let (clients, key, now) = (Clients::new(8), key(), SystemTime::UNIX_EPOCH);
        let (flight, _landing) = clients.join(&key, now);
        let failed = Err(ClientError::NoRegion);
        clients.land(&key, &flight, &failed, now, Duration::MAX);
        let later = now + Duration::from_secs(3600);
        assert!(matches!(
            clients.find(key.by_ref(), later),
            Found::Failed(_)
        ));
        let (late, landing) = clients.join(&key, later);
        assert!(landing.is_none());
        assert!(late.landed().await.unwrap().is_err());
    }
}
