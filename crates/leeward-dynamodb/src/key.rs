use crate::Item;
use aws_sdk_dynamodb::types::{AttributeValue, KeySchemaElement, KeyType};

/// Which attributes are the key of a table's items.
///
/// [`describe_table`](crate::DynamoDb::describe_table) tells it of a table that is there.
///
/// ```
/// use leeward_dynamodb::KeySchema;
///
/// let key = KeySchema::new("customer").with_sort("placed_at");
/// assert_eq!((key.partition(), key.sort()), ("customer", Some("placed_at")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct KeySchema {
    partition: String,
    sort: Option<String>,
}

impl KeySchema {
    /// A key of one attribute: the partition key.
    #[must_use]
    pub fn new(partition: impl Into<String>) -> Self {
        Self {
            partition: partition.into(),
            sort: None,
        }
    }

    /// A key of two attributes, the second of them the sort key.
    #[must_use]
    pub fn with_sort(self, sort: impl Into<String>) -> Self {
        Self {
            sort: Some(sort.into()),
            ..self
        }
    }

    /// The attribute that is the partition key, also called hash key.
    #[must_use]
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// The attribute that is the sort key, also called range key.
    #[must_use]
    pub fn sort(&self) -> Option<&str> {
        self.sort.as_deref()
    }

    /// The names of the attributes.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = &str> {
        [Some(self.partition()), self.sort()].into_iter().flatten()
    }

    /// That of a table or an index; none for an index whose key has several attributes of a kind, which is not known here.
    pub(crate) fn of_elements(elements: &[KeySchemaElement]) -> Option<Self> {
        let of = |kind: &KeyType| {
            let kind = kind.clone();
            elements
                .iter()
                .filter(move |element| *element.key_type() == kind)
        };
        if of(&KeyType::Hash).count() > 1 || of(&KeyType::Range).count() > 1 {
            return None;
        }
        let named = |kind: &KeyType| Some(of(kind).next()?.attribute_name().to_owned());
        Some(Self {
            partition: named(&KeyType::Hash)?,
            sort: named(&KeyType::Range),
        })
    }
}

/// What makes two items one, such that keys which are the same to DynamoDB are equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Identity(Vec<(String, Part)>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Part {
    Text(String),
    Number(String),
    Bytes(Vec<u8>),
}

impl Identity {
    /// Reads the key off an item; fails with the attribute that is missing or that cannot be a key.
    pub(crate) fn of<'n>(
        item: &Item,
        attributes: impl IntoIterator<Item = &'n str>,
    ) -> Result<Self, String> {
        let part = |name: &str| {
            let part = item.get(name).and_then(Part::of);
            part.map(|part| (name.to_owned(), part))
                .ok_or_else(|| name.to_owned())
        };
        let mut parts = attributes
            .into_iter()
            .map(part)
            .collect::<Result<Vec<_>, _>>()?;
        parts.sort_unstable();
        Ok(Self(parts))
    }
}

impl Part {
    fn of(value: &AttributeValue) -> Option<Self> {
        match value {
            AttributeValue::S(text) if !text.is_empty() => Some(Self::Text(text.clone())),
            AttributeValue::N(number) => Some(Self::Number(canonical(number))),
            AttributeValue::B(bytes) if !bytes.as_ref().is_empty() => {
                Some(Self::Bytes(bytes.as_ref().to_vec()))
            }
            _ => None,
        }
    }
}

/// A number in the one form that all its forms share: `1`, `1.0` and `10e-1` are one key.
fn canonical(text: &str) -> String {
    parsed(text).unwrap_or_else(|| text.to_owned())
}

/// Whether a text is a number as DynamoDB writes them.
pub(crate) fn is_number(text: &str) -> bool {
    parsed(text).is_some()
}

/// Its digits without zeros around them, and the power of ten to take them by.
fn parsed(text: &str) -> Option<String> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => ("-", unsigned),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, i64::from(exponent.parse::<i32>().ok()?)),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let significant = digits.trim_end_matches('0');
    let power = exponent - i64::try_from(fraction.len()).ok()?
        + i64::try_from(digits.len() - significant.len()).ok()?;
    match significant.trim_start_matches('0') {
        "" => Some("0".to_owned()),
        significant => Some(format!("{sign}{significant}e{power}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_equal_are_one_key() {
        for equal in [
            &["1", "1.0", "01", "+1", "10e-1", "0.1E1", "1e0"][..],
            &["0", "-0", "0.00", "0e9"],
            &["-120", "-1.2e2", "-0120.0"],
            &["0.001", "1e-3", ".001"],
        ] {
            for number in equal {
                assert_eq!(canonical(number), canonical(equal[0]), "{number}");
            }
        }
        let different = [
            "1",
            "-1",
            "10",
            "0.1",
            "0",
            "1e38",
            "0.1e-2147483648",
            "0.1e-9223372036854775808",
            "nonsense",
            "",
        ];
        for (at, one) in different.iter().enumerate() {
            for other in &different[at + 1..] {
                assert_ne!(canonical(one), canonical(other));
            }
        }
    }

    #[test]
    fn an_item_without_a_key_is_told_by_the_attribute() {
        let item = Item::from([
            ("id".to_owned(), AttributeValue::S("o-1".to_owned())),
            ("at".to_owned(), AttributeValue::Bool(true)),
        ]);
        let of = |schema: KeySchema| Identity::of(&item, schema.attributes());
        assert!(of(KeySchema::new("id")).is_ok());
        assert_eq!(of(KeySchema::new("nr")).unwrap_err(), "nr");
        assert_eq!(of(KeySchema::new("id").with_sort("at")).unwrap_err(), "at");
    }
}
