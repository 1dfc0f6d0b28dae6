use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict};
use std::{collections::BTreeMap, ops::Deref};

/// The outputs of a stack: a map from keys to values.
///
/// ```
/// use leeward_cloudformation::Outputs;
///
/// let outputs: Outputs = [("BucketName", "orders-archive"), ("TopicArn", "arn:aws:sns:…")].into_iter().collect();
/// assert_eq!(outputs.require("BucketName")?, "orders-archive");
/// assert_eq!(
///     outputs.require("QueueUrl").unwrap_err().to_string(),
///     "the stack has no output QueueUrl; it has BucketName, TopicArn",
/// );
/// # Ok::<(), leeward_cloudformation::NoOutput>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
pub struct Outputs(BTreeMap<String, String>);

impl Outputs {
    /// The value of an output that has to be there.
    ///
    /// # Errors
    ///
    /// [`NoOutput`], which says what there is.
    pub fn require(&self, key: &str) -> Result<&str, NoOutput> {
        let value = self.0.get(key).map(String::as_str);
        value.ok_or_else(|| NoOutput {
            key: key.to_owned(),
            there: self.0.keys().cloned().collect(),
        })
    }

    /// The map itself.
    #[must_use]
    pub fn into_map(self) -> BTreeMap<String, String> {
        self.0
    }
}

impl Deref for Outputs {
    type Target = BTreeMap<String, String>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Outputs {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(outputs: I) -> Self {
        let owned = |(key, value): (K, V)| (key.into(), value.into());
        Self(outputs.into_iter().map(owned).collect())
    }
}

/// Says that a stack has no output of this key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stack has no output {key}; it has {}", listed(.there))]
pub struct NoOutput {
    key: String,
    there: Vec<String>,
}

fn listed(keys: &[String]) -> String {
    match keys {
        [] => "none".to_owned(),
        keys => keys.join(", "),
    }
}

impl Classify for NoOutput {
    fn facts(&self) -> Facts<'_> {
        Facts::new(Stage::Answered, Category::NotFound, Verdict::Final)
    }
}

impl From<NoOutput> for AwsError {
    fn from(none: NoOutput) -> Self {
        Self::new(none)
    }
}
