use super::{
    place::Place,
    policies::DEFAULT_KEY,
    refused::Refused,
    rules::Rules,
    value::SecretValue,
    versions::{CURRENT, Versions},
};
use leeward_error_taxonomy::Region;
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A secret, where it was made or where it is a replica.
#[derive(Clone, Debug)]
pub(super) struct Secret {
    pub(super) place: Place,
    pub(super) name: String,
    /// The six letters at the end of its ARN, other ones each time that a secret of this name is made.
    pub(super) suffix: String,
    /// The Region where it was made.
    pub(super) home: Region,
    /// The how-manieth secret it is.
    pub(super) number: u64,
    pub(super) description: Option<String>,
    pub(super) kms_key_id: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) versions: Versions,
    pub(super) created: SystemTime,
    pub(super) changed: SystemTime,
    pub(super) accessed: Option<SystemTime>,
    /// When it may be deleted for good, if it is to be.
    pub(super) deleted: Option<SystemTime>,
    pub(super) rotated: Option<SystemTime>,
    pub(super) plan: Option<Plan>,
    pub(super) replicas: BTreeMap<Region, Replica>,
}

/// How a secret is rotated.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) is_enabled: bool,
    pub(super) lambda: Option<String>,
    pub(super) rules: Option<Rules>,
    /// From when the next rotation is counted.
    pub(super) since: SystemTime,
}

/// A replica, as its primary knows it.
#[derive(Clone, Debug, Default)]
pub(super) struct Replica {
    pub(super) kms_key_id: Option<String>,
    /// Why there is none.
    pub(super) failure: Option<String>,
}

impl Secret {
    pub(super) fn new(
        place: Place,
        name: &str,
        suffix: &str,
        number: u64,
        now: SystemTime,
    ) -> Self {
        Self {
            home: place.region.clone(),
            place,
            name: name.to_owned(),
            suffix: suffix.to_owned(),
            number,
            description: None,
            kms_key_id: None,
            tags: BTreeMap::new(),
            versions: Versions::default(),
            created: now,
            changed: now,
            accessed: None,
            deleted: None,
            rotated: None,
            plan: None,
            replicas: BTreeMap::new(),
        }
    }

    pub(super) fn arn(&self) -> String {
        self.place.arn(&self.name, &self.suffix)
    }

    pub(super) fn is_replica(&self) -> bool {
        self.home != self.place.region
    }

    /// The service that made it for its user: names of such secrets begin with that of the service.
    pub(super) fn owning_service(&self) -> Option<&str> {
        self.name.split_once('!').map(|(service, _)| service)
    }

    /// What this is in the Regions of its replicas.
    pub(super) fn as_replicas(&self) -> impl Iterator<Item = Self> {
        let there = |(region, replica): (&Region, &Replica)| Self {
            place: self.place.in_region(region),
            kms_key_id: replica.kms_key_id.clone(),
            replicas: BTreeMap::new(),
            accessed: None,
            ..self.clone()
        };
        let made = |(_, replica): &(&Region, &Replica)| replica.failure.is_none();
        self.replicas.iter().filter(made).map(there)
    }

    /// Adds a version, which ends a rotation if it makes what was pending current.
    pub(super) fn put(
        &mut self,
        id: &str,
        value: SecretValue,
        stages: &[&str],
        now: SystemTime,
    ) -> Result<bool, Refused> {
        let rotating = self.rotating();
        let is_new = self.versions.put(id, value, stages, now)?;
        self.note_rotation(rotating, now);
        Ok(is_new)
    }

    /// Moves a label, which ends a rotation likewise.
    pub(super) fn move_stage(
        &mut self,
        stage: &str,
        to: Option<&str>,
        from: Option<&str>,
        now: SystemTime,
    ) -> Result<(), Refused> {
        let rotating = self.rotating();
        self.versions.move_stage(stage, to, from)?;
        self.note_rotation(rotating, now);
        Ok(())
    }

    fn rotating(&self) -> Option<String> {
        self.versions.rotating().map(|version| version.id.clone())
    }

    fn note_rotation(&mut self, rotating: Option<String>, now: SystemTime) {
        let current = self.versions.at_stage(CURRENT).map(|version| &version.id);
        if rotating.is_none() || rotating.as_ref() != current {
            return;
        }
        self.rotated = Some(now);
        if let Some(plan) = &mut self.plan {
            plan.since = now;
        }
    }

    /// Takes note that its value was read, to the day.
    pub(super) fn note_access(&mut self, now: SystemTime) {
        let day = seconds(now) as u64 / 86_400 * 86_400;
        self.accessed = Some(UNIX_EPOCH + Duration::from_secs(day));
    }

    /// What both descriptions and lists tell, but for the versions.
    pub(super) fn told(&self) -> Map<String, Value> {
        let plan = self.plan.as_ref();
        let enabled = plan.filter(|plan| plan.is_enabled);
        let rules = plan.and_then(|plan| plan.rules.as_ref());
        let next = enabled.and_then(|plan| Some(plan.rules.as_ref()?.next(plan.since)));
        let is_replicated = self.is_replica() || !self.replicas.is_empty();
        let key = self.kms_key_id.as_deref().filter(|key| *key != DEFAULT_KEY);
        let tag = |(key, value): (&String, &String)| json!({ "Key": key, "Value": value });
        let tags: Vec<_> = self.tags.iter().map(tag).collect();
        let date = |date: Option<SystemTime>| date.map(seconds);
        let fields = json!({
            "ARN": self.arn(),
            "Name": self.name,
            "Description": self.description,
            "KmsKeyId": key,
            "RotationEnabled": plan.map(|plan| plan.is_enabled),
            "RotationLambdaARN": plan.and_then(|plan| plan.lambda.as_deref()),
            "RotationRules": rules.map(|rules| &rules.told),
            "LastRotatedDate": enabled.and_then(|_| date(self.rotated)),
            "NextRotationDate": date(next),
            "LastChangedDate": seconds(self.changed),
            "LastAccessedDate": date(self.accessed),
            "DeletedDate": date(self.deleted),
            "CreatedDate": seconds(self.created),
            "PrimaryRegion": is_replicated.then(|| self.home.as_str()),
            "OwningService": self.owning_service(),
            "Tags": tags,
        });
        let mut fields = match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        fields.retain(|_, value| !value.is_null());
        fields
    }

    /// Which version has which labels; those without one are not told of.
    pub(super) fn versions_to_stages(&self) -> Value {
        self.versions
            .iter()
            .filter(|version| !version.stages.is_empty())
            .map(|version| (version.id.clone(), json!(version.stages)))
            .collect::<Map<_, _>>()
            .into()
    }
}

/// A date as JSON 1.1 writes it.
pub(super) fn seconds(date: SystemTime) -> f64 {
    let since = date.duration_since(UNIX_EPOCH).unwrap_or_default();
    (since.as_secs_f64() * 1_000.0).round() / 1_000.0
}
