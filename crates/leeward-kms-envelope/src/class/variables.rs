//! The decision: which keys the variables of an environment give to which classes.

use super::{KeyClassesError, key_class::Reads};
use crate::{DiscoveryFilter, KeyArn, KeyId};
use leeward_error_taxonomy::Region;
use std::{collections::BTreeMap, str::FromStr};

const PREFIX: &str = "LEEWARD_KMS_";
const ALIAS: &str = "_ALIAS";
const ARN: &str = "_ARN";
const ACCOUNTS: &str = "LEEWARD_KMS_ACCOUNTS";

/// What the environment says of one class.
pub(super) struct Keyed {
    pub(super) class: String,
    pub(super) key: KeyId,
    pub(super) reads: Reads,
}

/// The two variables that can give a key to `class`.
pub(super) fn of_class(class: &str) -> [String; 2] {
    let class = class.to_ascii_uppercase();
    [ALIAS, ARN].map(|suffix| format!("{PREFIX}{class}{suffix}"))
}

#[derive(Default)]
struct Named {
    alias: Option<KeyId>,
    keys: Vec<KeyArn>,
}

/// The classes that have a key here; variables that are empty count for nothing. Accounts are those of the partition that the
/// first Region is in.
pub(super) fn keyed(
    variables: impl IntoIterator<Item = (String, String)>,
    first_region: Option<&Region>,
) -> Result<Vec<Keyed>, KeyClassesError> {
    let mut classes: BTreeMap<String, Named> = BTreeMap::new();
    let mut accounts = None;
    for (variable, value) in variables {
        let value = value.trim();
        let Some(of) = variable.strip_prefix(PREFIX).filter(|_| !value.is_empty()) else {
            continue;
        };
        if variable == ACCOUNTS {
            accounts = Some(filter(value, first_region)?);
        } else if let Some(class) = of.strip_suffix(ALIAS) {
            let class = classes.entry(class.to_ascii_lowercase()).or_default();
            class.alias = Some(alias(&variable, value)?);
        } else if let Some(class) = of.strip_suffix(ARN) {
            let class = classes.entry(class.to_ascii_lowercase()).or_default();
            for arn in value.split(',') {
                class.keys.push(parsed(&variable, arn.trim())?);
            }
        }
    }
    let accounts = accounts.map_or(Reads::Own, Reads::Accounts);
    let keyed = classes.into_iter().filter_map(|(class, named)| {
        let first = named.keys.first().cloned();
        let (key, reads) = match (named.alias, first) {
            (Some(alias), None) => (alias, accounts.clone()),
            (Some(alias), Some(_)) => (alias, Reads::Keys(named.keys)),
            (None, first) => (first?.into(), Reads::Keys(named.keys)),
        };
        Some(Keyed { class, key, reads })
    });
    Ok(keyed.collect())
}

fn alias(variable: &str, value: &str) -> Result<KeyId, KeyClassesError> {
    let key = parsed(variable, value)?;
    if !value.starts_with("alias/") && !value.contains(":alias/") {
        let reason =
            "it names a key and no alias: set the variable that ends in _ARN to the ARN of the key";
        return Err(refused(variable, reason));
    }
    Ok(key)
}

fn filter(list: &str, region: Option<&Region>) -> Result<DiscoveryFilter, KeyClassesError> {
    let partition = region.map_or("aws", Region::partition);
    let accounts = list.split(',').map(str::trim);
    DiscoveryFilter::new(partition, accounts).map_err(|error| refused(ACCOUNTS, error))
}

fn parsed<T: FromStr<Err: ToString>>(variable: &str, value: &str) -> Result<T, KeyClassesError> {
    let parsed = value.parse();
    parsed.map_err(|error: T::Err| refused(variable, error))
}

fn refused(variable: &str, reason: impl ToString) -> KeyClassesError {
    KeyClassesError::Variable {
        variable: variable.to_owned(),
        reason: reason.to_string(),
    }
}
