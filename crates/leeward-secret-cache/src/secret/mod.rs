//! One version of a secret, as it was fetched.

mod fields;
mod members;
mod parsed;
mod unreadable;
mod value;

pub use unreadable::{UnreadableReason, UnreadableSecret};
pub(crate) use value::Value;

use crate::id::SecretArn;
use fields::Fields;
use parsed::Parsed;
use serde::de::DeserializeOwned;
use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::SystemTime,
};
use subtle::ConstantTimeEq;

/// One version of a secret.
///
/// Its value is wiped from memory when the last [`Arc`](std::sync::Arc) to it is dropped, never printed, and cannot be serialised
/// or cloned. What the SDK read it from is the SDK's and not wiped.
// Who reads it shares no cache line with the count of those who hold it.
#[repr(align(64))]
pub struct Secret {
    inside: Arc<Inside>,
}

struct Inside {
    about: About,
    value: Value,
    fields: OnceLock<Result<Fields, UnreadableReason>>,
    parsed: Parsed,
}

/// What Secrets Manager says of a version besides its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct About {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) version_id: String,
    pub(crate) stages: Vec<String>,
    pub(crate) created: Option<SystemTime>,
}

impl Secret {
    pub(crate) fn new(about: About, value: Value) -> Self {
        let inside = Inside {
            about,
            value,
            fields: OnceLock::new(),
            parsed: Parsed::new(),
        };
        Self {
            inside: Arc::new(inside),
        }
    }

    /// The same value, to be held by others: the two are counted apart, and wiped when nobody holds either.
    pub(crate) fn twin(&self) -> Self {
        Self {
            inside: self.inside.clone(),
        }
    }

    /// The full ARN: of a replica, the replica's.
    #[must_use]
    pub fn arn(&self) -> &str {
        &self.inside.about.arn
    }

    /// The Region that gave it, as its ARN says: of a replica, the replica's.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        SecretArn::read(self.arn())?.region()
    }

    /// The name of the secret.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inside.about.name
    }

    /// The id of this version; it changes with each rotation.
    #[must_use]
    pub fn version_id(&self) -> &str {
        &self.inside.about.version_id
    }

    /// The labels that were attached to this version when it was fetched, such as `AWSCURRENT`.
    #[must_use]
    pub fn stages(&self) -> &[String] {
        &self.inside.about.stages
    }

    /// When this version was created.
    #[must_use]
    pub fn created(&self) -> Option<SystemTime> {
        self.inside.about.created
    }

    /// The value, whether text or binary.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.inside.value.bytes()
    }

    /// The value of a secret that is text.
    ///
    /// # Errors
    ///
    /// [`UnreadableReason::NotText`] if it is binary.
    pub fn expose_text(&self) -> Result<&str, UnreadableSecret> {
        self.inside.value.text().map_err(self.unreadable())
    }

    /// The value as JSON of this type, read once for each version and type: later calls give what the first has made.
    ///
    /// What it is read into is not wiped unless the type does so by itself, and stays as long as the secret does. Nor is what serde_json
    /// needs to read a text with what JSON escapes, or to say what is wrong: [`key`](Self::key) leaves nothing behind.
    ///
    /// # Errors
    ///
    /// [`UnreadableReason::NotText`] if it is binary, [`UnreadableReason::NoField`] if the type needs a field that is not there, and
    /// [`UnreadableReason::Json`] if it is no JSON of this type otherwise; none quotes the value.
    ///
    /// ```
    /// use leeward_secret_cache::{Secret, UnreadableSecret};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Login {
    ///     username: String,
    ///     password: String,
    /// }
    ///
    /// fn login(secret: &Secret) -> Result<&Login, UnreadableSecret> {
    ///     secret.json()
    /// }
    /// ```
    pub fn json<T>(&self) -> Result<&T, UnreadableSecret>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let text = self.expose_text()?;
        self.inside.parsed.read(text).map_err(self.unreadable())
    }

    /// The field of this name of a value that is a JSON object: a text as it is meant, a number or a truth value as it is written.
    ///
    /// The object is read once for each version. Fields are not copied, but for texts with what JSON escapes, which are wiped with it.
    ///
    /// # Errors
    ///
    /// [`UnreadableReason::NotText`], [`UnreadableReason::NotObject`] if the value is no JSON object or [`UnreadableReason::Json`] if it goes wrong
    /// as one, [`UnreadableReason::NoField`] if it has no such field, and [`UnreadableReason::NotPlain`] if that is null, an array or an object:
    /// read these by [`json`](Self::json).
    pub fn key(&self, field: &str) -> Result<&str, UnreadableSecret> {
        let text = self.expose_text()?;
        let found = match self.inside.fields.get_or_init(|| Fields::read(text)) {
            Ok(fields) => fields.field(text, field),
            Err(reason) => Err(reason.clone()),
        };
        found.map_err(self.unreadable())
    }

    /// Says which secret it is that cannot be read.
    fn unreadable(&self) -> impl FnOnce(UnreadableReason) -> UnreadableSecret {
        |reason| {
            let called = match self.name() {
                "" => self.arn(),
                name => name,
            };
            UnreadableSecret::new(called, reason)
        }
    }

    pub(crate) fn about(&self) -> &About {
        &self.inside.about
    }
}

