use crate::{Category, Rejected};
use std::{error::Error, fmt, time::Duration};

/// How far a request got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// No byte of the request reached the service: sending it again cannot apply it twice.
    NotSent,
    /// The request may have reached the service and may have been applied.
    MaybeSent,
    /// The service answered.
    Answered,
}

/// Whether sending the same request again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// The same request fails the same way.
    Final,
    /// The cause may pass by itself, here or in another Region.
    Transient,
    /// The service asks for fewer calls; wait, do not run elsewhere.
    Throttled,
}

/// What is known of one failure, borrowed from the error that knows it.
///
/// Made by [`Facts::new`] and filled in field by field.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Facts<'a> {
    /// How far the request got.
    pub stage: Stage,
    /// What kind of thing went wrong.
    pub category: Category,
    /// Whether sending it again can help.
    pub verdict: Verdict,
    /// The service's error code, such as `ThrottlingException`.
    pub code: Option<&'a str>,
    /// The service's message.
    pub message: Option<&'a str>,
    /// The error at the root, where there is one below this.
    pub cause: Option<&'a (dyn Error + 'static)>,
    /// The id under which AWS support finds the request.
    pub request_id: Option<&'a str>,
    /// The HTTP status of the answer.
    pub status: Option<u16>,
    /// How long the service asks to wait before the next attempt.
    pub retry_after: Option<Duration>,
    /// The refusal of our own layers that this failure carries.
    pub rejected: Option<&'a Rejected>,
}

impl<'a> Facts<'a> {
    /// States the three facts that every failure has.
    #[must_use]
    pub const fn new(stage: Stage, category: Category, verdict: Verdict) -> Self {
        Self {
            stage,
            category,
            verdict,
            code: None,
            message: None,
            cause: None,
            request_id: None,
            status: None,
            retry_after: None,
            rejected: None,
        }
    }

    /// Whether the failure says something about the health of the Region or service that was called.
    ///
    /// An answer that blames the request, a plea for fewer calls and a refusal of our own layers say nothing of it; a
    /// lost connection, silence and a 5xx do.
    #[must_use]
    pub fn blames_the_service(&self) -> bool {
        match self.rejected {
            Some(rejected) => matches!(rejected, Rejected::AttemptTimedOut { .. }),
            None => {
                self.verdict == Verdict::Transient
                    && matches!(
                        self.category,
                        Category::Network
                            | Category::Timeout
                            | Category::ServiceUnavailable
                            | Category::Internal
                    )
            }
        }
    }
}

/// An owned record of [`Facts`], to be kept after the error is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// How far the request got.
    pub stage: Stage,
    /// What kind of thing went wrong.
    pub category: Category,
    /// The service's error code.
    pub code: Option<String>,
    /// The service's message, or that of the error at the root of a failure to send.
    pub message: Option<String>,
    /// The id under which AWS support finds the request.
    pub request_id: Option<String>,
    /// The HTTP status of the answer.
    pub status: Option<u16>,
}

impl From<&Facts<'_>> for Failure {
    fn from(facts: &Facts<'_>) -> Self {
        Self {
            stage: facts.stage,
            category: facts.category,
            code: facts.code.map(str::to_owned),
            message: text(facts),
            request_id: facts.request_id.map(str::to_owned),
            status: facts.status,
        }
    }
}

/// The service's words, else those of the error at the root; on one line, as a log wants it.
fn text(facts: &Facts<'_>) -> Option<String> {
    let text = match (facts.rejected, facts.message, facts.cause) {
        (Some(Rejected::Unavailable { source }), ..) => source.to_string(),
        (Some(rejected), ..) => rejected.to_string(),
        (None, Some(message), _) => message.to_owned(),
        (None, None, cause) => cause?.to_string(),
    };
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    Some(lines.join(" "))
}

/// `ThrottlingException: rate exceeded (HTTP 400, request 4f…)`
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.code, &self.message) {
            (Some(code), Some(message)) => write!(f, "{code}: {message}")?,
            (Some(text), None) | (None, Some(text)) => f.write_str(text)?,
            (None, None) => write!(f, "{}", self.category)?,
        }
        match (self.status, &self.request_id) {
            (Some(status), Some(id)) => write!(f, " (HTTP {status}, request {id})"),
            (Some(status), None) => write!(f, " (HTTP {status})"),
            (None, Some(id)) => write!(f, " (request {id})"),
            (None, None) => Ok(()),
        }
    }
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
    fn only_what_a_healthy_service_would_not_do_blames_it() {
        let blames = |category, verdict| {
            Facts::new(Stage::MaybeSent, category, verdict).blames_the_service()
        };
        for category in [Category::Network, Category::Timeout, Category::Internal] {
            assert!(blames(category, Verdict::Transient), "{category}");
            assert!(!blames(category, Verdict::Final), "{category}");
        }
        assert!(!blames(Category::RateLimit, Verdict::Throttled));
        assert!(!blames(Category::Authentication, Verdict::Transient));
        assert!(!blames(Category::Conflict, Verdict::Transient));
    }
}
