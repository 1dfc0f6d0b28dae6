use super::{RefreshingCredentials, loader::Loader};
use crate::Role;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// All loaders that were handed out, for as long as anybody has them: also those whose identity made room for another.
#[derive(Default)]
pub(super) struct Registry(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    all: Vec<Entry>,
    /// At this length the dead ones are swept out.
    sweep_at: usize,
}

/// The roles that credentials go by way of, the last assumed first.
pub(crate) type Roles = Arc<[Arc<Role>]>;

struct Entry {
    roles: Roles,
    loader: Weak<Loader>,
}

/// There is no sweep below this length.
const FEW: usize = 64;

impl Registry {
    /// Remembers a loader, and the roles that its credentials go by way of.
    ///
    /// At most as many dead ones are kept as there were live ones at the latest sweep, or [`FEW`].
    pub(super) fn add(&self, roles: Roles, credentials: &RefreshingCredentials) {
        let mut entries = self.entries();
        if entries.all.len() >= entries.sweep_at.max(FEW) {
            entries.all.retain(|entry| entry.loader.strong_count() > 0);
            entries.sweep_at = entries.all.len() * 2;
        }
        let loader = Arc::downgrade(credentials.loader());
        entries.all.push(Entry { roles, loader });
    }

    /// The live ones whose credentials `are_meant`, by their roles.
    pub(super) fn live(&self, are_meant: impl Fn(&[Arc<Role>]) -> bool) -> Vec<Arc<Loader>> {
        let entries = self.entries();
        let meant = entries.all.iter().filter(|entry| are_meant(&entry.roles));
        meant.filter_map(|entry| entry.loader.upgrade()).collect()
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};

    fn credentials() -> RefreshingCredentials {
        let keys = Credentials::from_keys("AKID", "hush", None);
        let keys = SharedCredentialsProvider::new(keys);
        RefreshingCredentials::builder(keys).build().unwrap()
    }

    #[tokio::test]
    async fn what_nobody_has_any_more_is_swept_out() {
        let registry = Registry::default();
        let kept: Vec<_> = (0..10).map(|_| credentials()).collect();
        for one in &kept {
            registry.add(Arc::default(), one);
        }
        for _ in 0..1_000 {
            registry.add(Arc::default(), &credentials());
            assert!(registry.entries().all.len() <= FEW);
        }
        assert_eq!(registry.live(|_| true).len(), kept.len());
    }

    #[tokio::test]
    async fn they_are_found_by_their_roles() {
        let registry = Registry::default();
        let (ledger, other) = (credentials(), credentials());
        let role = Role::new("arn:aws:iam::111122223333:role/ledger").unwrap();
        registry.add([Arc::new(role)].into(), &ledger);
        registry.add(Arc::default(), &other);
        let found = registry.live(|roles| roles.iter().any(|role| role.arn().ends_with("/ledger")));
        assert_eq!(found.len(), 1);
        assert!(Arc::ptr_eq(&found[0], ledger.loader()));
    }
}
