//! Rows as types of one's own.

use super::QueryRow;
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict};
use serde::{
    de::{
        self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess,
        Unexpected, Visitor,
        value::{MapAccessDeserializer, StrDeserializer},
    },
    forward_to_deserialize_any,
};
use std::{collections::btree_map, fmt};

impl QueryRow {
    /// Reads the row into a type of one's own: texts as texts, numbers and truth values as they are parsed; what is an `Option` may be
    /// missing.
    ///
    /// ```
    /// # #[derive(serde::Deserialize)]
    /// # #[allow(dead_code)]
    /// struct Slow {
    ///     path: String,
    ///     latency: f64,
    ///     status: Option<u16>,
    /// }
    ///
    /// # fn run(row: leeward_logs::QueryRow) -> Result<(), leeward_logs::UnreadableRow> {
    /// let slow: Slow = row.read()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`UnreadableRow`], with the field and what was expected of it, and never with its text.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, UnreadableRow> {
        T::deserialize(MapAccessDeserializer::new(Fields {
            fields: self.fields.iter(),
            current: None,
        }))
    }
}

/// Says which field of a row is not as its reader expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableRow {
    field: Option<String>,
    reason: String,
}

impl UnreadableRow {
    /// The field, if it is one that the row has.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    fn new(reason: impl Into<String>) -> Self {
        Self {
            field: None,
            reason: reason.into(),
        }
    }

    fn of(self, field: &str) -> Self {
        Self {
            field: self.field.or_else(|| Some(field.to_owned())),
            ..self
        }
    }
}

/// `the field latency is not as expected: f64`
impl fmt::Display for UnreadableRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "the field {field} is not as expected: {}", self.reason),
            None => write!(f, "the row is not as expected: {}", self.reason),
        }
    }
}

impl std::error::Error for UnreadableRow {}

/// What serde and the reader's own code say may have the text of a field in it, hence is left out.
impl de::Error for UnreadableRow {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::new("its type does not take it")
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::new(expected.to_string())
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::new(expected.to_string())
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("one of {}", expected.join(", ")))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format!("it has no {field}"))
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self::new(format!("it has {field}"))
    }
}

impl Classify for UnreadableRow {
    fn facts(&self) -> Facts<'_> {
        Facts::new(Stage::Answered, Category::Validation, Verdict::Final)
    }
}

impl From<UnreadableRow> for AwsError {
    fn from(unreadable: UnreadableRow) -> Self {
        Self::new(unreadable)
    }
}

struct Fields<'a> {
    fields: btree_map::Iter<'a, String, String>,
    current: Option<(&'a str, &'a str)>,
}

impl<'a, 'de> MapAccess<'de> for Fields<'a> {
    type Error = UnreadableRow;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, UnreadableRow> {
        self.current = self.fields.next().map(|(field, text)| (&**field, &**text));
        let Some((field, _)) = self.current else {
            return Ok(None);
        };
        let field: StrDeserializer<'_, UnreadableRow> = field.into_deserializer();
        seed.deserialize(field).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, UnreadableRow> {
        let (field, text) = self.current.take().expect("a field comes before its text");
        seed.deserialize(Text(text))
            .map_err(|error| error.of(field))
    }
}

/// A text that is read as what its reader asks for.
struct Text<'a>(&'a str);

macro_rules! parsed {
    ($($deserialize:ident $visit:ident $type:ty,)*) => {
        $(fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, UnreadableRow> {
            match self.0.trim().parse::<$type>() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(UnreadableRow::new(stringify!($type))),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Text<'_> {
    type Error = UnreadableRow;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, UnreadableRow> {
        visitor.visit_str(self.0)
    }

    parsed! {
        deserialize_bool visit_bool bool,
        deserialize_i8 visit_i8 i8,
        deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64,
        deserialize_i128 visit_i128 i128,
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64,
        deserialize_u128 visit_u128 u128,
        deserialize_f32 visit_f32 f32,
        deserialize_f64 visit_f64 f64,
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, UnreadableRow> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, UnreadableRow> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, UnreadableRow> {
        visitor.visit_enum(self.0.into_deserializer())
    }

    forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier
        ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Level {
        Info,
        Error,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Line {
        #[serde(rename = "@message")]
        message: String,
        latency: f64,
        count: Option<u64>,
        is_retry: bool,
        level: Level,
    }

    fn row(fields: &[(&str, &str)]) -> QueryRow {
        let fields = fields
            .iter()
            .map(|(field, text)| ((*field).to_owned(), (*text).to_owned()));
        QueryRow {
            fields: fields.collect(),
        }
    }

    const WHOLE: [(&str, &str); 5] = [
        ("@message", "17"),
        ("is_retry", "true"),
        ("latency", "0.5"),
        ("level", "error"),
        ("unasked", "-"),
    ];

    #[test]
    fn each_field_is_read_as_what_is_asked_for() {
        let line: Line = row(&WHOLE).read().unwrap();
        let expected = Line {
            message: "17".to_owned(),
            latency: 0.5,
            count: None,
            is_retry: true,
            level: Level::Error,
        };
        assert_eq!(line, expected);
    }

    /// What is said of a row with this field in the place of the right one.
    #[track_caller]
    fn check(field: &str, text: &str, expected: &str) {
        let mut row = row(&WHOLE);
        row.fields.insert(field.to_owned(), text.to_owned());
        assert_eq!(row.read::<Line>().unwrap_err().to_string(), expected);
    }

    #[test]
    fn a_row_that_cannot_be_read_is_told_without_its_text() {
        check(
            "latency",
            "secret",
            "the field latency is not as expected: f64",
        );
        check("count", "secret", "the field count is not as expected: u64");
        check(
            "level",
            "secret",
            "the field level is not as expected: one of info, error",
        );
        let error = row(&WHOLE[1..]).read::<Line>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "the row is not as expected: it has no @message"
        );
    }
}
