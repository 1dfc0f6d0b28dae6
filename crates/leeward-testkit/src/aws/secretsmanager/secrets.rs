use super::{
    policies::Denied,
    rotation::{RotationRefused, SecretRotation},
    store::Store,
};
use crate::aws::time::Time;
use leeward_error_taxonomy::Region;
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, SystemTime},
};

/// The secrets of the in-process AWS, as only it can touch them: who may read them, whether their keys work, when replicas hear
/// of a change, and their rotations; clones share them.
///
/// Secrets are named as in calls: by a name, which is meant in every Region, or by an ARN, which is meant in its own.
#[derive(Clone)]
pub struct Secrets {
    store: Arc<Mutex<Store>>,
    time: Time,
}

impl Secrets {
    pub(in crate::aws) fn new(regions: &[Region], time: Time) -> Self {
        Self {
            store: Arc::new(Mutex::new(Store::new(regions))),
            time,
        }
    }

    /// Denies an operation, such as `GetSecretValue`, on a secret to everybody: `AccessDeniedException`, as by a policy of the
    /// secret.
    ///
    /// `BatchGetSecretValue` reads only what `GetSecretValue` may read.
    pub fn deny(&self, secret: &str, operation: &str) {
        let what = Denied::Operation(operation.to_owned());
        self.store().policies.deny(secret, what);
    }

    /// Denies reading the version of a secret with this staging label, such as `AWSPENDING`, to everybody.
    pub fn deny_stage(&self, secret: &str, stage: &str) {
        let what = Denied::Stage(stage.to_owned());
        self.store().policies.deny(secret, what);
    }

    /// Allows everything again that was denied of `secret`, which must be named as it was then.
    pub fn allow(&self, secret: &str) {
        self.store().policies.allow(secret);
    }

    /// Disables a KMS key, as far as Secrets Manager knows it: `DecryptionFailure` for all secrets that were made with this
    /// `KmsKeyId`, or without any, if it is `alias/aws/secretsmanager`.
    ///
    /// The emulated KMS does not know of it.
    pub fn disable_key(&self, kms_key_id: &str) {
        self.store().policies.disable_key(kms_key_id);
    }

    /// Enables it again.
    pub fn enable_key(&self, kms_key_id: &str) {
        self.store().policies.enable_key(kms_key_id);
    }

    /// Has replicas hear of changes so much later, by the wall clock of this AWS; at once by default.
    pub fn set_replica_lag(&self, lag: Duration) {
        self.store().replication.lag = lag;
    }

    /// Has the replicas in `region` hear of nothing until they are released, so that they keep older versions.
    pub fn hold_replicas(&self, region: &Region) {
        self.store().replication.hold(region);
    }

    /// Has the replicas in `region` hear of what they missed, and of changes from now on.
    pub fn release_replicas(&self, region: &Region) {
        self.store().replication.release(region);
    }

    /// Begins to rotate a secret, as Secrets Manager does when it is due, or takes up what `RotateSecret` has begun.
    ///
    /// The secret needs no rotation function for that: the caller takes the steps of one.
    ///
    /// # Errors
    ///
    /// [`RotationRefused`] if there is no such secret in `region`, or if it cannot be rotated.
    pub fn rotate(&self, region: &Region, secret: &str) -> Result<SecretRotation, RotationRefused> {
        SecretRotation::begin(self, region, secret)
    }

    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().expect("not poisoned")
    }

    pub(super) fn now(&self) -> SystemTime {
        self.time.now()
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}
