use crate::{Advice, Category, Failure, Obstacle, OperationName, Region, Rejected, redact};
use std::{
    error::Error,
    fmt,
    time::{Duration, SystemTime},
};

/// How far a request got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Stage {
    /// No byte of the request reached the service: sending it again cannot apply it twice.
    ///
    /// That is of the attempt which the error tells of. Where the SDK's own retries are on, one before it may have been sent:
    /// count them with an interceptor that tells the error, or let one layer own the retries, as `leeward-client-pool`'s clients
    /// and targets do.
    NotSent,
    /// The request may have reached the service and may have been applied.
    MaybeSent,
    /// The service answered.
    Answered,
}

/// Whether sending the same request again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
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
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Facts<'a> {
    /// How far the request got.
    pub stage: Stage,
    /// What kind of thing went wrong.
    pub category: Category,
    /// Whether sending it again can help.
    pub verdict: Verdict,
    /// The operation that failed, where the error knows it.
    pub operation: Option<OperationName>,
    /// The service's error code, such as `ThrottlingException`.
    pub code: Option<&'a str>,
    /// The service's message.
    pub message: Option<&'a str>,
    /// The error at the root, where there is one below this.
    pub cause: Option<&'a (dyn Error + 'static)>,
    /// The id under which AWS support finds the request.
    pub request_id: Option<&'a str>,
    /// The second id that S3 gives, `x-amz-id-2`, which AWS support asks for as well.
    pub extended_request_id: Option<&'a str>,
    /// The HTTP status of the answer.
    pub status: Option<u16>,
    /// How long the service asks to wait before the next attempt.
    pub retry_after: Option<Duration>,
    /// Until when the service asks to wait, where it names a date and no clock of its own to measure it by.
    pub retry_at: Option<SystemTime>,
    /// What kept the request from an answer, if it got none.
    pub obstacle: Option<Obstacle>,
    /// How many attempts were made, where somebody has counted; the stage is then that which the furthest of them reached.
    pub attempts: Option<u32>,
    /// The Region that was called, where the client has told.
    pub region: Option<&'a Region>,
    /// The host that was to be sent to, where there was no answer and the client has told; with the port, if one is named.
    pub host: Option<&'a str>,
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
            operation: None,
            code: None,
            message: None,
            cause: None,
            request_id: None,
            extended_request_id: None,
            status: None,
            retry_after: None,
            retry_at: None,
            obstacle: None,
            attempts: None,
            region: None,
            host: None,
            rejected: None,
        }
    }

    /// Says what to do next.
    #[must_use]
    pub fn advice(&self) -> Advice<'a> {
        Advice::of(self)
    }

    /// How long the service asks to wait from `now` on, whether it named a pause or a date.
    ///
    /// A date in the past asks for no pause at all.
    #[must_use]
    pub fn pause(&self, now: SystemTime) -> Option<Duration> {
        self.retry_after.or_else(|| {
            let at = self.retry_at?;
            Some(at.duration_since(now).unwrap_or_default())
        })
    }

    /// Whether the failure says something about the health of the Region or service that was called.
    ///
    /// A lost connection, silence and a 5xx do. An answer with a 4xx shows a living service: it blames the request, what
    /// the request names, or its way in (RFC 9110, 15.5). A plea for fewer calls and a refusal of our own layers say
    /// nothing of it either.
    #[must_use]
    pub fn blames_the_service(&self) -> bool {
        match self.rejected {
            Some(rejected) => matches!(rejected, Rejected::AttemptTimedOut { .. }),
            None => {
                self.verdict == Verdict::Transient
                    && !self.is_answered_with_4xx()
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

    fn is_answered_with_4xx(&self) -> bool {
        let of_the_caller = self.status.is_some_and(|status| status / 100 == 4);
        self.stage == Stage::Answered && of_the_caller
    }
}

/// Without the secrets that a message may hold, as in the record of it.
impl fmt::Debug for Facts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Facts")
            .field("operation", &self.operation.map(redact::operation))
            .field("record", &Failure::from(self))
            .field("rejected", &self.rejected.map(ToString::to_string))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_a_pause_from_now_on() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        let mut facts = Facts::new(Stage::Answered, Category::RateLimit, Verdict::Throttled);
        assert_eq!(facts.pause(now), None);
        facts.retry_at = Some(now + Duration::from_secs(2));
        assert_eq!(facts.pause(now), Some(Duration::from_secs(2)));
        assert_eq!(
            facts.pause(now + Duration::from_secs(9)),
            Some(Duration::ZERO)
        );
        facts.retry_after = Some(Duration::from_secs(5));
        assert_eq!(facts.pause(now), Some(Duration::from_secs(5)));
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

    #[test]
    fn an_answer_with_a_4xx_blames_nobody_here() {
        for category in [
            Category::Network,
            Category::Timeout,
            Category::ServiceUnavailable,
            Category::Internal,
        ] {
            let mut facts = Facts::new(Stage::Answered, category, Verdict::Transient);
            for (status, blames) in [
                (None, true),
                (Some(399), true),
                (Some(400), false),
                (Some(429), false),
                (Some(499), false),
                (Some(500), true),
            ] {
                facts.status = status;
                assert_eq!(facts.blames_the_service(), blames, "{category} {status:?}");
            }
        }
    }
}