/// Whether both are the same version with the same value, in a time that does not depend on where values of one length differ.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        let is_same: bool = self.expose().ct_eq(other.expose()).into();
        is_same && self.arn() == other.arn() && self.version_id() == other.version_id()
    }
}

impl Eq for Secret {}

/// Without the value.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret")
            .field("name", &self.inside.about.name)
            .field("version_id", &self.inside.about.version_id)
            .field("stages", &self.inside.about.stages)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(version_id: &str, value: Value) -> Secret {
        let about = About {
            name: "db".to_owned(),
            version_id: version_id.to_owned(),
            ..About::default()
        };
        Secret::new(about, value)
    }

    fn text(value: &str) -> Secret {
        secret("v1", Value::of_text(value.to_owned()))
    }

    #[test]
    fn prints_everything_but_its_value() {
        let printed = format!("{:?}", text("hunter2"));
        assert!(
            printed.contains("v1") && !printed.contains("hunter"),
            "{printed}"
        );
    }

    #[test]
    fn values_are_told_apart_and_versions_too() {
        assert_eq!(text("one"), text("one"));
        assert_ne!(text("one"), text("two"));
        assert_ne!(text("one"), secret("v2", Value::of_text("one".to_owned())));
    }

    #[test]
    fn a_value_is_read_as_json_once() {
        let secret = text(r#"{"user":"app"}"#);
        let first: &serde_json::Value = secret.json().unwrap();
        let again: &serde_json::Value = secret.json().unwrap();
        assert!(std::ptr::eq(first, again));
        let other: &std::collections::BTreeMap<String, String> = secret.json().unwrap();
        assert_eq!(other["user"], "app");
    }

    #[test]
    fn binary_is_no_text() {
        let secret = secret("v1", Value::of_bytes(vec![1, 2]));
        assert_eq!(secret.expose(), [1, 2]);
        let error = UnreadableSecret::new("db", UnreadableReason::NotText);
        assert_eq!(secret.expose_text(), Err(error.clone()));
        assert_eq!(secret.key("user"), Err(error));
    }

    #[test]
    fn what_cannot_be_read_is_told_with_the_name_of_the_secret() {
        for (value, told) in [
            (
                "hunter2",
                "its value is no JSON object: read a plain text by Secret::expose_text",
            ),
            ("{}", r#"its value has no field "user": its fields are []"#),
            (
                r#"{"user":[]}"#,
                r#"its field "user" is no text, number or truth value: read it by Secret::json"#,
            ),
        ] {
            let secret = text(value);
            for _ in 0..2 {
                let error = secret.key("user").unwrap_err();
                assert_eq!(error.secret(), "db");
                assert_eq!(error.to_string(), format!("secret db: {told}"));
            }
        }
        let error = text("hunter2").json::<bool>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "secret db: its value is no JSON of this kind: it goes wrong at line 1, column 1"
        );
    }

    #[test]
    fn what_came_without_a_name_is_told_by_its_arn() {
        let about = About {
            arn: "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-a1b2c3".to_owned(),
            ..About::default()
        };
        let secret = Secret::new(about, Value::of_text(String::new()));
        assert_eq!(secret.key("user").unwrap_err().secret(), secret.arn());
    }
}
