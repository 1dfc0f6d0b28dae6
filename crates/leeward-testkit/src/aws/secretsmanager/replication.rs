//! Decides when the replicas of a secret hear of its changes: pure, told the time.

use super::{place::Place, secret::Secret};
use leeward_error_taxonomy::Region;
use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime},
};

/// What replicas have not heard of yet.
#[derive(Debug, Default)]
pub(super) struct Replication {
    pub(super) lag: Duration,
    held: BTreeSet<Region>,
    on_the_way: Vec<Change>,
}

#[derive(Debug)]
struct Change {
    since: SystemTime,
    /// As it will be where it arrives.
    secret: Secret,
}

impl Replication {
    pub(super) fn hold(&mut self, region: &Region) {
        self.held.insert(region.clone());
    }

    pub(super) fn release(&mut self, region: &Region) {
        self.held.remove(region);
    }

    /// Sends what `secret` is now to its replicas.
    pub(super) fn send(&mut self, secret: &Secret, now: SystemTime) {
        for replica in secret.as_replicas() {
            self.on_the_way.push(Change {
                since: now,
                secret: replica,
            });
        }
    }

    /// What arrives by `now`, in the order in which it was sent.
    pub(super) fn arrived(&mut self, now: SystemTime) -> Vec<Secret> {
        let (lag, held) = (self.lag, &self.held);
        let arrives = |change: &mut Change| {
            !held.contains(&change.secret.place.region) && change.since + lag <= now
        };
        self.on_the_way
            .extract_if(.., arrives)
            .map(|change| change.secret)
            .collect()
    }

    pub(super) fn is_on_the_way(&self, place: &Place, name: &str) -> bool {
        self.on_the_way
            .iter()
            .any(|change| change.secret.name == name && change.secret.place == *place)
    }

    pub(super) fn forget(&mut self, place: &Place, name: &str) {
        self.on_the_way
            .retain(|change| change.secret.name != name || change.secret.place != *place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::secretsmanager::secret::Replica;
    use std::time::UNIX_EPOCH;

    const EAST: Region = Region::from_static("us-east-1");
    const WEST: Region = Region::from_static("us-west-2");

    fn secret() -> Secret {
        let mut secret = Secret::new(Place::new("1", &EAST), "db", "a1b2c3", 1, UNIX_EPOCH);
        secret.replicas.insert(WEST, Replica::default());
        secret
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_change_arrives_after_the_lag_and_not_while_it_is_held() {
        let mut replication = Replication {
            lag: Duration::from_secs(10),
            ..Replication::default()
        };
        replication.send(&secret(), at(0));
        replication.send(&secret(), at(5));
        for (now, count) in [(9, 0), (10, 1), (14, 0)] {
            assert_eq!(replication.arrived(at(now)).len(), count, "{now}");
        }
        replication.hold(&WEST);
        assert!(replication.arrived(at(100)).is_empty());
        assert!(replication.is_on_the_way(&Place::new("1", &WEST), "db"));
        replication.release(&WEST);
        let arrived = replication.arrived(at(100));
        assert_eq!(
            arrived[0].arn(),
            "arn:aws:secretsmanager:us-west-2:1:secret:db-a1b2c3"
        );
        assert!(!replication.is_on_the_way(&Place::new("1", &WEST), "db"));
    }

    #[test]
    fn what_goes_to_a_replica_that_is_no_more_is_forgotten() {
        let mut replication = Replication::default();
        replication.send(&secret(), at(0));
        replication.forget(&Place::new("1", &WEST), "other");
        assert!(replication.is_on_the_way(&Place::new("1", &WEST), "db"));
        replication.forget(&Place::new("1", &WEST), "db");
        assert!(replication.arrived(at(1)).is_empty());
    }
}
