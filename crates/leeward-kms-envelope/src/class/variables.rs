//! The decision: which keys the variables of an environment give to which classes.

use super::{KeyClassesError, key_class::Reads};
use crate::{DiscoveryFilter, KeyArn, KeyId};
use leeward_error_taxonomy::Region;
use std::{collections::BTreeMap, str::FromStr};

const PREFIX: &str = "LEEWARD_KMS_";
const ALIAS: &str = "_ALIAS";
const ARN: &str = "_ARN";
const ACCOUNTS: &str = "LEEWARD_KMS_ACCOUNTS";

const UNKNOWN: &str = "there is no such variable: one of a class ends in _ALIAS or _ARN, as LEEWARD_KMS_PAYMENT_ARN does, and the other \
                       is LEEWARD_KMS_ACCOUNTS; correct it or take it away";

/// What the environment says of one class.
pub(super) struct Keyed {
    /// The class as variables call it.
    pub(super) class: String,
    pub(super) key: KeyId,
    pub(super) reads: Reads,
}

/// What variables call `class`: in upper case, with an underscore for whatever shells take for no part of a name.
pub(super) fn name_of(class: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    class
        .chars()
        .map(plain)
        .collect::<String>()
        .to_ascii_uppercase()
}

/// The two variables that can give a key to `class`.
pub(super) fn of_class(class: &str) -> [String; 2] {
    let class = name_of(class);
    [ALIAS, ARN].map(|suffix| format!("{PREFIX}{class}{suffix}"))
}

#[derive(Default)]
struct Named {
    alias: Option<KeyId>,
    keys: Vec<KeyArn>,
}

/// The classes that have a key here; variables that are empty count for nothing. Accounts are those of the partition that the
/// first Region is in.
///
/// One that begins as ours do and is none of them is refused: it was to say something.
pub(super) fn keyed(
    variables: impl IntoIterator<Item = (String, String)>,
    first_region: Option<&Region>,
) -> Result<Vec<Keyed>, KeyClassesError> {
    let mut classes: BTreeMap<String, Named> = BTreeMap::new();
    let mut accounts = None;
    for (variable, value) in variables {
        let value = value.trim();
        if value.is_empty() || !is_ours(&variable) {
            continue;
        }
        let plain = name_of(&variable);
        if plain != variable {
            let reason =
                format!("it is written in upper case, with underscores alone: set {plain}");
            return Err(refused(&variable, reason));
        }
        let of = &variable[PREFIX.len()..];
        if variable == ACCOUNTS {
            accounts = Some(filter(value, first_region)?);
        } else if let Some(class) = of.strip_suffix(ALIAS) {
            let class = classes.entry(class.to_owned()).or_default();
            class.alias = Some(alias(&variable, value)?);
        } else if let Some(class) = of.strip_suffix(ARN) {
            let class = classes.entry(class.to_owned()).or_default();
            for arn in value.split(',') {
                class.keys.push(parsed(&variable, arn.trim())?);
            }
        } else {
            return Err(refused(&variable, UNKNOWN));
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

/// Whether a variable was meant for us, in whatever case.
fn is_ours(variable: &str) -> bool {
    let start = variable.get(..PREFIX.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
}

fn alias(variable: &str, value: &str) -> Result<KeyId, KeyClassesError> {
    let key = parsed(variable, value)?;
    if value.starts_with("alias/") || value.contains(":alias/") {
        return Ok(key);
    }
    Err(if value.starts_with("arn:") {
        let reason =
            "it names a key and no alias: set the variable that ends in _ARN to the ARN of the key";
        refused(variable, reason)
    } else {
        let reason = format!(
            "it lacks alias/ at its beginning: write alias/{value} if that is the alias; if it is the id of a key, set the variable \
             that ends in _ARN to the ARN of the key"
        );
        refused(variable, reason)
    })
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
