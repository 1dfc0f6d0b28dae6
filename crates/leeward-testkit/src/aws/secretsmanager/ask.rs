use super::{refused::Refused, value::SecretValue};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;
use std::collections::BTreeMap;

/// The longest value, in bytes.
const MAX_VALUE: usize = 65_536;

/// What a call asks for: the JSON in its body, or an item in it.
#[derive(Clone, Copy)]
pub(super) struct Ask<'a>(&'a Value);

impl<'a> Ask<'a> {
    pub(super) const fn new(input: &'a Value) -> Self {
        Self(input)
    }

    pub(super) fn text(self, field: &str) -> Option<&'a str> {
        self.0.get(field)?.as_str()
    }

    pub(super) fn owned(self, field: &str) -> Option<String> {
        self.text(field).map(str::to_owned)
    }

    pub(super) fn required(self, field: &str) -> Result<&'a str, Refused> {
        self.text(field)
            .filter(|text| !text.is_empty())
            .ok_or_else(|| Refused::constraint(field, "Member must not be null"))
    }

    pub(super) fn flag(self, field: &str) -> Option<bool> {
        self.0.get(field)?.as_bool()
    }

    pub(super) fn number(self, field: &str) -> Option<i64> {
        self.0.get(field)?.as_i64()
    }

    /// A number, if there is one, which must be in the range.
    pub(super) fn number_from(
        self,
        field: &str,
        range: std::ops::RangeInclusive<i64>,
    ) -> Result<Option<i64>, Refused> {
        let number = self.number(field);
        match number {
            Some(number) if !range.contains(&number) => {
                let (least, most) = (range.start(), range.end());
                let constraint = format!("Member must be from {least} to {most}");
                Err(Refused::constraint(field, &constraint))
            }
            number => Ok(number),
        }
    }

    pub(super) fn raw(self, field: &str) -> Option<&'a Value> {
        self.0.get(field).filter(|value| !value.is_null())
    }

    pub(super) fn texts(self, field: &str) -> Option<Vec<&'a str>> {
        let items = self.0.get(field)?.as_array()?;
        Some(items.iter().filter_map(Value::as_str).collect())
    }

    pub(super) fn items(self, field: &str) -> impl Iterator<Item = Self> {
        let items = self.0.get(field).and_then(Value::as_array);
        items.into_iter().flatten().map(Self)
    }

    pub(super) fn tags(self) -> BTreeMap<String, String> {
        self.items("Tags")
            .filter_map(|tag| Some((tag.owned("Key")?, tag.owned("Value").unwrap_or_default())))
            .collect()
    }

    /// The id of the version that the call makes.
    pub(super) fn token(self) -> Result<&'a str, Refused> {
        let token = self.text("ClientRequestToken").ok_or_else(|| {
            Refused::parameter(
                "You must provide a ClientRequestToken value. We recommend a UUID-type value.",
            )
        })?;
        if (32..=64).contains(&token.len()) {
            return Ok(token);
        }
        let message = "ClientRequestToken must be 32-64 characters long.";
        Err(Refused::parameter(message))
    }

    /// The value that the call brings, if any.
    pub(super) fn value(self) -> Result<Option<SecretValue>, Refused> {
        let value = match (self.text("SecretString"), self.text("SecretBinary")) {
            (Some(_), Some(_)) => {
                return Err(Refused::parameter(
                    "You can't specify both a binary secret value and a string secret value in the same secret.",
                ));
            }
            (Some(text), None) => SecretValue::Text(text.to_owned()),
            (None, Some(encoded)) => {
                let decoded = BASE64_STANDARD.decode(encoded);
                SecretValue::Binary(decoded.map_err(|_| Refused::no_json())?)
            }
            (None, None) => return Ok(None),
        };
        if (1..=MAX_VALUE).contains(&value.len()) {
            return Ok(Some(value));
        }
        let field = match value {
            SecretValue::Text(_) => "secretString",
            SecretValue::Binary(_) => "secretBinary",
        };
        let constraint = format!("Member must have length from 1 to {MAX_VALUE}");
        Err(Refused::constraint(field, &constraint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn code(input: Value) -> &'static str {
        match Ask::new(&input).value() {
            Ok(_) => "",
            Err(refused) => refused.code,
        }
    }

    #[test]
    fn a_value_is_a_text_or_binary_and_neither_empty_nor_too_long() {
        assert_eq!(code(json!({})), "");
        assert_eq!(code(json!({ "SecretString": "a" })), "");
        assert_eq!(code(json!({ "SecretBinary": "AP8=" })), "");
        let both = json!({ "SecretString": "a", "SecretBinary": "AP8=" });
        assert_eq!(code(both), "InvalidParameterException");
        assert_eq!(
            code(json!({ "SecretBinary": "?" })),
            "SerializationException"
        );
        assert_eq!(code(json!({ "SecretString": "" })), "ValidationException");
        let long = "a".repeat(MAX_VALUE + 1);
        assert_eq!(code(json!({ "SecretString": long })), "ValidationException");
    }

    #[test]
    fn what_is_wrong_is_told_without_the_value() {
        let input = json!({ "SecretString": "hunter2", "SecretBinary": "AP8=" });
        let refused = Ask::new(&input).value().unwrap_err();
        assert!(!refused.message.contains("hunter2"), "{}", refused.message);
    }
}
