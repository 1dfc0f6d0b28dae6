use crate::{DynamoDb, key::is_number};
use aws_sdk_dynamodb::types::AttributeValue;
use leeward_client_pool::Page;
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, OperationName, Stage, Verdict};
use serde::{Serialize, de::DeserializeOwned};
use std::collections::HashMap;

/// An item as the SDK has it: its attributes by their names.
pub type Item = HashMap<String, AttributeValue>;

/// A type and an item do not fit. What it tells holds no value of the item.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ItemError {
    /// The value cannot be written as an item, a key or an attribute. Nothing was sent.
    #[error("cannot be written as an item: {0}")]
    Unwritable(String),
    /// The item that was read is not of the type.
    #[error("the item is not of the type that is asked for: {0}")]
    Unreadable(String),
}

impl Classify for ItemError {
    fn facts(&self) -> Facts<'_> {
        let stage = match self {
            Self::Unwritable(_) => Stage::NotSent,
            Self::Unreadable(_) => Stage::Answered,
        };
        Facts::new(stage, Category::Validation, Verdict::Final)
    }
}

impl From<ItemError> for AwsError {
    fn from(error: ItemError) -> Self {
        Self::new(error)
    }
}

pub(crate) fn to_item(value: &(impl Serialize + ?Sized)) -> Result<Item, ItemError> {
    let item = serde_dynamo::to_item(value)
        .map_err(|error| ItemError::Unwritable(words(&error.to_string())))?;
    Item::values(&item).try_for_each(check)?;
    Ok(item)
}

pub(crate) fn to_value(value: &(impl Serialize + ?Sized)) -> Result<AttributeValue, ItemError> {
    let value = serde_dynamo::to_attribute_value(value)
        .map_err(|error| ItemError::Unwritable(words(&error.to_string())))?;
    check(&value)?;
    Ok(value)
}

/// Refuses what DynamoDB would, with all that goes out in the same call: a number that is none, and a set of nothing (*Data types*,
/// developer guide).
fn check(value: &AttributeValue) -> Result<(), ItemError> {
    let refused = |text: &str| Err(ItemError::Unwritable(text.to_owned()));
    let are_numbers = match value {
        AttributeValue::N(number) => is_number(number),
        AttributeValue::Ns(numbers) => numbers.iter().all(|number| is_number(number)),
        _ => true,
    };
    if !are_numbers {
        return refused("a number is not finite");
    }
    match value {
        AttributeValue::L(values) => values.iter().try_for_each(check),
        AttributeValue::M(item) => item.values().try_for_each(check),
        AttributeValue::Ss(texts) if texts.is_empty() => refused("a set is empty"),
        AttributeValue::Ns(numbers) if numbers.is_empty() => refused("a set is empty"),
        AttributeValue::Bs(all) if all.is_empty() => refused("a set is empty"),
        _ => Ok(()),
    }
}

/// Whether every attribute is of a type that there was when this was built: `serde_dynamo` panics at others.
fn is_known(value: &AttributeValue) -> bool {
    match value {
        AttributeValue::S(_)
        | AttributeValue::N(_)
        | AttributeValue::B(_)
        | AttributeValue::Bool(_)
        | AttributeValue::Null(_)
        | AttributeValue::Ss(_)
        | AttributeValue::Ns(_)
        | AttributeValue::Bs(_) => true,
        AttributeValue::L(values) => values.iter().all(is_known),
        AttributeValue::M(item) => item.values().all(is_known),
        _ => false,
    }
}

pub(crate) fn from_item<T: DeserializeOwned>(item: Item) -> Result<T, ItemError> {
    if !item.values().all(is_known) {
        let text = "an attribute is of a type that is not known here";
        return Err(ItemError::Unreadable(text.to_owned()));
    }
    serde_dynamo::from_item(item).map_err(|error| ItemError::Unreadable(words(&error.to_string())))
}

impl DynamoDb {
    /// What an operation is to send.
    pub(crate) fn written(
        &self,
        operation: &'static str,
        value: &(impl Serialize + ?Sized),
    ) -> Result<Item, AwsError> {
        to_item(value).map_err(|error| self.told(operation, error))
    }

    /// What an operation was answered.
    pub(crate) fn read_of<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        item: Item,
    ) -> Result<T, AwsError> {
        from_item(item).map_err(|error| self.told(operation, error))
    }

    fn told(&self, operation: &'static str, error: ItemError) -> AwsError {
        let operation = OperationName::new("dynamodb", operation);
        self.caller().told(operation, error)
    }
}

/// A page of items in the type that they are asked for in, and the key after which the next one begins.
pub(crate) fn page<T: DeserializeOwned>(
    items: Option<Vec<Item>>,
    last: Option<Item>,
) -> Result<Page<T, Item>, AwsError> {
    let items = items.unwrap_or_default().into_iter().map(from_item);
    let items: Result<Vec<T>, ItemError> = items.collect();
    Ok(Page::new(items?, last.filter(|key| !key.is_empty())))
}

/// How large an item may be, in bytes, names and values together (*Quotas in Amazon DynamoDB*, developer guide).
pub(crate) const MAX_SIZE: usize = 400 * 1_024;

