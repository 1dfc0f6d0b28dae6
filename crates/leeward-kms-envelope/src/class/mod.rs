//! Keys by what they are for: `general`, `pii`, `payment`, or any other name.
//!
//! Each class has a KMS key, a cache, a policy for contexts and one for commitment; its name is in the context of all that is
//! written in it, so that a message of one class cannot be opened in another.

mod builder;
mod error;
mod key_class;
mod policy;
mod sealed;
mod variables;

pub use builder::KeyClassesBuilder;
pub use error::{KeyClassesError, UnknownClass};
pub use key_class::KeyClass;
pub use policy::ContextPolicy;
pub use sealed::Class;

use crate::{KmsCalls, KmsService};
use std::{collections::BTreeMap, fmt, sync::Arc};

/// Classes of keys by name.
///
/// ```no_run
/// use leeward_envelope::EncryptionContext;
/// use leeward_kms_envelope::{ContextPolicy, KeyClass, KeyClasses, KmsService};
///
/// # async fn run(kms: KmsService) -> Result<(), Box<dyn std::error::Error>> {
/// let payment = "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";
/// let classes = KeyClasses::builder(kms)
///     .with_class("general", KeyClass::new("arn:aws:kms:us-east-1:111122223333:alias/general".parse()?))
///     .with_class(
///         "payment",
///         KeyClass::new(payment.parse()?)
///             .with_context_policy(ContextPolicy::new().requiring(["tenant"]).fixing("app", "shop")),
///     )
///     .build()?;
///
/// let context = EncryptionContext::new([("tenant", "acme")])?;
/// let message = classes.class("payment")?.encrypt(b"4242", &context).await?;
/// let decrypted = classes.class("payment")?.decrypt(&message, &context).await?;
/// assert_eq!(decrypted.plaintext(), b"4242");
/// # Ok(())
/// # }
/// ```
///
/// A clone shares all classes.
#[derive(Clone)]
pub struct KeyClasses {
    classes: Arc<BTreeMap<String, Class>>,
}

impl KeyClasses {
    /// The pair of the context under which each message names its class.
    pub const CONTEXT_KEY: &str = "key-class";

    /// Starts with no class; all of their keys are reached through `kms`.
    pub fn builder<S>(kms: KmsService<S>) -> KeyClassesBuilder<S>
    where
        KmsService<S>: KmsCalls,
    {
        KeyClassesBuilder::new(kms)
    }

    /// The classes that the environment names; see [`KeyClassesBuilder::with_env`].
    ///
    /// # Errors
    ///
    /// [`KeyClassesError`], which names the variable; [`KeyClassesError::NoClasses`] if there is none.
    pub fn from_env<S>(kms: KmsService<S>) -> Result<Self, KeyClassesError>
    where
        KmsService<S>: KmsCalls,
    {
        Self::builder(kms).with_env()?.build()
    }

    /// The class of that name.
    ///
    /// # Errors
    ///
    /// [`UnknownClass`] with the names that there are.
    pub fn class(&self, name: &str) -> Result<&Class, UnknownClass> {
        self.classes.get(name).ok_or_else(|| UnknownClass {
            name: name.to_owned(),
            known: self.classes.keys().cloned().collect(),
        })
    }

    /// The classes with their names, in alphabetical order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Class)> {
        let classes = self.classes.iter();
        classes.map(|(name, class)| (name.as_str(), class))
    }
}

impl fmt::Debug for KeyClasses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&*self.classes).finish()
    }
}
