use crate::{CloudFormation, Template, service};
use aws_sdk_cloudformation::{
    operation::validate_template::{
        ValidateTemplateInput, ValidateTemplateOutput, builders::ValidateTemplateInputBuilder,
    },
    types::Capability,
};
use leeward_client_pool::Op;
use leeward_error_taxonomy::AwsError;
use std::fmt;

/// What CloudFormation says of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Validation {
    /// It can be read, and what it refers to within itself is there. Whether its resources can be made is not looked at.
    Valid(Valid),
    /// It is wrong.
    Invalid(InvalidTemplate),
}

/// What a template asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Valid {
    /// What it says of itself.
    pub description: Option<String>,
    /// What may or has to be given to it.
    pub parameters: Vec<TemplateParameter>,
    /// What leave it asks for; see [`StackSpec::with_capability`](crate::StackSpec::with_capability).
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::written::texts"))]
    pub capabilities: Vec<Capability>,
    /// Why it asks for it.
    pub capabilities_reason: Option<String>,
    /// The macros that it is run through.
    pub transforms: Vec<String>,
}

/// A parameter of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TemplateParameter {
    /// Its name.
    pub key: String,
    /// What it is if it is not given; it has to be given if there is none.
    pub default: Option<String>,
    /// Whether its value may not be seen.
    pub is_secret: bool,
    /// What the template says of it.
    pub description: Option<String>,
}

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct InvalidTemplate {
    /// What CloudFormation says of it.
    pub message: String,
    /// Where, if CloudFormation says so: it does of what is no JSON or YAML.
    pub position: Option<Position>,
}

/// A place in a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Position {
    /// The line, from 1 on.
    pub line: u32,
    /// The column, from 1 on.
    pub column: u32,
}

impl Position {
    /// Finds it in a message: `Template format error: YAML not well-formed. (line 308, column 14)`.
    fn in_message(message: &str) -> Option<Self> {
        let (_, place) = message.rsplit_once("line ")?;
        let (line, rest) = place.split_once(|c: char| !c.is_ascii_digit())?;
        let (_, column) = rest.split_once("column ")?;
        let column = column.split(|c: char| !c.is_ascii_digit()).next()?;
        Some(Self {
            line: line.parse().ok()?,
            column: column.parse().ok()?,
        })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

impl InvalidTemplate {
    fn new(message: &str) -> Self {
        Self {
            message: message.to_owned(),
            position: Position::in_message(message),
        }
    }
}

impl fmt::Display for InvalidTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Valid {
    fn of(answer: ValidateTemplateOutput) -> Self {
        let parameters = answer.parameters.unwrap_or_default().into_iter();
        Self {
            description: service::said(answer.description),
            parameters: parameters
                .filter_map(|parameter| {
                    Some(TemplateParameter {
                        key: parameter.parameter_key?,
                        default: parameter.default_value,
                        is_secret: parameter.no_echo.unwrap_or_default(),
                        description: service::said(parameter.description),
                    })
                })
                .collect(),
            capabilities: answer.capabilities.unwrap_or_default(),
            capabilities_reason: service::said(answer.capabilities_reason),
            transforms: answer.declared_transforms.unwrap_or_default(),
        }
    }
}

/// Whether a refusal is about the text of the template, and not about the way to it.
fn is_about_template(error: &AwsError) -> bool {
    let message = error.message().unwrap_or_default();
    service::is_invalid(error)
        && !message.starts_with("S3 error")
        && !message.contains("TemplateURL")
}

impl CloudFormation {
    /// Has CloudFormation read a template: what it asks for, or what is wrong with it and where.
    ///
    /// # Errors
    ///
    /// Every failure but that the template is wrong: one in S3 that cannot be had, for one.
    ///
    /// ```no_run
    /// # use leeward_cloudformation::{CloudFormation, Template, Validation};
    /// # use leeward_error_taxonomy::AwsError;
    /// # async fn run(cloud: CloudFormation, text: String) -> Result<(), AwsError> {
    /// match cloud.validate(&Template::text(text)).await? {
    ///     Validation::Valid(valid) => println!("it asks for {:?}", valid.capabilities),
    ///     Validation::Invalid(wrong) => println!("{wrong}"),
    ///     _ => {}
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn validate(&self, template: &Template) -> Result<Validation, AwsError> {
        let template = template.given()?;
        let validate = ValidateTemplateInput::builder()
            .set_template_body(template.text)
            .set_template_url(template.url);
        let validate = Op::new(validate, ValidateTemplateInputBuilder::send_with);
        match self.caller.call(validate).await {
            Ok(answer) => Ok(Validation::Valid(Valid::of(answer))),
            Err(error) if is_about_template(&error) => {
                let wrong = InvalidTemplate::new(error.message().unwrap_or_default());
                Ok(Validation::Invalid(wrong))
            }
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_found_where_there_is_one() {
        for (message, expected) in [
            (
                "Template format error: YAML not well-formed. (line 308, column 14)",
                Some((308, 14)),
            ),
            (
                "Template format error: JSON not well-formed. (line 1, column 1)",
                Some((1, 1)),
            ),
            (
                "Template format error: line 3 is odd; see line 4, column 5",
                Some((4, 5)),
            ),
            ("Template format error: unsupported structure.", None),
            (
                "Template format error: [/Resources/Archive] resource definition is malformed",
                None,
            ),
            ("the deadline has passed, column 3", None),
            ("line 99999999999999999999, column 1", None),
            ("line , column ", None),
        ] {
            let found = Position::in_message(message).map(|at| (at.line, at.column));
            assert_eq!(found, expected, "{message}");
        }
    }
}
