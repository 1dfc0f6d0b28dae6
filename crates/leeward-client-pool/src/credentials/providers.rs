use super::{
    CredentialStats, RefreshingCredentials, Sts,
    assume_role::{AssumedRole, Unassumed},
    counts::told,
    loader::Surroundings,
    profile::{self, Found, ProfileCredentials},
};
use crate::{
    ClientError, Identity, Role,
    identity::{Keys, Kind},
};
use aws_credential_types::provider::{
    ProvideCredentials, SharedCredentialsProvider, error::CredentialsError,
};
use aws_types::SdkConfig;
use leeward_error_taxonomy::Region;
use std::{
    collections::HashMap,
    error::Error,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

/// The providers of all identities: one for each, however many clients, services and Regions there are.
///
/// Past the bound the identity that was asked for longest ago is forgotten; clients that have its provider keep it.
pub(crate) struct Providers {
    base: SdkConfig,
    /// Whom the pool was built for.
    own: Identity,
    bound: usize,
    around: Surroundings,
    sts: Arc<Sts>,
    known: Mutex<Known>,
}

/// What a client needs of an identity.
#[derive(Clone)]
pub(crate) struct Provided {
    pub(crate) provider: SharedCredentialsProvider,
    /// What is to hear that a service has refused the credentials, if others can be had.
    pub(crate) renewal: Option<RefreshingCredentials>,
    /// The Region that the profile names.
    pub(crate) region: Option<Region>,
    /// When credentials expire that nobody renews.
    pub(crate) expiry: Option<SystemTime>,
}

/// An identity, and what `Identity::DEFAULT` means in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Name {
    identity: Identity,
    /// Within the pool's own identity the default is the SDK's chain, elsewhere it is the pool's own identity.
    is_own: bool,
}

#[derive(Default)]
struct Known {
    entries: HashMap<Name, Entry>,
    uses: u64,
}

struct Entry {
    provided: Provided,
    last_use: u64,
}

