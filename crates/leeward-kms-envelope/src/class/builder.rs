use super::{
    Class, KeyClass, KeyClasses, KeyClassesError,
    key_class::Reads,
    variables::{self, Keyed},
};
use crate::{
    DiscoveryFilter, KeyArn, KeyId, KeyringSetupError, KmsCalls, KmsDiscoveryKeyring, KmsKeyring,
    KmsMultiKeyringBuilder, KmsService,
};
use leeward_envelope::{Audit, Decryptor, Encryptor, Keyring};
use leeward_error_taxonomy::Region;
use std::{collections::BTreeMap, env, ffi::OsString, fmt, iter, sync::Arc};

/// Makes [`KeyClasses`].
#[must_use]
pub struct KeyClassesBuilder<S> {
    kms: KmsService<S>,
    classes: BTreeMap<String, KeyClass>,
    audit: Option<Audit>,
}

impl<S> KeyClassesBuilder<S>
where
    KmsService<S>: KmsCalls,
{
    pub(super) fn new(kms: KmsService<S>) -> Self {
        Self {
            kms,
            classes: BTreeMap::new(),
            audit: None,
        }
    }

    /// Adds a class, or takes the place of the one of that name.
    pub fn with_class(mut self, name: impl Into<String>, class: KeyClass) -> Self {
        self.classes.insert(name.into(), class);
        self
    }

    /// Tells of every message of every class, with the name of the class as its label.
    pub fn with_audit(self, audit: Audit) -> Self {
        Self {
            audit: Some(audit),
            ..self
        }
    }

    /// Takes keys from the environment: for the classes that are there, which keep their policies, and for further ones.
    ///
    /// | variable | what it says of the class `payment` |
    /// |---|---|
    /// | `LEEWARD_KMS_PAYMENT_ALIAS` | it writes under this alias, or ARN of an alias |
    /// | `LEEWARD_KMS_PAYMENT_ARN` | it reads what these keys wrapped, separated by commas; without an alias it writes under the first |
    /// | `LEEWARD_KMS_ACCOUNTS` | classes that have an alias and no key read what any key of these accounts wrapped |
    ///
    /// So for any other name: in upper case, with an underscore for each character that is neither letter nor digit, as shells ask.
    /// `LEEWARD_KMS_CARD_DATA_ARN` is of the class `card-data` if that is there, else of a new class `card_data`. Variables that are
    /// empty count for nothing; the others win over the keys that were given before.
    ///
    /// # Errors
    ///
    /// [`KeyClassesError::Variable`] with the variable that cannot be used, also if it begins with `LEEWARD_KMS_` and is none of
    /// these; [`KeyClassesError::SameVariables`] if it stands for two classes that are there.
    pub fn with_env(self) -> Result<Self, KeyClassesError> {
        // What is not Unicode names no key, and is refused as it can be shown.
        let text = |text: OsString| text.to_string_lossy().into_owned();
        let variables = env::vars_os();
        self.with_variables(variables.map(|(name, value)| (text(name), text(value))))
    }

    /// Takes keys from these variables, as [`with_env`](Self::with_env) does from those of the process.
    ///
    /// # Errors
    ///
    /// As [`with_env`](Self::with_env).
    pub fn with_variables(
        mut self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, KeyClassesError> {
        for Keyed { class, key, reads } in variables::keyed(variables, self.regions().first())? {
            let name = self.named_by(&class)?;
            let class = self.classes.entry(name);
            let class = class.or_insert_with(KeyClass::keyed_by_env);
            (class.key, class.reads) = (Some(key), reads);
        }
        Ok(self)
    }

    /// The class that variables call so, or the name of a new one.
    fn named_by(&self, variable: &str) -> Result<String, KeyClassesError> {
        let is_meant = |name: &&String| variables::name_of(name) == variable;
        let mut meant = self.classes.keys().filter(is_meant);
        match (meant.next(), meant.next()) {
            (Some(first), Some(second)) => Err(KeyClassesError::SameVariables {
                classes: [first.clone(), second.clone()],
                variables: variables::of_class(variable),
            }),
            (Some(name), None) => Ok(name.clone()),
            (None, _) => Ok(variable.to_ascii_lowercase()),
        }
    }

    /// Makes the classes.
    ///
    /// # Errors
    ///
    /// [`KeyClassesError`] if there is none, or with the class that cannot be made.
    pub fn build(self) -> Result<KeyClasses, KeyClassesError> {
        if self.classes.is_empty() {
            return Err(KeyClassesError::NoClasses);
        }
        let (kms, regions, audit) = (&self.kms, self.regions(), &self.audit);
        let classes = self.classes.into_iter().map(|(name, class)| {
            let class = make(&name, class, kms, &regions, audit.as_ref())?;
            Ok((name, class))
        });
        Ok(KeyClasses {
            classes: Arc::new(classes.collect::<Result<_, _>>()?),
        })
    }

    fn regions(&self) -> Vec<Region> {
        let status = self.kms.router().status();
        let regions = status.regions.into_iter();
        regions.map(|status| status.region).collect()
    }
}

fn make<S>(
    name: &str,
    class: KeyClass,
    kms: &KmsService<S>,
    regions: &[Region],
    audit: Option<&Audit>,
) -> Result<Class, KeyClassesError>
where
    KmsService<S>: KmsCalls,
{
    if name.is_empty() {
        return Err(KeyClassesError::NoName);
    }
    let of_class = || name.to_owned();
    let no_keyring = |error| KeyClassesError::Keyring {
        class: of_class(),
        error: Box::new(error),
    };
    let contexts = class.contexts.of_class(name);
    let contexts = contexts.map_err(|error| KeyClassesError::Context {
        class: of_class(),
        error,
    })?;
    let Some(key) = class.key else {
        return Err(KeyClassesError::NoKey {
            variables: variables::of_class(name),
            class: of_class(),
        });
    };
    let read = match &class.reads {
        Reads::Keys(keys) => keys.as_slice(),
        Reads::Own | Reads::Accounts(_) => &[],
    };
    let read = read.iter().map(|key| key.clone().into());
    for key in iter::once(key.clone()).chain(read) {
        // Before the first call does.
        if !regions.iter().any(|region| key.in_region(region).is_ok()) {
            return Err(KeyClassesError::OutOfReach {
                class: of_class(),
                key: key.to_string(),
                regions: regions.to_vec(),
            });
        }
    }
    let own = || key.to_string().parse::<KeyArn>().ok();
    let reading = match class.reads {
        Reads::Keys(keys) => of_keys(keys, kms),
        Reads::Accounts(filter) => of_accounts(filter, kms, regions),
        Reads::Own => match (own(), account_of(&key)) {
            (Some(key), _) => of_keys(vec![key], kms),
            (None, Some(filter)) => filter.and_then(|filter| of_accounts(filter, kms, regions)),
            (None, None) => {
                return Err(KeyClassesError::NoAccount {
                    class: of_class(),
                    key: key.to_string(),
                });
            }
        },
    };
    let reading = reading.map_err(no_keyring)?;
    let mut encryptor = Encryptor::builder(writing(key, kms).map_err(no_keyring)?)
        .with_commitment_policy(class.commitment)
        .with_required_context_keys(contexts.required.clone());
    let mut decryptor = Decryptor::builder(reading)
        .with_commitment_policy(class.commitment)
        .with_required_context_keys(contexts.required.clone());
    if let Some(suite) = class.suite {
        encryptor = encryptor.with_suite(suite);
        decryptor = decryptor.with_required_signatures(suite.is_signing());
    }
    if let Some(are_required) = class.requires_signature {
        decryptor = decryptor.with_required_signatures(are_required);
    }
    let is_primed = class.is_primed && class.cached.is_some();
    if let Some(cached) = class.cached {
        encryptor = (cached.writing)(encryptor);
        decryptor = (cached.reading)(decryptor);
    }
    if let Some(audit) = audit {
        let audit = audit.clone().with_label(name);
        encryptor = encryptor.with_audit(audit.clone());
        decryptor = decryptor.with_audit(audit);
    }
    let not_built = |error| KeyClassesError::Build {
        class: of_class(),
        error,
    };
    let encryptor = encryptor.build().map_err(not_built)?;
    if is_primed {
        decryptor = decryptor.with_data_keys_of(&encryptor);
    }
    Ok(Class {
        encryptor,
        decryptor: decryptor.build().map_err(not_built)?,
        name: of_class(),
        contexts,
    })
}

fn writing<S>(key: KeyId, kms: &KmsService<S>) -> Result<Box<dyn Keyring>, KeyringSetupError>
where
    KmsService<S>: KmsCalls,
{
    match key.to_string().parse::<KeyArn>() {
        Ok(arn) if arn.is_multi_region() => {
            Ok(Box::new(KmsKeyring::multi_region(arn, kms.clone())?))
        }
        _ => Ok(Box::new(KmsKeyring::single(key, kms.clone()))),
    }
}

fn of_keys<S>(keys: Vec<KeyArn>, kms: &KmsService<S>) -> Result<Box<dyn Keyring>, KeyringSetupError>
where
    KmsService<S>: KmsCalls,
{
    let mut keyring = KmsMultiKeyringBuilder::new(kms.clone());
    for key in keys {
        keyring = keyring.with_child(key.into());
    }
    Ok(Box::new(keyring.build()?))
}

fn of_accounts<S>(
    filter: DiscoveryFilter,
    kms: &KmsService<S>,
    regions: &[Region],
) -> Result<Box<dyn Keyring>, KeyringSetupError>
where
    KmsService<S>: KmsCalls,
{
    let keyring = KmsDiscoveryKeyring::multi_region(regions.iter().cloned(), kms.clone())?;
    Ok(Box::new(keyring.with_filter(filter)))
}

/// The account of the ARN of an alias.
fn account_of(key: &KeyId) -> Option<Result<DiscoveryFilter, KeyringSetupError>> {
    let key = key.to_string();
    let parts: Vec<&str> = key.splitn(6, ':').collect();
    let [_, partition, _, _, account, _] = parts[..] else {
        return None;
    };
    Some(DiscoveryFilter::new(partition, [account]))
}

impl<S> fmt::Debug for KeyClassesBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyClassesBuilder")
            .field("classes", &self.classes)
            .field("audit", &self.audit)
            .finish_non_exhaustive()
    }
}
