use crate::BuildError;
use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    fmt,
    hash::{Hash, Hasher},
    ops::Bound,
    sync::Arc,
};

/// Keys that begin so belong to the message format.
const RESERVED_PREFIX: &str = "aws-crypto-";

/// Pairs of text that are bound to a ciphertext and stand in its header in the clear.
///
/// Whoever decrypts sees them and can be sure of them; KMS writes them to CloudTrail and checks key policies against
/// them. They are no place for secrets. A clone shares the pairs.
///
/// ```
/// use leeward_envelope::EncryptionContext;
///
/// let context = EncryptionContext::new([("tenant", "acme"), ("table", "orders")])?;
/// assert_eq!(context.get("tenant"), Some("acme"));
/// # Ok::<(), leeward_envelope::ContextError>(())
/// ```
#[derive(Clone, Default)]
pub struct EncryptionContext(Arc<Pairs>);

#[derive(Default)]
struct Pairs {
    pairs: BTreeMap<String, String>,
    serialised: Vec<u8>,
}

/// Says why pairs cannot be an [`EncryptionContext`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContextError {
    /// The key begins with `aws-crypto-`.
    #[error("context key {key:?} begins with aws-crypto-, which the format reserves: rename it")]
    ReservedKey {
        /// The key.
        key: String,
    },
    /// The key stands twice.
    #[error("context key {key:?} is given twice: leave one out")]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// Whoever passes the context on has a value of its own under the key, as a class of keys has.
    #[error("context key {key:?} has a fixed value: leave yours out")]
    Fixed {
        /// The key.
        key: String,
    },
    /// The pairs do not fit into a header.
    #[error("the context takes {len} bytes in the header, 65535 at most: shorten it")]
    TooLong {
        /// How many bytes the serialised pairs take.
        len: usize,
    },
}

impl EncryptionContext {
    /// The context without pairs.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Takes pairs, in any order.
    ///
    /// # Errors
    ///
    /// [`ContextError`] if a key is reserved or stands twice, or if the pairs do not fit into a header.
    pub fn new<K, V>(pairs: impl IntoIterator<Item = (K, V)>) -> Result<Self, ContextError>
    where
        K: Into<String>,
        V: Into<String>,
    {
        let context = Self::with_reserved(
            pairs
                .into_iter()
                .map(|(key, value)| (key.into(), value.into())),
        )?;
        context.refuse_reserved()?;
        Ok(context)
    }

    /// The value under `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.pairs.get(key).map(String::as_str)
    }

    /// The pairs, by key in ascending order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0
            .pairs
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// How many pairs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.pairs.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.pairs.is_empty()
    }

    /// The pairs as the format writes them, sorted: what a keyring binds a data key to.
    ///
    /// Empty for the empty context, otherwise a count and the pairs, every length in 16 bits.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0.serialised
    }

    /// Takes pairs that may include those of the format itself, as a header does.
    pub(crate) fn with_reserved(
        given: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ContextError> {
        let mut pairs = BTreeMap::new();
        for (key, value) in given {
            match pairs.entry(key) {
                Entry::Vacant(vacant) => vacant.insert(value),
                Entry::Occupied(taken) => {
                    return Err(ContextError::DuplicateKey {
                        key: taken.key().clone(),
                    });
                }
            };
        }
        let serialised = serialise(&pairs)?;
        Ok(Self(Arc::new(Pairs { pairs, serialised })))
    }

    /// Fails if a pair of the format's own is among these.
    pub(crate) fn refuse_reserved(&self) -> Result<(), ContextError> {
        let reserved = self
            .0
            .pairs
            .range::<str, _>((Bound::Included(RESERVED_PREFIX), Bound::Unbounded))
            .next()
            .filter(|(key, _)| key.starts_with(RESERVED_PREFIX));
        match reserved {
            Some((key, _)) => Err(ContextError::ReservedKey { key: key.clone() }),
            None => Ok(()),
        }
    }

    /// The pairs that only `self` has, out of those that `other` might have too.
    pub(crate) fn without(&self, other: &Self) -> Self {
        if self.iter().all(|(key, _)| other.get(key).is_some()) {
            return Self::empty();
        }
        let only_here = self
            .0
            .pairs
            .iter()
            .filter(|(key, _)| other.get(key).is_none());
        Self::with_reserved(only_here.map(|(key, value)| (key.clone(), value.clone())))
            .expect("a part of a context is a context")
    }

    /// The first of `keys` that no pair has.
    pub(crate) fn missing<'a>(&self, keys: &'a BTreeSet<String>) -> Option<&'a String> {
        keys.iter().find(|key| self.get(key).is_none())
    }

    /// The pairs and one more, which may be of the format's own.
    pub(crate) fn with_pair(&self, (key, value): (String, String)) -> Result<Self, ContextError> {
        let mut pairs = self.0.pairs.clone();
        pairs.insert(key, value);
        Self::with_reserved(pairs)
    }

    /// The pairs under `keys`, and the others.
    pub(crate) fn split(&self, keys: &BTreeSet<String>) -> (Self, Self) {
        if keys.is_empty() {
            return (Self::empty(), self.clone());
        }
        let pairs = self.0.pairs.clone().into_iter();
        let (under, others): (Vec<_>, Vec<_>) = pairs.partition(|(key, _)| keys.contains(key));
        let part = |pairs| Self::with_reserved(pairs).expect("a part of a context is a context");
        (part(under), part(others))
    }

    /// The pairs of both; where both have a key, the value is that of `self`.
    pub(crate) fn union(&self, other: &Self) -> Result<Self, ContextError> {
        if other.iter().all(|(key, _)| self.get(key).is_some()) {
            return Ok(self.clone());
        }
        let mut pairs = other.0.pairs.clone();
        pairs.extend(self.0.pairs.clone());
        Self::with_reserved(pairs)
    }
}

