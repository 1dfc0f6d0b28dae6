use crate::KeyringSetupError;
use leeward_envelope::{BuildError, ContextError};

/// Says why classes of keys cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyClassesError {
    /// There is no class.
    #[error(
        "no class of keys is named: add one by with_class, or set a variable such as LEEWARD_KMS_GENERAL_ALIAS or \
         LEEWARD_KMS_GENERAL_ARN"
    )]
    NoClasses,
    /// A class needs a name.
    #[error("a class of keys has no name: give it one")]
    NoName,
    /// The environment was to give a class its key, and does not.
    #[error("class {class:?} has no key: set one of {variables:?}")]
    NoKey {
        /// The class.
        class: String,
        /// The variables that can name it.
        variables: [String; 2],
    },
    /// A variable of the environment cannot be used.
    #[error("{variable}: {reason}")]
    Variable {
        /// Its name.
        variable: String,
        /// What is wrong with it, and what to write.
        reason: String,
    },
    /// Nothing says which keys may have wrapped what the class reads.
    #[error(
        "class {class:?} writes under {key}, which tells nobody whose keys it reads: give the ARN of the alias or of the key, or \
         name the accounts by reading_accounts or LEEWARD_KMS_ACCOUNTS, or the keys by reading_keys"
    )]
    NoAccount {
        /// The class.
        class: String,
        /// What it writes under.
        key: String,
    },
    /// The keys or accounts of a class make no keyring.
    #[error("class {class:?}: {error}")]
    Keyring {
        /// The class.
        class: String,
        /// Why not.
        error: Box<KeyringSetupError>,
    },
    /// The contexts of a class would be refused.
    #[error("class {class:?}: {error}")]
    Context {
        /// The class.
        class: String,
        /// Why.
        error: ClassContextError,
    },
    /// Encryptor or decryptor of a class cannot be made.
    #[error("class {class:?}: {error}")]
    Build {
        /// The class.
        class: String,
        /// Why not.
        error: BuildError,
    },
}

/// Says that no class has a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no class {name:?} of keys: ask for one of {known:?}")]
#[non_exhaustive]
pub struct UnknownClass {
    /// The name.
    pub name: String,
    /// The names that there are.
    pub known: Vec<String>,
}

/// Says why a context does not suit a class.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClassContextError {
    /// The class has a value of its own there.
    #[error("the class has a value of its own under context key {key:?}: leave yours out")]
    Fixed {
        /// The key.
        key: String,
    },
    /// With the pairs of the class it is no context.
    #[error(transparent)]
    Context(#[from] ContextError),
}
