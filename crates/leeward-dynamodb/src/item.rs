use aws_sdk_dynamodb::types::AttributeValue;
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict};
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
    serde_dynamo::to_item(value).map_err(|error| ItemError::Unwritable(words(&error.to_string())))
}

pub(crate) fn to_value(value: &(impl Serialize + ?Sized)) -> Result<AttributeValue, ItemError> {
    serde_dynamo::to_attribute_value(value)
        .map_err(|error| ItemError::Unwritable(words(&error.to_string())))
}

pub(crate) fn from_item<T: DeserializeOwned>(item: Item) -> Result<T, ItemError> {
    serde_dynamo::from_item(item).map_err(|error| ItemError::Unreadable(words(&error.to_string())))
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
    fn only_what_has_attributes_is_an_item() {
        let error = to_item("s3cret").unwrap_err();
        assert!(matches!(&error, ItemError::Unwritable(_)), "{error}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}
