use super::UnreadableSecret;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use std::{collections::BTreeMap, fmt};
use zeroize::Zeroizing;

/// The plain fields of a JSON object, each wiped on drop.
pub(super) struct Fields(BTreeMap<String, Field>);

enum Field {
    Plain(Zeroizing<String>),
    Nested,
}

/// How many names an error tells.
const TOLD: usize = 20;

impl Fields {
    pub(super) fn read(text: &str) -> Result<Self, UnreadableSecret> {
        let fields = serde_json::from_str(text);
        fields
            .map(Self)
            .map_err(|error| UnreadableSecret::json(&error))
    }

    pub(super) fn field(&self, name: &str) -> Result<&str, UnreadableSecret> {
        match self.0.get(name) {
            Some(Field::Plain(text)) => Ok(text),
            Some(Field::Nested) => Err(UnreadableSecret::NotPlain {
                field: name.to_owned(),
            }),
            None => Err(UnreadableSecret::NoField {
                field: name.to_owned(),
                fields: self.0.keys().take(TOLD).cloned().collect(),
            }),
        }
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor)
    }
}

struct FieldVisitor;

impl FieldVisitor {
    fn written<E>(value: impl fmt::Display) -> Result<Field, E> {
        Ok(Field::Plain(Zeroizing::new(value.to_string())))
    }
}

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, value: &str) -> Result<Field, E> {
        Self::written(value)
    }

    fn visit_string<E>(self, value: String) -> Result<Field, E> {
        Ok(Field::Plain(Zeroizing::new(value)))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Field, E> {
        Self::written(value)
    }

    fn visit_i64<E>(self, value: i64) -> Result<Field, E> {
        Self::written(value)
    }

    fn visit_u64<E>(self, value: u64) -> Result<Field, E> {
        Self::written(value)
    }

    fn visit_f64<E>(self, value: f64) -> Result<Field, E> {
        Self::written(value)
    }

    fn visit_unit<E>(self) -> Result<Field, E> {
        Ok(Field::Nested)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Field, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Field::Nested)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Field, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Field::Nested)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_fields_are_told_as_they_are_written() {
        let text = r#"{"user":"app\n","port":5432,"tls":true,"share":0.5,"below":-1,"hosts":[1,{"a":2}],"none":null,"more":{"a":[]}}"#;
        let fields = Fields::read(text).unwrap();
        for (name, value) in [
            ("user", "app\n"),
            ("port", "5432"),
            ("tls", "true"),
            ("share", "0.5"),
            ("below", "-1"),
        ] {
            assert_eq!(fields.field(name), Ok(value));
        }
        for name in ["hosts", "none", "more"] {
            let field = name.to_owned();
            assert_eq!(
                fields.field(name),
                Err(UnreadableSecret::NotPlain { field })
            );
        }
    }

    #[test]
    fn a_field_that_is_missing_is_told_with_those_that_are_there() {
        let fields = Fields::read(r#"{"user":"app","port":1}"#).unwrap();
        let error = fields.field("password").unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"the value of the secret has no field "password": its fields are ["port", "user"]"#
        );
    }

    #[test]
    fn what_is_no_object_is_refused_without_quoting_it() {
        for text in ["", "hunter2", "[1]", r#""hunter2""#, "{"] {
            let Err(error) = Fields::read(text) else {
                panic!("{text} was read");
            };
            assert!(matches!(error, UnreadableSecret::Json { .. }));
            assert!(!error.to_string().contains("hunter"));
        }
    }
}
