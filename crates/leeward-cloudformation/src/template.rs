use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict};
use std::fmt;

/// The longest text that a call takes, in bytes (*CloudFormation quotas*); a longer one is put into S3 and named by its URL.
const MAX_TEXT: usize = 51_200;

/// Where the template of a stack is.
///
/// It prints no text of the template.
#[derive(Clone, PartialEq, Eq)]
pub struct Template(Source);

#[derive(Clone, PartialEq, Eq)]
enum Source {
    Text(String),
    Url(String),
    Previous,
}

impl Template {
    /// A template as JSON or YAML, 51,200 bytes at the most.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self(Source::Text(text.into()))
    }

    /// A template in S3: `https://bucket.s3.eu-central-1.amazonaws.com/orders.yaml`, 1 MB at the most.
    #[must_use]
    pub fn url(url: impl Into<String>) -> Self {
        Self(Source::Url(url.into()))
    }

    /// The template that the stack has: to change parameters or tags only. [`NoPreviousTemplate`] where there is none: in a stack that
    /// is to be created, and alone in a validation.
    #[must_use]
    pub const fn previous() -> Self {
        Self(Source::Previous)
    }

    /// The parts of one that is to stand for itself.
    pub(crate) fn given(&self) -> Result<Parts, AwsError> {
        match self.0 {
            Source::Previous => Err(AwsError::new(NoPreviousTemplate)),
            _ => Ok(self.parts()?),
        }
    }

    pub(crate) fn parts(&self) -> Result<Parts, TemplateTooLong> {
        let parts = Parts::default();
        Ok(match &self.0 {
            Source::Text(text) if text.len() > MAX_TEXT => return Err(TemplateTooLong(text.len())),
            Source::Text(text) => Parts {
                text: Some(text.clone()),
                ..parts
            },
            Source::Url(url) => Parts {
                url: Some(url.clone()),
                ..parts
            },
            Source::Previous => Parts {
                previous: Some(true),
                ..parts
            },
        })
    }
}

/// A template as the inputs of the SDK take it.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) text: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) previous: Option<bool>,
}

/// The value as JSON.
impl From<serde_json::Value> for Template {
    fn from(template: serde_json::Value) -> Self {
        Self::text(template.to_string())
    }
}

impl From<&serde_json::Value> for Template {
    fn from(template: &serde_json::Value) -> Self {
        Self::text(template.to_string())
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Text(text) => write!(f, "Template({} bytes)", text.len()),
            Source::Url(url) => write!(f, "Template({})", leeward_error_taxonomy::redact(url)),
            Source::Previous => f.write_str("Template(previous)"),
        }
    }
}

/// Says that a template is too long to be sent; AWS would answer with the whole of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the template has {0} bytes, and a call takes 51200: put it into S3, and name its URL")]
pub struct TemplateTooLong(usize);

impl Classify for TemplateTooLong {
    fn facts(&self) -> Facts<'_> {
        Facts::new(Stage::NotSent, Category::Validation, Verdict::Final)
    }
}

impl From<TemplateTooLong> for AwsError {
    fn from(long: TemplateTooLong) -> Self {
        Self::new(long)
    }
}

/// Says that the template of a stack was to be taken where there is no stack that has one. Nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no previous template here: give it as text or by its URL")]
pub struct NoPreviousTemplate;

impl Classify for NoPreviousTemplate {
    fn facts(&self) -> Facts<'_> {
        Facts::new(Stage::NotSent, Category::Validation, Verdict::Final)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_not_sent() {
        assert!(Template::text("x".repeat(MAX_TEXT)).parts().is_ok());
        let refused = Template::text("x".repeat(MAX_TEXT + 1))
            .parts()
            .err()
            .unwrap();
        assert!(
            refused
                .to_string()
                .starts_with("the template has 51201 bytes")
        );
    }

    #[test]
    fn a_template_is_not_printed() {
        let template = Template::from(serde_json::json!({"Resources": {"Secret": {}}}));
        assert_eq!(format!("{template:?}"), "Template(27 bytes)");
    }
}