impl Providers {
    /// The roles that calls as `identity` go by way of, the last assumed first.
    pub(crate) fn roles<'a>(&'a self, identity: &'a Identity) -> impl Iterator<Item = &'a Role> {
        let role_of = |identity: &'a Identity| match identity.0 {
            Kind::Default => self.own.as_role(),
            _ => identity.as_role(),
        };
        // The pool's own role is assumed by nobody's default but the chain's.
        let is_own = |role: &Role| {
            self.own
                .as_role()
                .is_some_and(|own| std::ptr::eq(own, role))
        };
        std::iter::successors(role_of(identity), move |role| match role.source().0 {
            Kind::Default if is_own(role) => None,
            _ => role_of(role.source()),
        })
    }

    pub(super) fn new(
        base: SdkConfig,
        own: Identity,
        bound: usize,
        around: Surroundings,
        sts: Sts,
    ) -> Self {
        Self {
            base,
            own,
            bound,
            around,
            sts: Arc::new(sts),
            known: Mutex::default(),
        }
    }

    /// Gives the provider of an identity.
    ///
    /// For a profile and a role its credentials are loaded first, unless they are there: what is wrong is told here and not by
    /// the first call.
    pub(crate) async fn provide(&self, identity: &Identity) -> Result<Provided, ClientError> {
        let name = self.name(identity, false);
        let provided = self.find_or_make(name.clone()).await?;
        if matches!(name.identity.0, Kind::Role(_) | Kind::Profile(_)) {
            let loaded = provided.provider.provide_credentials().await;
            loaded.map_err(|error| not_provided(&name.identity, error))?;
        }
        Ok(provided)
    }

    fn name(&self, identity: &Identity, is_own: bool) -> Name {
        match identity.0 {
            Kind::Default if is_own || self.own == Identity::DEFAULT => Name {
                identity: Identity::DEFAULT,
                is_own: true,
            },
            Kind::Default => self.name(&self.own, true),
            // These hold no default, and are the same wherever they stand.
            Kind::Profile(_) | Kind::Keys(_) | Kind::Provider(_) => Name {
                identity: identity.clone(),
                is_own: false,
            },
            Kind::Role(ref role) => {
                let roles = std::iter::successors(Some(&**role), |role| role.source().as_role());
                let root = roles.last().map(Role::source);
                // What begins with no default is the same wherever it stands.
                let holds_default = root.is_none_or(|root| *root == Identity::DEFAULT);
                Name {
                    identity: identity.clone(),
                    is_own: holds_default && (is_own || self.own == Identity::DEFAULT),
                }
            }
        }
    }

    async fn find_or_make(&self, name: Name) -> Result<Provided, ClientError> {
        if let Kind::Keys(keys) = &name.identity.0 {
            // Nothing is kept of them, so that they are looked at each time.
            return fixed(keys, self.around.time.now());
        }
        if let Some(known) = self.known().find(&name) {
            return Ok(known);
        }
        let made = self.make(&name).await?;
        // Another may have made it by now, and then that one is everybody's.
        Ok(self.known().insert(name, made, self.bound))
    }

    async fn make(&self, name: &Name) -> Result<Provided, ClientError> {
        Ok(match &name.identity.0 {
            Kind::Default => {
                let chain = self.base.credentials_provider();
                self.renewing(name, chain.ok_or(ClientError::ShutDown)?)
            }
            Kind::Profile(profile) => {
                let Found { region, role } = profile::find(profile).await?;
                let provided = match role {
                    Some(role) => {
                        let role = self.name(&role.into(), false);
                        Box::pin(self.find_or_make(role)).await?
                    }
                    None => {
                        let own = ProfileCredentials::new(profile, region.as_ref(), &self.base);
                        self.renewing(name, SharedCredentialsProvider::new(own))
                    }
                };
                Provided { region, ..provided }
            }
            Kind::Role(role) => {
                let source = self.source(role, name.is_own)?;
                let source = Box::pin(self.find_or_make(source)).await?;
                let provider = AssumedRole::new(role.clone(), source, self.sts.clone());
                self.renewing(name, SharedCredentialsProvider::new(provider))
            }
            Kind::Keys(keys) => fixed(keys, self.around.time.now())?,
            Kind::Provider(own) => self.renewing(name, own.0.clone()),
        })
    }

    /// Who assumes the role.
    fn source(&self, role: &Role, is_own: bool) -> Result<Name, ClientError> {
        let source = self.name(role.source(), is_own);
        if let Some(assuming) = source.identity.as_role()
            && assuming.partition() != role.partition()
        {
            return Err(ClientError::MixedPartitions {
                one: role.arn().to_owned(),
                one_partition: role.partition().to_string(),
                other: assuming.arn().to_owned(),
                other_partition: assuming.partition().to_string(),
            });
        }
        Ok(source)
    }

    fn renewing(&self, name: &Name, provider: SharedCredentialsProvider) -> Provided {
        let label = name.identity.to_string();
        let renewing = RefreshingCredentials::within(provider, &label, self.around.clone());
        Provided {
            provider: SharedCredentialsProvider::new(renewing.clone()),
            renewal: Some(renewing),
            region: None,
            expiry: None,
        }
    }

    /// Drops the credentials of the sessions of a role, and of those of roles that were assumed by way of it.
    ///
    /// Clients that have their provider ask STS anew with their next call.
    pub(crate) fn invalidate_role(&self, arn: &str) {
        let mut known = self.known();
        known.entries.retain(|name, entry| {
            let is_meant = self.is_by_way_of(name, arn);
            if is_meant && let Some(renewing) = &entry.provided.renewal {
                renewing.loader().invalidate_any();
            }
            !is_meant
        });
    }

    fn is_by_way_of(&self, name: &Name, arn: &str) -> bool {
        let mut next = Some(name.clone());
        while let Some(name) = next {
            let Some(role) = name.identity.as_role() else {
                return false;
            };
            if role.arn() == arn {
                return true;
            }
            next = Some(self.name(role.source(), name.is_own));
        }
        false
    }

    /// Forgets all identities; clients that have a provider keep it, and what it holds.
    pub(crate) fn clear(&self) {
        self.known().entries.clear();
    }

    pub(crate) fn stats(&self) -> CredentialStats {
        let (kept, next_expiry) = {
            let known = self.known();
            let entries = known.entries.values().map(|entry| &entry.provided);
            let expiries = entries.filter_map(|provided| {
                let renewing = provided.renewal.as_ref();
                renewing.map_or(provided.expiry, RefreshingCredentials::expiry)
            });
            (known.entries.len(), expiries.min())
        };
        self.around.counts.read(kept, next_expiry)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn find(&mut self, name: &Name) -> Option<Provided> {
        let entry = self.entries.get_mut(name)?;
        self.uses += 1;
        entry.last_use = self.uses;
        Some(entry.provided.clone())
    }

    fn insert(&mut self, name: Name, made: Provided, bound: usize) -> Provided {
        if let Some(known) = self.find(&name) {
            return known;
        }
        while self.entries.len() >= bound {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.last_use);
            let Some(oldest) = oldest.map(|(name, _)| name.clone()) else {
                break;
            };
            self.entries.remove(&oldest);
        }
        self.uses += 1;
        let entry = Entry {
            provided: made.clone(),
            last_use: self.uses,
        };
        self.entries.insert(name, entry);
        made
    }
}

fn fixed(keys: &Keys, now: SystemTime) -> Result<Provided, ClientError> {
    let expiry = keys.credentials().expiry();
    if let Some(ago) = expiry.and_then(|expiry| now.duration_since(expiry).ok()) {
        return Err(ClientError::Expired {
            keys: keys.to_string(),
            ago,
        });
    }
    Ok(Provided {
        provider: SharedCredentialsProvider::new(keys.credentials().clone()),
        renewal: None,
        region: None,
        expiry,
    })
}

fn not_provided(identity: &Identity, error: CredentialsError) -> ClientError {
    let chain = std::iter::successors(error.source(), |&error| error.source()).take(16);
    let denied = chain
        .filter_map(|error| error.downcast_ref::<Unassumed>())
        .find_map(|error| match error {
            Unassumed::Denied { role, caller, .. } => Some((role.clone(), caller.clone())),
            _ => None,
        });
    let reason = told(&error);
    let source = Arc::new(error);
    match denied {
        Some((role, caller)) => ClientError::RoleDenied {
            role,
            caller,
            source,
        },
        None => ClientError::Credentials {
            identity: identity.to_string(),
            reason,
            source,
        },
    }
}

impl fmt::Debug for Providers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Providers")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
