use aws_sdk_cloudwatchlogs::types::ResultField;
use std::{collections::BTreeMap, fmt, str::FromStr};

/// A row that a query has found: its fields by their names, each as the text that AWS gives.
///
/// With the feature `serde` it is read into a type of one's own by `read`.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
pub struct QueryRow {
    pub(super) fields: BTreeMap<String, String>,
}

impl QueryRow {
    pub(super) fn of(fields: Vec<ResultField>) -> Self {
        let fields = fields
            .into_iter()
            .filter_map(|field| Some((field.field?, field.value?)));
        Self {
            fields: fields.collect(),
        }
    }

    /// The text of a field; `None` if the row has no such field.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field).map(String::as_str)
    }

    /// A field as a number or whatever else is parsed of its text; `None` if the row has no such field.
    ///
    /// ```no_run
    /// # fn run(row: leeward_logs::QueryRow) -> Result<(), std::num::ParseFloatError> {
    /// let latency: Option<f64> = row.parse("latency").transpose()?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn parse<T: FromStr>(&self, field: &str) -> Option<Result<T, T::Err>> {
        self.text(field).map(str::parse)
    }

    /// All fields and their texts, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(field, text)| (&**field, &**text))
    }
}

/// The names of the fields, without their texts.
impl fmt::Debug for QueryRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.fields.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_had_by_their_names() {
        let field =
            |name: &str, value: &str| ResultField::builder().field(name).value(value).build();
        let row = QueryRow::of(vec![field("path", "/a"), field("n", "17"), field("x", "-")]);
        assert_eq!(row.text("path"), Some("/a"));
        assert_eq!(row.parse::<u32>("n"), Some(Ok(17)));
        assert!(row.parse::<u32>("x").unwrap().is_err());
        assert_eq!(row.parse::<u32>("y"), None);
        assert_eq!(format!("{row:?}"), r#"{"n", "path", "x"}"#);
        assert_eq!(row.iter().next(), Some(("n", "17")));
    }
}
