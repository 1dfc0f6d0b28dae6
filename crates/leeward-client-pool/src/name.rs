use crate::regional::InvalidResourceName;
use std::{
    borrow::Borrow,
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
    str::FromStr,
    sync::Arc,
};

/// What may be the name of one kind of resource; implemented by an empty type that stands for the kind.
pub trait NameRule: 'static {
    /// What it is, with its article: `the name of a bucket`.
    const WHAT: &'static str;

    /// Looks whether AWS would take it.
    ///
    /// # Errors
    ///
    /// The rule that it breaks, as a sentence without a full stop.
    fn check(text: &str) -> Result<(), String>;
}

/// A name that AWS takes: what it would refuse is refused where the name is read, with the rule.
///
/// It is cheap to clone. With the feature `serde` it is written as text, and read as it is parsed.
///
/// ```
/// use leeward_client_pool::{Name, NameRule, regional::InvalidResourceName};
///
/// #[derive(Debug)]
/// enum Queue {}
///
/// impl NameRule for Queue {
///     const WHAT: &'static str = "the name of a queue";
///
///     fn check(text: &str) -> Result<(), String> {
///         match text.len() {
///             1..=80 => Ok(()),
///             _ => Err("it has 1 to 80 characters".to_owned()),
///         }
///     }
/// }
///
/// let queue: Name<Queue> = "orders".parse()?;
/// assert_eq!(queue.as_str(), "orders");
/// assert_eq!(
///     Name::<Queue>::new("").unwrap_err().to_string(),
///     r#""" is not the name of a queue: it has 1 to 80 characters"#,
/// );
/// # Ok::<(), InvalidResourceName>(())
/// ```
pub struct Name<R> {
    text: Arc<str>,
    rule: PhantomData<fn() -> R>,
}

impl<R: NameRule> Name<R> {
    /// Takes a text for a name.
    ///
    /// # Errors
    ///
    /// [`InvalidResourceName`], with the rule that it breaks.
    pub fn new(text: impl AsRef<str> + Into<Arc<str>>) -> Result<Self, InvalidResourceName> {
        R::check(text.as_ref())
            .map_err(|rule| InvalidResourceName::new(text.as_ref(), R::WHAT, rule))?;
        Ok(Self {
            text: text.into(),
            rule: PhantomData,
        })
    }
}

impl<R> Name<R> {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl<R: NameRule> FromStr for Name<R> {
    type Err = InvalidResourceName;

    fn from_str(text: &str) -> Result<Self, InvalidResourceName> {
        Self::new(text)
    }
}

impl<R: NameRule> TryFrom<&str> for Name<R> {
    type Error = InvalidResourceName;

    fn try_from(text: &str) -> Result<Self, InvalidResourceName> {
        Self::new(text)
    }
}

impl<R: NameRule> TryFrom<String> for Name<R> {
    type Error = InvalidResourceName;

    fn try_from(text: String) -> Result<Self, InvalidResourceName> {
        Self::new(text)
    }
}

impl<R> From<Name<R>> for String {
    fn from(name: Name<R>) -> Self {
        name.as_str().to_owned()
    }
}

impl<R> AsRef<str> for Name<R> {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

/// Equal, ordered and hashed as its text is.
impl<R> Borrow<str> for Name<R> {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl<R> Clone for Name<R> {
    fn clone(&self) -> Self {
        Self {
            text: Arc::clone(&self.text),
            rule: PhantomData,
        }
    }
}

impl<R> PartialEq for Name<R> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<R> Eq for Name<R> {}

impl<R> PartialOrd for Name<R> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<R> Ord for Name<R> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl<R> Hash for Name<R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl<R> fmt::Display for Name<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<R> fmt::Debug for Name<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.text, f)
    }
}

#[cfg(feature = "serde")]
impl<R> serde::Serialize for Name<R> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(feature = "serde")]
impl<'de, R: NameRule> serde::Deserialize<'de> for Name<R> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        Self::new(text).map_err(serde::de::Error::custom)
    }
}