/// How large an item is at the least (*DynamoDB item sizes and formats*, developer guide); numbers have a byte for each two digits, and are
/// counted as one here.
pub(crate) fn least_size(item: &Item) -> usize {
    let attributes = item.iter();
    attributes
        .map(|(name, value)| name.len() + least_size_of(value))
        .sum()
}

fn least_size_of(value: &AttributeValue) -> usize {
    // Of a list or map, and of each element in it.
    const OVERHEAD: usize = 3;
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::Ss(texts) => texts.iter().map(String::len).sum(),
        AttributeValue::Bs(all) => all.iter().map(|bytes| bytes.as_ref().len()).sum(),
        AttributeValue::Ns(numbers) => numbers.len(),
        AttributeValue::L(values) => {
            let elements = values.iter().map(|value| 1 + least_size_of(value));
            OVERHEAD + elements.sum::<usize>()
        }
        AttributeValue::M(item) => OVERHEAD + item.len() + least_size(item),
        _ => 1,
    }
}

/// The texts of `serde_dynamo` that stand for nothing but themselves.
const FIXED: [&str; 15] = [
    "Not a map-like object",
    "Not a set-like sequence",
    "Expected string",
    "Expected map",
    "Expected seq",
    "Expected num",
    "Expected bool",
    "Expected char",
    "Expected unit",
    "Expected unit struct",
    "Expected enum",
    "Expected binary data",
    "Expected an item with a single key",
    "Key must be a string",
    "String set element does not serialize to string",
];

/// What serde said, without the value that it said it of.
fn words(text: &str) -> String {
    let is_of_the_type = ["missing field `", "duplicate field `"]
        .iter()
        .any(|form| text.starts_with(form));
    if is_of_the_type || FIXED.contains(&text) {
        return text.to_owned();
    }
    match text.rsplit_once(", expected ") {
        Some((_, expected)) => format!("one of its values is not {expected}"),
        None => "one of its values does not fit".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Serialize, Deserialize, PartialEq)]
    struct Order {
        id: String,
        total: u64,
        #[serde(default)]
        tags: Vec<String>,
    }

    fn item(attributes: &[(&str, AttributeValue)]) -> Item {
        attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect()
    }

    #[test]
    fn what_is_written_is_read() {
        let order = Order {
            id: "o-1".to_owned(),
            total: u64::MAX,
            tags: vec!["gift".to_owned()],
        };
        let item = to_item(&order).unwrap();
        assert_eq!(item["total"], AttributeValue::N(u64::MAX.to_string()));
        assert_eq!(from_item::<Order>(item).unwrap(), order);
    }

    #[test]
    fn what_dynamodb_would_refuse_is_not_written() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let nested = HashMap::from([("prices", vec![1.0, value])]);
            assert!(to_item(&nested).is_err(), "{value}");
            assert!(to_value(&value).is_err(), "{value}");
        }
        assert!(to_value(&1e-130).is_ok() && to_value(&i64::MIN).is_ok());
        for empty in [
            AttributeValue::Ss(Vec::new()),
            AttributeValue::Ns(Vec::new()),
            AttributeValue::Bs(Vec::new()),
        ] {
            assert!(check(&empty).is_err(), "{empty:?}");
        }
        assert!(check(&AttributeValue::L(Vec::new())).is_ok());
    }

    #[test]
    fn no_error_tells_a_value() {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let number = AttributeValue::N("1".to_owned());
        let secret = text("s3cret, expected");
        for (attributes, words) in [
            (
                item(&[("id", text("o-1")), ("total", secret.clone())]),
                "Expected num",
            ),
            (item(&[("id", text("o-1"))]), "missing field `total`"),
            (
                item(&[("id", number.clone()), ("total", number)]),
                "Expected string",
            ),
        ] {
            let error = from_item::<Order>(attributes).unwrap_err();
            assert_eq!(error, ItemError::Unreadable(words.to_owned()));
        }
        for (told, kept) in [
            (
                "invalid value: string \"s3cret, expected\", expected a date",
                "one of its values is not a date",
            ),
            (
                "Failed to parse 's3cret' as an integer: bad",
                "one of its values does not fit",
            ),
        ] {
            assert_eq!(words(told), kept);
        }
    }

    #[test]
    fn an_item_is_as_large_as_its_names_and_values() {
        let text = |length: usize| AttributeValue::S("x".repeat(length));
        let list = AttributeValue::L(vec![text(5), AttributeValue::Bool(true)]);
        let map = AttributeValue::M(item(&[("ab", text(1))]));
        for (value, size) in [
            (text(10), 10),
            (AttributeValue::S("ü".to_owned()), 2),
            (AttributeValue::B(vec![0; 7].into()), 7),
            (AttributeValue::N("123456".to_owned()), 1),
            (AttributeValue::Ss(vec!["a".to_owned(), "bc".to_owned()]), 3),
            (list, 3 + 1 + 5 + 1 + 1),
            (map, 3 + 1 + 2 + 1),
        ] {
            assert_eq!(least_size(&item(&[("name", value)])), 4 + size);
        }
    }

    #[test]
    fn only_what_has_attributes_is_an_item() {
        let error = to_item("s3cret").unwrap_err();
        assert!(matches!(&error, ItemError::Unwritable(_)), "{error}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}
