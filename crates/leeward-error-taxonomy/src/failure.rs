use crate::{Category, Facts, Obstacle, Rejected, Stage, Verdict, redact};
use std::{borrow::Cow, fmt, time::Duration};

/// An owned record of [`Facts`], to be kept after the error is gone.
///
/// Its texts went through [`redact()`](crate::redact()), so that it may be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Failure {
    /// How far the request got.
    pub stage: Stage,
    /// What kind of thing went wrong.
    pub category: Category,
    /// Whether sending it again can help.
    pub verdict: Verdict,
    /// The service's error code.
    pub code: Option<String>,
    /// The service's message, or that of the error at the root of a failure to send.
    pub message: Option<String>,
    /// The id under which AWS support finds the request.
    pub request_id: Option<String>,
    /// The second id that S3 gives.
    pub extended_request_id: Option<String>,
    /// The HTTP status of the answer.
    pub status: Option<u16>,
    /// How long the service asks to wait.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "retry_after_ms", serialize_with = "in_milliseconds")
    )]
    pub retry_after: Option<Duration>,
    /// What kept the request from an answer, if it got none.
    pub obstacle: Option<Obstacle>,
}

impl From<&Facts<'_>> for Failure {
    fn from(facts: &Facts<'_>) -> Self {
        let id = |id: &str| redact::in_id(id).into_owned();
        Self {
            stage: facts.stage,
            category: facts.category,
            verdict: facts.verdict,
            code: facts.code.map(|code| redact::redact(code).into_owned()),
            message: message(facts).map(|message| redact::redact(&message).into_owned()),
            request_id: facts.request_id.map(id),
            extended_request_id: facts.extended_request_id.map(id),
            status: facts.status,
            retry_after: facts.retry_after,
            obstacle: facts.obstacle,
        }
    }
}

/// The service's words, else those of the error at the root.
fn message<'a>(facts: &Facts<'a>) -> Option<Cow<'a, str>> {
    Some(match (facts.rejected, facts.message, facts.cause) {
        (Some(Rejected::Unavailable { source }), ..) => source.to_string().into(),
        (Some(rejected), ..) => rejected.to_string().into(),
        (None, Some(message), _) => message.into(),
        (None, None, cause) => without_code(cause?.to_string(), facts.code).into(),
    })
}

/// The SDK's modelled errors lead their text with their code, `Name [Code]: words`, and then it would stand there twice.
fn without_code(text: String, code: Option<&str>) -> String {
    let rest = code.and_then(|code| {
        let (_, rest) = text
            .split_once(": ")
            .filter(|(name, _)| name.contains(code))?;
        Some(rest.to_owned())
    });
    rest.unwrap_or(text)
}

/// `ThrottlingException: rate exceeded (HTTP 400, request 4f…)`
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_words(f)?;
        match (self.status, &self.request_id) {
            (Some(status), Some(id)) => write!(f, " (HTTP {status}, request {id})"),
            (Some(status), None) => write!(f, " (HTTP {status})"),
            (None, Some(id)) => write!(f, " (request {id})"),
            (None, None) => Ok(()),
        }
    }
}

impl Failure {
    /// Code and message, or what there is of them.
    pub(crate) fn write_words(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.code, &self.message) {
            (Some(code), Some(message)) => write!(f, "{code}: {message}"),
            (Some(text), None) | (None, Some(text)) => f.write_str(text),
            (None, None) => write!(f, "{}", self.category),
        }
    }
}

#[cfg(feature = "serde")]
fn in_milliseconds<S: serde::Serializer>(
    pause: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serde::Serialize::serialize(&pause.map(|pause| pause.as_millis()), serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_keeps_to_one_line() {
        let mut facts = Facts::new(Stage::NotSent, Category::Authentication, Verdict::Final);
        facts.message = Some("no credentials:\n  Environment: not set\n  Profile: none");
        let failure = Failure::from(&facts);
        assert_eq!(
            failure.to_string(),
            "no credentials: Environment: not set Profile: none"
        );
    }

    #[test]
    fn an_id_of_s3_is_no_secret() {
        let id = "eftixk72aD6Ap51TnqcoF8eFidJG9Z/2mkiDFu8yU9AS1ed4OpIszj7UDNEHGran";
        let mut facts = Facts::new(Stage::Answered, Category::NotFound, Verdict::Final);
        facts.extended_request_id = Some(id);
        facts.message = Some(id);
        let failure = Failure::from(&facts);
        assert_eq!(failure.extended_request_id.as_deref(), Some(id));
        assert_eq!(failure.message.as_deref(), Some("[redacted]"));
    }
}
