use super::{Identity, InvalidRoleArn, Partition, RoleArn};
use crate::{ClientError, key::Digest};
use leeward_error_taxonomy::Region;
use std::{
    fmt,
    hash::{Hash, Hasher, RandomState},
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
    time::Duration,
};

/// A role, and how it is assumed: all of it makes one identity another.
///
/// By default the pool's own identity assumes it, for an hour, under a session name of the pool.
///
/// ```
/// use leeward_client_pool::{Identity, Role};
///
/// // From the profile `hub` to a role of the hub's account, and from there to the partner's.
/// let hub = Role::new("arn:aws:iam::111122223333:role/hub")?.assumed_by(Identity::profile("hub"));
/// let partner = Role::new("arn:aws:iam::444455556666:role/ledger")?
///     .with_external_id("partner-7")
///     .with_session_name("payments")
///     .assumed_by(hub);
/// # Ok::<(), leeward_client_pool::InvalidRoleArn>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Role {
    arn: RoleArn,
    external_id: Option<Box<str>>,
    session_name: Option<Box<str>>,
    policy: Option<Box<str>>,
    /// What stands for the external id and the policy in a hash.
    conditions: Option<Digest>,
    lifetime: Option<Duration>,
    assumed_by: AssumedBy,
}

/// Who assumes a role.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum AssumedBy {
    Identity(Identity),
    /// A web identity, whose token is in this file.
    TokenOf(Arc<Path>),
}

/// Under this key, which nobody outside of the process knows, whatever is not for logs is hashed.
static DIGESTS: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// By a digest for the external id and the policy: they are read once, when they are set, and not with each client that is
/// asked for; and whoever chooses them cannot choose where they fall in the map of clients. Two roles are still compared by what
/// they hold.
impl Hash for Role {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.arn.hash(state);
        self.session_name.hash(state);
        self.conditions.hash(state);
        self.lifetime.hash(state);
        self.assumed_by.hash(state);
    }
}

impl Role {
    /// A role by its ARN.
    ///
    /// # Errors
    ///
    /// [`InvalidRoleArn`], which says what is wrong with the text.
    pub fn new(arn: &str) -> Result<Self, InvalidRoleArn> {
        Ok(Self {
            arn: RoleArn::new(arn)?,
            external_id: None,
            session_name: None,
            policy: None,
            conditions: None,
            lifetime: None,
            assumed_by: AssumedBy::Identity(Identity::DEFAULT),
        })
    }

    /// The external id that the role's trust policy asks for.
    #[must_use]
    pub fn with_external_id(self, external_id: &str) -> Self {
        Self {
            external_id: Some(external_id.into()),
            ..self
        }
        .digested()
    }

    /// The name of the session, as CloudTrail shows it. Default: `leeward-` and the id of the process.
    #[must_use]
    pub fn with_session_name(self, session_name: &str) -> Self {
        Self {
            session_name: Some(session_name.into()),
            ..self
        }
    }

    /// A policy, as JSON, that narrows what the session may do.
    #[must_use]
    pub fn with_policy(self, policy: &str) -> Self {
        Self {
            policy: Some(policy.into()),
            ..self
        }
        .digested()
    }

    fn digested(self) -> Self {
        let conditions = (&self.external_id, &self.policy);
        Self {
            conditions: Some(Digest::of(&*DIGESTS, &conditions)),
            ..self
        }
    }

