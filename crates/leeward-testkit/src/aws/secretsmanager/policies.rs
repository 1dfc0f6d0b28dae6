use super::{place::SecretId, secret::Secret};
use std::collections::HashSet;

/// Who may not do what, and which keys do not work.
#[derive(Debug, Default)]
pub(super) struct Policies {
    denials: Vec<Denial>,
    disabled_keys: HashSet<String>,
}

#[derive(Debug)]
struct Denial {
    secret: String,
    what: Denied,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Denied {
    Operation(String),
    /// Values under this label.
    Stage(String),
}

/// The key of those who name none.
pub(super) const DEFAULT_KEY: &str = "alias/aws/secretsmanager";

impl Policies {
    pub(super) fn deny(&mut self, secret: &str, what: Denied) {
        let secret = secret.to_owned();
        self.denials.push(Denial { secret, what });
    }

    pub(super) fn allow(&mut self, secret: &str) {
        self.denials.retain(|denial| denial.secret != secret);
    }

    pub(super) fn disable_key(&mut self, id: &str) {
        self.disabled_keys.insert(id.to_owned());
    }

    pub(super) fn enable_key(&mut self, id: &str) {
        self.disabled_keys.remove(id);
    }

    pub(super) fn denies_operation(&self, secret: &Secret, operation: &str) -> bool {
        self.denies(
            secret,
            |what| matches!(what, Denied::Operation(denied) if denied == operation),
        )
    }

    pub(super) fn denies_stage(&self, secret: &Secret, stage: &str) -> bool {
        self.denies(
            secret,
            |what| matches!(what, Denied::Stage(denied) if denied == stage),
        )
    }

    /// Whether the key of the secret works.
    pub(super) fn decrypts(&self, secret: &Secret) -> bool {
        let key = secret.kms_key_id.as_deref().unwrap_or(DEFAULT_KEY);
        !self.disabled_keys.contains(key)
    }

    fn denies(&self, secret: &Secret, is_it: impl Fn(&Denied) -> bool) -> bool {
        self.denials
            .iter()
            .any(|denial| is_it(&denial.what) && names(&denial.secret, secret))
    }
}

/// An ARN names the secret of its own Region, a name that of every Region.
fn names(id: &str, secret: &Secret) -> bool {
    let id = SecretId::read(id);
    let is_here = match id {
        SecretId::Name(_) => true,
        SecretId::Arn {
            region, account, ..
        } => secret.place.region.as_str() == region && secret.place.account == account,
    };
    is_here && id.is(&secret.name, &secret.suffix)
}
