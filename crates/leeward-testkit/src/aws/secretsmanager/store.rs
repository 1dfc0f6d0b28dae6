use super::{
    place::{Place, SecretId},
    policies::{DEFAULT_KEY, Policies},
    refused::Refused,
    replication::Replication,
    secret::{Secret, seconds},
};
use fastrand::Rng;
use leeward_error_taxonomy::Region;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    iter::repeat_with,
    time::SystemTime,
};

/// All secrets there are.
#[derive(Debug)]
pub(super) struct Store {
    shelves: HashMap<Place, BTreeMap<String, Secret>>,
    pub(super) policies: Policies,
    pub(super) replication: Replication,
    regions: Vec<Region>,
    rng: Rng,
    made: u64,
}

impl Store {
    pub(super) fn new(regions: &[Region]) -> Self {
        Self {
            shelves: HashMap::new(),
            policies: Policies::default(),
            replication: Replication::default(),
            regions: regions.to_vec(),
            rng: Rng::with_seed(7),
            made: 0,
        }
    }

    /// Deletes what was to be deleted by `now`, and has replicas hear of what they hear of by then.
    pub(super) fn catch_up(&mut self, now: SystemTime) {
        for shelf in self.shelves.values_mut() {
            shelf.retain(|_, secret| secret.deleted.is_none_or(|at| now < at));
        }
        for replica in self.replication.arrived(now) {
            let shelf = self.shelves.entry(replica.place.clone()).or_default();
            let accessed = shelf.get(&replica.name).and_then(|before| before.accessed);
            let name = replica.name.clone();
            shelf.insert(
                name,
                Secret {
                    accessed,
                    ..replica
                },
            );
        }
    }

    pub(super) fn find(&self, place: &Place, id: &str) -> Option<&Secret> {
        let shelf = self.shelves.get(place)?;
        found(place, id, |name| shelf.get(name))
    }

    pub(super) fn find_mut(&mut self, place: &Place, id: &str) -> Option<&mut Secret> {
        let name = self.find(place, id)?.name.clone();
        self.shelves.get_mut(place)?.get_mut(&name)
    }

    /// The secrets of a place, the oldest first.
    pub(super) fn all(&self, place: &Place) -> Vec<&Secret> {
        let mut all: Vec<_> = self
            .shelves
            .get(place)
            .into_iter()
            .flat_map(BTreeMap::values)
            .collect();
        all.sort_by_key(|secret| secret.number);
        all
    }

    /// A secret that is in no place yet.
    pub(super) fn make(&mut self, place: &Place, name: &str, now: SystemTime) -> Secret {
        self.made += 1;
        let suffix = self.letters(6);
        Secret::new(place.clone(), name, &suffix, self.made, now)
    }

    /// The id of a version that Secrets Manager makes by itself.
    pub(super) fn version_id(&mut self) -> String {
        self.letters(36)
    }

    pub(super) fn insert(&mut self, secret: Secret, now: SystemTime) {
        self.replication.send(&secret, now);
        let shelf = self.shelves.entry(secret.place.clone()).or_default();
        shelf.insert(secret.name.clone(), secret);
        self.catch_up(now);
    }

    pub(super) fn remove(&mut self, place: &Place, name: &str) {
        self.replication.forget(place, name);
        if let Some(shelf) = self.shelves.get_mut(place) {
            shelf.remove(name);
        }
    }

    /// Changes a secret where it was made, unless `change` refuses to; its replicas hear of it.
    pub(super) fn change<T>(
        &mut self,
        place: &Place,
        id: &str,
        now: SystemTime,
        change: impl FnOnce(&mut Secret) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        let secret = self.find(place, id).ok_or_else(Refused::not_found)?;
        if secret.is_replica() {
            return Err(Refused::is_replica());
        }
        let mut changed = secret.clone();
        let told = change(&mut changed)?;
        changed.changed = now;
        self.insert(changed, now);
        Ok(told)
    }

    pub(super) fn region(&self, name: &str) -> Result<Region, Refused> {
        let known = self.regions.iter().find(|region| region.as_str() == name);
        known.cloned().ok_or_else(|| {
            let known: Vec<_> = self.regions.iter().map(Region::as_str).collect();
            let known = known.join(", ");
            let message = format!("{name:?} is not a Region of this AWS; it has {known}.");
            Refused::parameter(message)
        })
    }

    /// How the replicas of a secret are.
    pub(super) fn replication_status(&self, secret: &Secret) -> Vec<Value> {
        secret
            .replicas
            .iter()
            .map(|(region, replica)| {
                let place = secret.place.in_region(region);
                let (status, message) = match &replica.failure {
                    Some(failure) => ("Failed", Some(&**failure)),
                    None if self.replication.is_on_the_way(&place, &secret.name) => {
                        ("InProgress", None)
                    }
                    None => ("InSync", None),
                };
                let there = self.find(&place, &secret.name);
                let accessed = there.and_then(|there| there.accessed).map(seconds);
                let key = replica.kms_key_id.as_deref().unwrap_or(DEFAULT_KEY);
                let mut told =
                    json!({ "Region": region.as_str(), "KmsKeyId": key, "Status": status });
                if let Some(message) = message {
                    told["StatusMessage"] = message.into();
                }
                if let Some(accessed) = accessed {
                    told["LastAccessedDate"] = accessed.into();
                }
                told
            })
            .collect()
    }

    fn letters(&mut self, count: usize) -> String {
        let rng = &mut self.rng;
        repeat_with(|| rng.alphanumeric()).take(count).collect()
    }
}

/// Finds what `id` names in `place`, by its name.
fn found<'s>(
    place: &Place,
    id: &str,
    by_name: impl Fn(&str) -> Option<&'s Secret>,
) -> Option<&'s Secret> {
    let id = SecretId::read(id);
    let is_here = match id {
        SecretId::Name(_) => true,
        SecretId::Arn {
            region, account, ..
        } => place.region.as_str() == region && place.account == account,
    };
    if !is_here {
        return None;
    }
    id.names().find_map(|(name, suffix)| {
        by_name(name).filter(|secret| suffix.is_none_or(|suffix| suffix == secret.suffix))
    })
}
