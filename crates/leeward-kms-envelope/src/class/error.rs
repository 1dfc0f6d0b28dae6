use crate::KeyringSetupError;
use leeward_envelope::{BuildError, ContextError};
use leeward_error_taxonomy::Region;

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
    /// Two classes would get their keys from the same variables.
    #[error(
        "classes {:?} and {:?} are the same to variables such as {:?}: rename one of them",
        .classes[0], .classes[1], .variables[0]
    )]
    SameVariables {
        /// The two.
        classes: [String; 2],
        /// What both of them are keyed by.
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
    /// The stack goes to no Region that a key of the class is in, as far as its name tells.
    #[error(
        "class {class:?}: {key} is in none of the stack's Regions {regions:?}: name by its ARN one that is, or give the stack the \
         Region of the key; a stack serves one partition"
    )]
    OutOfReach {
        /// The class.
        class: String,
        /// The key.
        key: String,
        /// Where the stack goes.
        regions: Vec<Region>,
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
        error: ContextError,
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
