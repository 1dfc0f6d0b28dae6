use leeward_error_taxonomy::Region;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};

/// Which Regions hold which multi-Region key; a key that is not in here lives where it was made.
#[derive(Debug, Default)]
pub(super) struct Families {
    by_key: HashMap<String, Family>,
}

#[derive(Debug)]
struct Family {
    primary: Region,
    replicas: BTreeSet<Region>,
}

/// Why a key is not replicated.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    NotPrimary { primary: Region },
    AlreadyThere,
}

impl Families {
    /// Notes that `key_id` is replicated from `home` to `to`.
    pub(super) fn replicate(
        &mut self,
        key_id: &str,
        home: &Region,
        to: &Region,
    ) -> Result<(), Refused> {
        let family = self
            .by_key
            .entry(key_id.to_owned())
            .or_insert_with(|| Family {
                primary: home.clone(),
                replicas: BTreeSet::new(),
            });
        if family.primary != *home {
            let primary = family.primary.clone();
            return Err(Refused::NotPrimary { primary });
        }
        if family.primary == *to || !family.replicas.insert(to.clone()) {
            return Err(Refused::AlreadyThere);
        }
        Ok(())
    }

    /// Takes back what [`replicate`](Self::replicate) noted.
    pub(super) fn forget(&mut self, key_id: &str, replica: &Region) {
        if let Some(family) = self.by_key.get_mut(key_id) {
            family.replicas.remove(replica);
        }
    }

    /// Makes the replica in `to` the primary; false if `home` is not the primary or `to` holds no replica.
    pub(super) fn promote(&mut self, key_id: &str, home: &Region, to: &Region) -> bool {
        let Some(family) = self.by_key.get_mut(key_id) else {
            return false;
        };
        if family.primary != *home || !family.replicas.remove(to) {
            return false;
        }
        family.replicas.insert(home.clone());
        family.primary = to.clone();
        true
    }

    /// The `MultiRegionConfiguration` of the key with this ARN in `home`.
    pub(super) fn configuration(&self, key_id: &str, arn: &str, home: &Region) -> Value {
        let nobody = BTreeSet::new();
        let (primary, replicas) = match self.by_key.get(key_id) {
            Some(family) => (&family.primary, &family.replicas),
            None => (home, &nobody),
        };
        let key_in = |region: &Region| {
            let arn = arn.replacen(home.as_str(), region.as_str(), 1);
            json!({ "Arn": arn, "Region": region.as_str() })
        };
        json!({
            "MultiRegionKeyType": if primary == home { "PRIMARY" } else { "REPLICA" },
            "PrimaryKey": key_in(primary),
            "ReplicaKeys": replicas.iter().map(key_in).collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EAST: Region = Region::from_static("us-east-1");
    const WEST: Region = Region::from_static("us-west-2");
    const IRELAND: Region = Region::from_static("eu-west-1");

    #[test]
    fn only_the_primary_replicates_and_once_to_each_region() {
        let mut families = Families::default();
        assert_eq!(
            families.replicate("mrk-1", &EAST, &EAST),
            Err(Refused::AlreadyThere)
        );
        assert_eq!(families.replicate("mrk-1", &EAST, &WEST), Ok(()));
        assert_eq!(
            families.replicate("mrk-1", &EAST, &WEST),
            Err(Refused::AlreadyThere)
        );
        assert_eq!(
            families.replicate("mrk-1", &WEST, &IRELAND),
            Err(Refused::NotPrimary { primary: EAST })
        );
        assert_eq!(families.replicate("mrk-2", &WEST, &EAST), Ok(()));
        families.forget("mrk-1", &WEST);
        assert_eq!(families.replicate("mrk-1", &EAST, &WEST), Ok(()));
    }

    #[test]
    fn the_primary_moves_to_a_replica_only() {
        let mut families = Families::default();
        families.replicate("mrk-1", &EAST, &WEST).unwrap();
        assert!(!families.promote("mrk-1", &EAST, &IRELAND));
        assert!(!families.promote("mrk-1", &WEST, &EAST));
        assert!(families.promote("mrk-1", &EAST, &WEST));
        assert_eq!(families.replicate("mrk-1", &WEST, &IRELAND), Ok(()));
        assert_eq!(
            families.replicate("mrk-1", &WEST, &EAST),
            Err(Refused::AlreadyThere)
        );
    }

    #[test]
    fn each_region_tells_the_same_family_from_its_own_side() {
        let mut families = Families::default();
        families.replicate("mrk-1", &EAST, &WEST).unwrap();
        let west = families.configuration("mrk-1", "arn:aws:kms:us-west-2:1:key/mrk-1", &WEST);
        assert_eq!(
            west,
            json!({
                "MultiRegionKeyType": "REPLICA",
                "PrimaryKey": { "Arn": "arn:aws:kms:us-east-1:1:key/mrk-1", "Region": "us-east-1" },
                "ReplicaKeys": [{ "Arn": "arn:aws:kms:us-west-2:1:key/mrk-1", "Region": "us-west-2" }],
            })
        );
        let alone = families.configuration("mrk-2", "arn:aws:kms:eu-west-1:1:key/mrk-2", &IRELAND);
        assert_eq!(alone["MultiRegionKeyType"], "PRIMARY");
        assert_eq!(alone["ReplicaKeys"], json!([]));
    }
}
