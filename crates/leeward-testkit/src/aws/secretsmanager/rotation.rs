use super::{
    place::{Place, SecretId},
    refused::Refused,
    secret::Secret,
    secrets::Secrets,
    value::SecretValue,
    versions::{CURRENT, PENDING},
};
use crate::aws::ACCOUNT_ID;
use leeward_error_taxonomy::Region;
use std::{fmt, time::SystemTime};

/// A rotation, as the function takes it that Secrets Manager calls for one: `createSecret`, `setSecret`, `testSecret`,
/// `finishSecret`.
///
/// No step is a call that [counts](crate::Counts), and each may be taken again. A rotation that is dropped stays as it is, and its
/// version pending.
#[must_use]
pub struct SecretRotation {
    secrets: Secrets,
    place: Place,
    arn: String,
    version_id: String,
    done: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Begin,
    CreateSecret,
    SetSecret,
    TestSecret,
    FinishSecret,
}

/// Why a rotation does not go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RotationRefused {
    /// Secrets Manager refuses it.
    #[error("{code}: {message}")]
    ByService {
        /// The error code that a call would be answered with.
        code: &'static str,
        /// What it would say.
        message: String,
    },
    /// A step before it was not taken.
    #[error("{step} comes before the step that was to be taken: take it first")]
    OutOfStep {
        /// The step that comes next.
        step: &'static str,
    },
}

impl SecretRotation {
    pub(super) fn begin(
        secrets: &Secrets,
        region: &Region,
        secret: &str,
    ) -> Result<Self, RotationRefused> {
        let account = match SecretId::read(secret) {
            SecretId::Arn { account, .. } => account,
            SecretId::Name(_) => ACCOUNT_ID,
        };
        let place = Place::new(account, region);
        let now = secrets.now();
        let mut store = secrets.store();
        store.catch_up(now);
        let fresh = store.version_id();
        let (arn, version_id) = store.change(&place, secret, now, |secret| {
            if secret.deleted.is_some() {
                return Err(Refused::marked_for_deletion());
            }
            let begun = secret.versions.rotating();
            let begun = begun.filter(|version| version.value.is_none());
            let version_id = match begun {
                Some(version) => version.id.clone(),
                None => {
                    secret.versions.begin_rotation(&fresh, now)?;
                    fresh
                }
            };
            Ok((secret.arn(), version_id))
        })?;
        drop(store);
        Ok(Self {
            secrets: secrets.clone(),
            place,
            arn,
            version_id,
            done: Step::Begin,
        })
    }

    /// The id of the version that is to become current.
    #[must_use]
    pub fn version_id(&self) -> &str {
        &self.version_id
    }

    /// `createSecret`: gives the pending version its value.
    ///
    /// # Errors
    ///
    /// [`RotationRefused`] if it has another one, or if the secret is no more.
    pub fn create_secret(&mut self, value: &str) -> Result<(), RotationRefused> {
        self.change(Step::CreateSecret, |secret, version_id, now| {
            let value = SecretValue::Text(value.to_owned());
            secret.put(version_id, value, &[PENDING], now).map(drop)
        })
    }

    /// `setSecret`: gives the pending value, for the database to take.
    ///
    /// # Errors
    ///
    /// [`RotationRefused`] before `createSecret`, or if the secret is no more.
    pub fn set_secret(&mut self) -> Result<String, RotationRefused> {
        self.pending(Step::SetSecret)
    }

    /// `testSecret`: gives the pending value, to log in to the database with.
    ///
    /// # Errors
    ///
    /// [`RotationRefused`] before `setSecret`, or if the secret is no more.
    pub fn test_secret(&mut self) -> Result<String, RotationRefused> {
        self.pending(Step::TestSecret)
    }

    /// `finishSecret`: makes the pending version current, and what was current the previous one.
    ///
    /// As with AWS the version stays `AWSPENDING` besides.
    ///
    /// # Errors
    ///
    /// [`RotationRefused`] before `testSecret`, or if the secret is no more.
    pub fn finish_secret(&mut self) -> Result<(), RotationRefused> {
        self.change(Step::FinishSecret, |secret, version_id, now| {
            let current = secret.versions.at_stage(CURRENT);
            let current = current.map(|version| version.id.clone());
            secret.move_stage(CURRENT, Some(version_id), current.as_deref(), now)
        })
    }

    fn pending(&mut self, step: Step) -> Result<String, RotationRefused> {
        self.check(step)?;
        let now = self.secrets.now();
        let mut store = self.secrets.store();
        store.catch_up(now);
        let secret = store.find(&self.place, &self.arn);
        let secret = secret.ok_or_else(Refused::not_found)?;
        let version = secret.versions.find(Some(&self.version_id), None)?;
        let text = match &version.value {
            Some(SecretValue::Text(text)) => text.clone(),
            _ => return Err(Refused::no_value("a text").into()),
        };
        drop(store);
        self.done = self.done.max(step);
        Ok(text)
    }

    fn change(
        &mut self,
        step: Step,
        change: impl FnOnce(&mut Secret, &str, SystemTime) -> Result<(), Refused>,
    ) -> Result<(), RotationRefused> {
        self.check(step)?;
        let now = self.secrets.now();
        let mut store = self.secrets.store();
        store.catch_up(now);
        store.change(&self.place, &self.arn, now, |secret| {
            if secret.deleted.is_some() {
                return Err(Refused::marked_for_deletion());
            }
            change(secret, &self.version_id, now)
        })?;
        drop(store);
        self.done = self.done.max(step);
        Ok(())
    }

    fn check(&self, step: Step) -> Result<(), RotationRefused> {
        let next = self.done.next();
        if step <= next {
            return Ok(());
        }
        let step = next.name();
        Err(RotationRefused::OutOfStep { step })
    }
}

impl Step {
    const fn next(self) -> Self {
        match self {
            Self::Begin => Self::CreateSecret,
            Self::CreateSecret => Self::SetSecret,
            Self::SetSecret => Self::TestSecret,
            Self::TestSecret | Self::FinishSecret => Self::FinishSecret,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Begin => "the beginning",
            Self::CreateSecret => "createSecret",
            Self::SetSecret => "setSecret",
            Self::TestSecret => "testSecret",
            Self::FinishSecret => "finishSecret",
        }
    }
}

impl From<Refused> for RotationRefused {
    fn from(refused: Refused) -> Self {
        Self::ByService {
            code: refused.code,
            message: refused.message,
        }
    }
}

impl fmt::Debug for SecretRotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretRotation")
            .field("arn", &self.arn)
            .field("version_id", &self.version_id)
            .field("done", &self.done)
            .finish_non_exhaustive()
    }
}