/// Fails if one of the keys that callers are to give is the format's own, which they cannot.
pub(crate) fn refuse_reserved_keys(required: &BTreeSet<String>) -> Result<(), BuildError> {
    match required.iter().find(|key| key.starts_with(RESERVED_PREFIX)) {
        Some(key) => Err(BuildError::ReservedContextKey { key: key.clone() }),
        None => Ok(()),
    }
}

impl PartialEq for EncryptionContext {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.as_bytes() == other.as_bytes()
    }
}

impl Eq for EncryptionContext {}

impl Hash for EncryptionContext {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl fmt::Debug for EncryptionContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.0.pairs).finish()
    }
}

/// Specification: structures, "Encryption Context", "Serialization".
fn serialise(pairs: &BTreeMap<String, String>) -> Result<Vec<u8>, ContextError> {
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let len = pairs.iter().fold(2_usize, |len, (key, value)| {
        len + 4 + key.len() + value.len()
    });
    // The whole bounds the parts, so that no count and no length below can overflow.
    if len > usize::from(u16::MAX) {
        return Err(ContextError::TooLong { len });
    }
    let mut bytes = Vec::with_capacity(len);
    bytes.extend_from_slice(&(pairs.len() as u16).to_be_bytes());
    for text in pairs.iter().flat_map(|(key, value)| [key, value]) {
        bytes.extend_from_slice(&(text.len() as u16).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_written_in_the_order_of_their_keys() {
        let context = EncryptionContext::new([("b", "2"), ("a", ""), ("B", "é")]).unwrap();
        assert_eq!(
            context.as_bytes(),
            b"\0\x03\0\x01B\0\x02\xc3\xa9\0\x01a\0\0\0\x01b\0\x012"
        );
        assert_eq!(EncryptionContext::empty().as_bytes(), b"");
    }

    #[test]
    fn refuses_what_a_header_could_not_hold() {
        let refusal = |pairs: &[(&str, &str)]| {
            EncryptionContext::new(pairs.iter().copied())
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            refusal(&[("z", "1"), ("aws-crypto-public-key", "A")]),
            "context key \"aws-crypto-public-key\" begins with aws-crypto-, which the format reserves: rename it"
        );
        assert_eq!(
            refusal(&[("a", "1"), ("a", "1")]),
            "context key \"a\" is given twice: leave one out"
        );
        let long = "x".repeat(65_535 - 2 - 4);
        assert_eq!(
            refusal(&[("k", &long)]),
            "the context takes 65536 bytes in the header, 65535 at most: shorten it"
        );
        assert!(EncryptionContext::new([("", &long)]).is_ok());
        assert!(EncryptionContext::new([("aws-crypt", "y"), ("aws-crypto", "y")]).is_ok());
    }

    #[test]
    fn equal_pairs_are_equal_contexts_whatever_their_order() {
        let one = EncryptionContext::new([("a", "1"), ("b", "2")]).unwrap();
        let other = EncryptionContext::new([("b", "2"), ("a", "1")]).unwrap();
        assert_eq!(one, other);
        let third = EncryptionContext::new([("a", "12"), ("b", "")]).unwrap();
        assert_ne!(one, third);
    }

    #[test]
    fn what_only_one_side_has_is_told_apart() {
        let one = EncryptionContext::new([("a", "1"), ("b", "2")]).unwrap();
        let other = EncryptionContext::new([("b", "2"), ("c", "3")]).unwrap();
        let keys = |context: &EncryptionContext| {
            context
                .iter()
                .map(|(key, _)| key.to_owned())
                .collect::<String>()
        };
        assert_eq!(keys(&one.without(&other)), "a");
        assert_eq!(keys(&one.union(&other).unwrap()), "abc");
    }
}