    /// How long the credentials are asked for: 15 minutes to what the role allows (1 hour by default, and the most that a
    /// role gets which is assumed by a role). Default: 1 hour.
    #[must_use]
    pub const fn with_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = Some(lifetime);
        self
    }

    /// Who assumes it: a profile, another role, given keys. Default: whom the pool was built for.
    #[must_use]
    pub fn assumed_by(self, identity: impl Into<Identity>) -> Self {
        Self {
            assumed_by: AssumedBy::Identity(identity.into()),
            ..self
        }
    }

    /// The web identity assumes it whose token is in this file. It is read for each session, since somebody else renews it.
    ///
    /// So are the roles of Kubernetes' service accounts assumed (IRSA), of which the environment tells the pool; an external id
    /// is of no use then.
    ///
    /// ```
    /// use leeward_client_pool::Role;
    ///
    /// let ledger = Role::new("arn:aws:iam::111122223333:role/ledger")?
    ///     .assumed_by_web_identity("/var/run/secrets/tokens/ledger");
    /// # Ok::<(), leeward_client_pool::InvalidRoleArn>(())
    /// ```
    #[must_use]
    pub fn assumed_by_web_identity(self, token_file: impl Into<PathBuf>) -> Self {
        Self {
            assumed_by: AssumedBy::TokenOf(token_file.into().into()),
            ..self
        }
    }

    /// The ARN.
    #[must_use]
    pub fn arn(&self) -> &str {
        self.arn.as_str()
    }

    pub(crate) fn account(&self) -> &str {
        self.arn.account()
    }

    pub(crate) fn partition(&self) -> Partition {
        self.arn.partition()
    }

    /// Refuses a Region in which the role can be nobody.
    pub(crate) fn is_good_in(&self, region: &Region) -> Result<(), ClientError> {
        self.is_of_the_partition_of(region.as_str(), Partition::of(region))
    }

    /// Refuses another role that it cannot be assumed by.
    pub(crate) fn is_assumable_by(&self, other: &Self) -> Result<(), ClientError> {
        self.is_of_the_partition_of(other.arn(), other.partition())
    }

    fn is_of_the_partition_of(&self, other: &str, partition: Partition) -> Result<(), ClientError> {
        let own = self.partition();
        if own == partition {
            Ok(())
        } else {
            Err(ClientError::mixed((self.arn(), own), (other, partition)))
        }
    }

    pub(crate) fn external_id(&self) -> Option<&str> {
        self.external_id.as_deref()
    }

    pub(crate) fn session_name(&self) -> Option<&str> {
        self.session_name.as_deref()
    }

    pub(crate) fn policy(&self) -> Option<&str> {
        self.policy.as_deref()
    }

    pub(crate) const fn lifetime(&self) -> Option<Duration> {
        self.lifetime
    }

    pub(crate) const fn caller(&self) -> &AssumedBy {
        &self.assumed_by
    }

    /// Whose credentials assume it; none if a token does.
    pub(crate) const fn source(&self) -> Option<&Identity> {
        match &self.assumed_by {
            AssumedBy::Identity(identity) => Some(identity),
            AssumedBy::TokenOf(_) => None,
        }
    }
}

/// Without the external id and the policy, which are not for logs.
impl fmt::Debug for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Role")
            .field("arn", &self.arn())
            .field("session_name", &self.session_name)
            .field("lifetime", &self.lifetime)
            .field("assumed_by", &self.assumed_by)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_how_a_role_is_assumed_makes_another_identity() {
        let role = || Role::new("arn:aws:iam::111122223333:role/ledger").unwrap();
        let others = [
            Role::new("arn:aws:iam::111122223334:role/ledger").unwrap(),
            role().with_external_id("x"),
            role().with_session_name("x"),
            role().with_policy("{}"),
            role().with_lifetime(Duration::from_secs(900)),
            role().assumed_by(Identity::profile("hub")),
            role().assumed_by_web_identity("token"),
        ];
        for (at, other) in others.iter().enumerate() {
            assert_ne!(*other, role());
            assert!(others[..at].iter().all(|before| before != other));
        }
        assert_eq!(role(), role());
    }

    /// Takes what is hashed as it comes.
    #[derive(Default)]
    struct Heard(Vec<u8>);

    impl Hasher for Heard {
        fn write(&mut self, bytes: &[u8]) {
            self.0.extend(bytes);
        }

        fn finish(&self) -> u64 {
            0
        }
    }

    #[test]
    fn equal_roles_are_hashed_alike_and_their_conditions_by_a_digest() {
        let heard = |role: &Role| {
            let mut heard = Heard::default();
            role.hash(&mut heard);
            heard.0
        };
        let role = || Role::new("arn:aws:iam::111122223333:role/ledger").unwrap();
        let one = role().with_external_id("partner-7").with_policy("{}");
        let same = role().with_policy("{}").with_external_id("partner-7");
        assert_eq!(one, same);
        assert_eq!(heard(&one), heard(&same));
        assert_ne!(heard(&one), heard(&role()));
        // What is said last counts, as in what is compared.
        let corrected = one.clone().with_external_id("partner-8");
        assert_ne!(heard(&one), heard(&corrected));
        assert_eq!(heard(&one), heard(&corrected.with_external_id("partner-7")));
        // Each stands for itself, wherever the one ends and the other begins.
        let swapped = role().with_external_id("{}").with_policy("partner-7");
        assert_ne!(heard(&one), heard(&swapped));
        let text = String::from_utf8_lossy(&heard(&one)).into_owned();
        assert!(
            text.contains("role/ledger") && !text.contains("partner"),
            "{text}"
        );
        let long = role().with_policy(&" ".repeat(2_048));
        assert_eq!(heard(&long).len(), heard(&role().with_policy("{}")).len());
    }

    #[test]
    fn neither_the_external_id_nor_the_policy_is_printed() {
        let role = Role::new("arn:aws:iam::111122223333:role/ledger").unwrap();
        let text = format!("{:?}", role.with_external_id("hush").with_policy("hush"));
        assert!(!text.contains("hush"), "{text}");
    }
}
