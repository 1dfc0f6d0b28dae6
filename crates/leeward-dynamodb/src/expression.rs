use crate::{ItemError, item};
use aws_sdk_dynamodb::types::AttributeValue;
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict};
use serde::Serialize;
use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
};

/// A condition, a filter or an update, in DynamoDB's own language, with its names and values.
///
/// ```
/// use leeward_dynamodb::{Expression, ItemError};
///
/// let is_newer = Expression::new("#version < :mine")
///     .with_name("#version", "version")
///     .with_value(":mine", &3)?;
/// let is_free = Expression::absent("id");
/// let either = Expression::new("SET seen = seen + :one").with_value(":one", &1)?;
/// # Ok::<(), ItemError>(())
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Expression {
    text: String,
    pub(crate) names: HashMap<String, String>,
    pub(crate) values: HashMap<String, AttributeValue>,
}

impl Expression {
    /// Takes it as it is written.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// Holds where there is no such attribute; with an attribute of the key: where there is no item.
    #[must_use]
    pub fn absent(attribute: &str) -> Self {
        let name = placeholder('#', attribute);
        Self::new(format!("attribute_not_exists({name})")).with_name(name, attribute)
    }

    /// Holds where there is such an attribute; with an attribute of the key: where there is an item.
    #[must_use]
    pub fn present(attribute: &str) -> Self {
        let name = placeholder('#', attribute);
        Self::new(format!("attribute_exists({name})")).with_name(name, attribute)
    }

    /// Holds where the attribute has this value.
    ///
    /// # Errors
    ///
    /// [`ItemError::Unwritable`].
    pub fn equals(attribute: &str, value: &(impl Serialize + ?Sized)) -> Result<Self, ItemError> {
        let (name, placed) = (placeholder('#', attribute), placeholder(':', attribute));
        Self::new(format!("{name} = {placed}"))
            .with_name(name, attribute)
            .with_value(placed, value)
    }

    /// Says what a placeholder such as `#total` stands for.
    #[must_use]
    pub fn with_name(mut self, placeholder: impl Into<String>, name: impl Into<String>) -> Self {
        self.names.insert(placeholder.into(), name.into());
        self
    }

    /// Says what a placeholder such as `:total` stands for.
    ///
    /// # Errors
    ///
    /// [`ItemError::Unwritable`], of a value that no attribute can have.
    pub fn with_value(
        mut self,
        placeholder: impl Into<String>,
        value: &(impl Serialize + ?Sized),
    ) -> Result<Self, ItemError> {
        self.values
            .insert(placeholder.into(), item::to_value(value)?);
        Ok(self)
    }

    /// Holds where both hold.
    ///
    /// ```
    /// use leeward_dynamodb::Expression;
    ///
    /// let is_open = Expression::present("id").and(Expression::absent("paid_at"))?;
    /// # Ok::<(), leeward_dynamodb::Clash>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Clash`], if one placeholder stands for two things.
    pub fn and(mut self, other: Self) -> Result<Self, Clash> {
        let text = format!("({}) AND ({})", self.text, other.text);
        self.take_placeholders(other)?;
        Ok(Self { text, ..self })
    }

    pub(crate) fn text(&self) -> String {
        self.text.clone()
    }

    /// Takes the names and values of another over, for a call that has room for one set of each.
    pub(crate) fn take_placeholders(&mut self, other: Self) -> Result<(), Clash> {
        merge(&mut self.names, other.names)?;
        merge(&mut self.values, other.values)
    }

    /// As the SDK takes them: no names rather than an empty set, which the service refuses.
    pub(crate) fn names(&self) -> Option<HashMap<String, String>> {
        (!self.names.is_empty()).then(|| self.names.clone())
    }

    pub(crate) fn values(&self) -> Option<HashMap<String, AttributeValue>> {
        (!self.values.is_empty()).then(|| self.values.clone())
    }
}

/// As long as DynamoDB takes them, in bytes (*Expression parameters*, developer guide).
const MAX_PLACEHOLDER: usize = 255;

/// Another one for each attribute: what a placeholder cannot have in it stands there by its number.
fn placeholder(sign: char, attribute: &str) -> String {
    let mut placeholder = format!("{sign}if_");
    for c in attribute.chars() {
        match c.is_ascii_alphanumeric() {
            true => placeholder.push(c),
            false => placeholder += &format!("_{:x}_", u32::from(c)),
        }
    }
    if placeholder.len() > MAX_PLACEHOLDER {
        // The same for the same attribute, and so good as never for another: that would be a clash.
        let mut hash = DefaultHasher::new();
        attribute.hash(&mut hash);
        placeholder = format!("{sign}if__{:016x}", hash.finish());
    }
    placeholder
}

fn merge<T: PartialEq>(
    into: &mut HashMap<String, T>,
    from: HashMap<String, T>,
) -> Result<(), Clash> {
    for (placeholder, meant) in from {
        match into.entry(placeholder) {
            Entry::Occupied(there) if *there.get() != meant => {
                return Err(Clash {
                    placeholder: there.key().clone(),
                });
            }
            Entry::Occupied(_) => {}
            Entry::Vacant(free) => drop(free.insert(meant)),
        }
    }
    Ok(())
}

/// Prints no value.
impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expression")
            .field("text", &self.text)
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

/// One placeholder stands for two things in expressions that go out in one call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the placeholder {placeholder} stands for two things")]
pub struct Clash {
    placeholder: String,
}

impl Classify for Clash {
    fn facts(&self) -> Facts<'_> {
        Facts::new(Stage::NotSent, Category::Validation, Verdict::Final)
    }
}

impl From<Clash> for AwsError {
    fn from(error: Clash) -> Self {
        Self::new(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_become_one() {
        let both = Expression::present("id")
            .and(Expression::equals("a.b", "s3cret").unwrap())
            .unwrap();
        assert_eq!(
            both.text,
            "(attribute_exists(#if_id)) AND (#if_a_2e_b = :if_a_2e_b)"
        );
        assert_eq!(both.names["#if_a_2e_b"], "a.b");
        assert!(!format!("{both:?}").contains("s3cret"));
    }

    #[test]
    fn attributes_that_look_alike_have_placeholders_of_their_own() {
        for (one, other) in [("a.b", "a_b"), ("größe", "grüße"), ("_2e_", ".")] {
            let both = Expression::present(one).and(Expression::absent(other));
            assert_eq!(both.unwrap().names.len(), 2, "{one} and {other}");
        }
        let odd = placeholder('#', "a b-ü");
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        assert!(odd[1..].chars().all(is_plain), "{odd}");
    }

    #[test]
    fn a_placeholder_stands_for_one_thing() {
        let one = || Expression::equals("version", &1).unwrap();
        assert!(one().and(one()).is_ok());
        let error = one()
            .and(Expression::equals("version", &2).unwrap())
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "the placeholder :if_version stands for two things"
        );
    }
}
