use super::{
    CredentialStats, RefreshingCredentials,
    assume_role::{AssumedRole, Caller},
    counts::told,
    known::{Content, Known, Name},
    loader::Surroundings,
    profile::{self, Found, ProfileCredentials},
    registry::{Registry, Roles},
    sts::Sts,
    unassumed::Unassumed,
};
use crate::{
    ClientError, Identity, Role,
    cache::Sweeps,
    identity::{AssumedBy, Keys, Kind},
};
use aws_credential_types::provider::{
    ProvideCredentials, SharedCredentialsProvider, error::CredentialsError,
};
use aws_types::SdkConfig;
use leeward_error_taxonomy::Region;
use std::{
    error::Error,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

/// The providers of all identities: one for each, however many clients, services and Regions there are.
///
/// Past the bound the identity that was asked for longest ago is forgotten; clients that have its provider keep it. One that
/// nobody has any more goes when its credentials are over.
pub(crate) struct Providers {
    base: SdkConfig,
    /// Whom the pool was built for.
    own: Identity,
    bound: usize,
    around: Surroundings,
    sts: Arc<Sts>,
    known: Mutex<Known>,
    sweeps: Sweeps,
    handed_out: Registry,
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
    /// The roles that the credentials go by way of, those of profiles included, the last assumed first.
    pub(crate) roles: Roles,
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
        std::iter::successors(role_of(identity), move |role| {
            let source = role.source()?;
            match source.0 {
                Kind::Default if is_own(role) => None,
                _ => role_of(source),
            }
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
            sweeps: Sweeps::default(),
            handed_out: Registry::default(),
        }
    }

    /// Gives the provider of an identity; nothing is loaded yet.
    pub(crate) async fn provide(&self, identity: &Identity) -> Result<Provided, ClientError> {
        self.find_or_make(self.name(identity, false)).await
    }

    /// Loads the credentials of a profile and of a role, unless they are there: what is wrong is told here and not by the first
    /// call.
    pub(crate) async fn load(
        &self,
        identity: &Identity,
        provided: &Provided,
    ) -> Result<(), ClientError> {
        let identity = self.name(identity, false).identity;
        if matches!(identity.0, Kind::Role(_) | Kind::Profile(_)) {
            let loaded = provided.provider.provide_credentials().await;
            loaded.map_err(|error| not_provided(&identity, error))?;
        }
        Ok(())
    }

    fn name(&self, identity: &Identity, is_own: bool) -> Name {
        match identity.0 {
            Kind::Default if is_own || self.own == Identity::DEFAULT => Name {
                identity: Identity::DEFAULT,
                is_own: true,
            },
            Kind::Default => self.name(&self.own, true),
            // These hold no default, and are the same wherever they stand.
            Kind::Profile(_) | Kind::Source(_) | Kind::Keys(_) | Kind::Provider(_) => Name {
                identity: identity.clone(),
                is_own: false,
            },
            Kind::Role(ref role) => {
                let mut root = role.source();
                while let Some(role) = root.and_then(Identity::as_role) {
                    root = role.source();
                }
                // What begins with no default is the same wherever it stands.
                let holds_default = root == Some(&Identity::DEFAULT);
                Name {
                    identity: identity.clone(),
                    is_own: holds_default && (is_own || self.own == Identity::DEFAULT),
                }
            }
        }
    }

    async fn find_or_make(&self, name: Name) -> Result<Provided, ClientError> {
        match &name.identity.0 {
            // Nothing is kept of them, so that they are looked at each time.
            Kind::Keys(keys) => fixed(keys, self.around.time.now()),
            Kind::Default => {
                let chain = self.base.credentials_provider();
                let chain = chain.ok_or(ClientError::ShutDown)?;
                Ok(self.known_or(&name, Roles::default(), || chain))
            }
            Kind::Provider(own) => Ok(self.known_or(&name, Roles::default(), || own.0.clone())),
            Kind::Source(source) => Ok(self.known_or(&name, Roles::default(), || {
                profile::provider_of(*source, &self.base)
            })),
            // Read each time, so that a corrected file counts.
            Kind::Profile(profile) => {
                let Found {
                    region,
                    role,
                    foreign,
                } = profile::find(profile).await?;
                let provided = match role {
                    Some(role) => {
                        let role = self.name(&role.into(), false);
                        Box::pin(self.find_or_make(role)).await?
                    }
                    None => self.known_or(&name, foreign, || {
                        let own = ProfileCredentials::new(profile, &self.base);
                        SharedCredentialsProvider::new(own)
                    }),
                };
                Ok(Provided { region, ..provided })
            }
            Kind::Role(role) => {
                let (caller, by_way_of) = match role.caller() {
                    AssumedBy::TokenOf(file) => (Caller::TokenOf(file.clone()), Roles::default()),
                    AssumedBy::Identity(source) => {
                        let source = self.name(source, name.is_own);
                        let source = Box::pin(self.find_or_make(source)).await?;
                        let roles = source.roles.clone();
                        (Caller::Signer(source), roles)
                    }
                };
                if let Some(assuming) = by_way_of.first() {
                    role.is_assumable_by(assuming)?;
                }
                let others = by_way_of.iter().cloned();
                let roles = std::iter::once(role.clone()).chain(others).collect();
                Ok(self.known_or(&name, roles, || {
                    let provider = AssumedRole::new(role.clone(), caller, self.sts.clone());
                    SharedCredentialsProvider::new(provider)
                }))
            }
        }
    }

    /// The provider of this content; made, if there is none yet.
    fn known_or(
        &self,
        name: &Name,
        roles: Roles,
        make: impl FnOnce() -> SharedCredentialsProvider,
    ) -> Provided {
        let content = Content {
            name: name.clone(),
            roles,
        };
        self.sweep();
        let mut known = self.known();
        if let Some(found) = known.find(&content) {
            return found;
        }
        let made = self.renewing(&content, make());
        known.insert(content, made.clone(), self.bound);
        made
    }

    /// Lets go of what nobody has any more, so that the secrets of the past do not stay in memory.
    fn sweep(&self) {
        let now = self.around.time.now();
        if self.sweeps.is_due(now) {
            let over = self.known().take_over(now);
            // Not under the lock: a provider of the user's own may end by anything.
            drop(over);
        }
    }

    fn renewing(&self, content: &Content, provider: SharedCredentialsProvider) -> Provided {
        let label = content.name.identity.to_string();
        let renewing = RefreshingCredentials::within(provider, &label, self.around.clone());
        self.handed_out.add(content.roles.clone(), &renewing);
        Provided {
            provider: SharedCredentialsProvider::new(renewing.clone()),
            renewal: Some(renewing),
            region: None,
            expiry: None,
            roles: content.roles.clone(),
        }
    }

    /// Drops the credentials of the sessions of a role, and of those of roles that were assumed by way of it; what is being
    /// loaded is given to those who wait for it, and not kept.
    ///
    /// Clients that there are and those that are made afterwards share the next session.
    pub(crate) fn invalidate_role(&self, arn: &str) {
        let is_by_way_of = |roles: &[Arc<Role>]| roles.iter().any(|role| role.arn() == arn);
        for loader in self.handed_out.live(is_by_way_of) {
            loader.invalidate_any();
        }
    }

    /// Forgets all identities; clients that have a provider keep it, and what it holds, but not what is being loaded.
    pub(crate) fn clear(&self) {
        self.known().entries.clear();
        for loader in self.handed_out.live(|_| true) {
            loader.outdate();
        }
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
        roles: Arc::default(),
    })
}

impl Provided {
    /// Refuses a Region in which one of its roles can be nobody.
    pub(crate) fn is_good_in(&self, region: &Region) -> Result<(), ClientError> {
        self.roles
            .iter()
            .try_for_each(|role| role.is_good_in(region))
    }
}

fn not_provided(identity: &Identity, error: CredentialsError) -> ClientError {
    let chain = std::iter::successors(error.source(), |&error| error.source()).take(16);
    let denied = chain
        .filter_map(|error| error.downcast_ref::<Unassumed>())
        .find_map(|error| match error {
            Unassumed::Denied {
                role,
                caller,
                action,
                ..
            } => Some((role.clone(), caller.clone(), *action)),
            _ => None,
        });
    let reason = told(&error);
    let source = Arc::new(error);
    match denied {
        Some((role, caller, action)) => ClientError::RoleDenied {
            role,
            caller,
            action,
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
