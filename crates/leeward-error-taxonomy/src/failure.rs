use crate::{Advice, Category, Facts, Obstacle, Rejected, Stage, Verdict, redact::Kept};
use std::{
    borrow::Cow,
    fmt,
    time::{Duration, SystemTime},
};

/// An owned record of [`Facts`], to be kept after the error is gone.
///
/// Its texts went through [`redact()`](crate::redact()), and nothing can be written into it afterwards, so that it may be
/// logged. Serialised it is the record of an [`AwsError`](crate::AwsError) without the call, with `null` for what is not
/// known.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Failure {
    stage: Stage,
    category: Category,
    verdict: Verdict,
    code: Option<Kept>,
    message: Option<Kept>,
    request_id: Option<Kept>,
    extended_request_id: Option<Kept>,
    status: Option<u16>,
    #[cfg_attr(
        feature = "serde",
        serde(rename = "retry_after_ms", serialize_with = "in_milliseconds")
    )]
    retry_after: Option<Duration>,
    #[cfg_attr(
        feature = "serde",
        serde(rename = "retry_at_epoch_s", serialize_with = "since_the_epoch")
    )]
    retry_at: Option<SystemTime>,
    obstacle: Option<Obstacle>,
}

impl Failure {
    /// How far the request got.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub const fn category(&self) -> Category {
        self.category
    }

    /// Whether sending it again can help.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// The service's error code.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_ref().map(Kept::shown)
    }

    /// The service's message, or that of the error at the root of a failure to send.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.message.as_ref().map(Kept::shown)
    }

    /// The id under which AWS support finds the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_ref().map(Kept::shown)
    }

    /// The second id that S3 gives.
    #[must_use]
    pub fn extended_request_id(&self) -> Option<&str> {
        self.extended_request_id.as_ref().map(Kept::shown)
    }

    /// The HTTP status of the answer.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        self.status
    }

    /// How long the service asks to wait.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Until when the service asks to wait, where it names a date and no clock of its own to measure it by.
    #[must_use]
    pub const fn retry_at(&self) -> Option<SystemTime> {
        self.retry_at
    }

    /// What kept the request from an answer, if it got none.
    #[must_use]
    pub const fn obstacle(&self) -> Option<Obstacle> {
        self.obstacle
    }

    /// Notes that the request was sent before the attempt that this tells of.
    pub(crate) fn was_tried_before(&mut self) {
        if self.stage == Stage::NotSent {
            self.stage = Stage::MaybeSent;
        }
    }

    /// Says it in `words`, where nobody else has said anything.
    pub(crate) fn or_in_words(&mut self, words: impl FnOnce() -> String) {
        self.message.get_or_insert_with(|| Kept::words(words()));
    }

    /// Keeps the texts as they came, and takes the secrets out when they are first looked at.
    pub(crate) fn as_it_came(facts: &Facts<'_>) -> Self {
        let words = |code: &str| Kept::words(code.to_owned());
        let id = |id: &str| Kept::id(id.to_owned());
        Self {
            stage: facts.stage,
            category: facts.category,
            verdict: facts.verdict,
            code: facts.code.map(words),
            message: message(facts).map(|message| Kept::words(message.into_owned())),
            request_id: facts.request_id.map(id),
            extended_request_id: facts.extended_request_id.map(id),
            status: facts.status,
            retry_after: facts.retry_after,
            retry_at: facts.retry_at,
            obstacle: facts.obstacle,
        }
    }

    /// Says what to do next, as the facts did that it was made of, their operation and place left out; of a refusal by its
    /// category and obstacle.
    #[must_use]
    pub fn advice(&self) -> Advice<'_> {
        self.facts_to_advise_on().advice()
    }

    /// The same facts once more.
    pub(crate) fn facts(&self) -> Facts<'_> {
        let mut facts = self.facts_to_advise_on();
        facts.request_id = self.request_id();
        facts.extended_request_id = self.extended_request_id();
        facts
    }

    /// The same facts without the ids, which advice does not ask for, so that they need not be looked through.
    pub(crate) fn facts_to_advise_on(&self) -> Facts<'_> {
        let mut facts = Facts::new(self.stage, self.category, self.verdict);
        facts.code = self.code();
        facts.message = self.message();
        facts.status = self.status;
        facts.retry_after = self.retry_after;
        facts.retry_at = self.retry_at;
        facts.obstacle = self.obstacle;
        facts
    }

    /// Code and message, or what there is of them.
    pub(crate) fn write_words(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.code, &self.message) {
            (Some(code), Some(message)) => write!(f, "{code}: {message}"),
            (Some(text), None) | (None, Some(text)) => fmt::Display::fmt(text, f),
            (None, None) => write!(f, "{}", self.category),
        }
    }
}

impl From<&Facts<'_>> for Failure {
    fn from(facts: &Facts<'_>) -> Self {
        let known = Self::as_it_came(facts);
        let clean = |text: Option<Kept>| text.map(Kept::cleaned);
        Self {
            code: clean(known.code),
            message: clean(known.message),
            request_id: clean(known.request_id),
            extended_request_id: clean(known.extended_request_id),
            ..known
        }
    }
}

/// The service's words, else those of the error at the root.
fn message<'a>(facts: &Facts<'a>) -> Option<Cow<'a, str>> {
    Some(match (facts.rejected, facts.message, facts.cause) {
        (Some(Rejected::Unavailable { source, .. }), ..) => source.to_string().into(),
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

#[cfg(feature = "serde")]
fn in_milliseconds<S: serde::Serializer>(
    pause: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serde::Serialize::serialize(&pause.map(|pause| pause.as_millis()), serializer)
}

#[cfg(feature = "serde")]
fn since_the_epoch<S: serde::Serializer>(
    date: &Option<SystemTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serde::Serialize::serialize(&date.map(seconds_since_the_epoch), serializer)
}

/// A date as it stands in a record; one before 1970 is over as well.
#[cfg(feature = "serde")]
pub(crate) fn seconds_since_the_epoch(date: SystemTime) -> u64 {
    let since = date.duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
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
        assert_eq!(failure.extended_request_id(), Some(id));
        assert_eq!(failure.message(), Some("[redacted]"));
    }
}
