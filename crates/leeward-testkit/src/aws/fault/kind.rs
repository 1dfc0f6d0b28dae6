use crate::latency::Latency;
use http::{HeaderName, HeaderValue};
use std::{ops::RangeInclusive, time::Duration};

/// What goes wrong with a call.
///
/// Strikes every call in its [`Scope`](crate::Scope), unless [`with_rate`](Self::with_rate) or [`with_calls`](Self::with_calls) says less.
///
/// ```
/// use leeward_testkit::Fault;
/// use std::time::Duration;
///
/// let one_in_ten = Fault::throttling().with_rate(0.1).with_seed(42);
/// let in_two_seconds = Fault::error(503, "SlowDown", "Reduce your request rate")
///     .with_retry_after(Duration::from_secs(2));
/// # assert_ne!(one_in_ten, in_two_seconds);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub(super) kind: Kind,
    pub(super) rate: f64,
    pub(super) seed: u64,
    pub(super) calls: RangeInclusive<u64>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Slow(Latency),
    Error(Refusal),
    BlackHole,
    Refuse,
    Reset,
    ResetInRequest(u64),
}

/// An error that the fault plane answers in the service's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::aws) struct Refusal {
    pub(in crate::aws) reason: Reason,
    pub(in crate::aws) retry_after: Option<Duration>,
    pub(in crate::aws) amz_retry_after: Option<Duration>,
    pub(in crate::aws) headers: Vec<(HeaderName, HeaderValue)>,
}

/// Which error: one of those that each service words in its own way, or the one that the test words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::aws) enum Reason {
    Throttling,
    AccessDenied,
    ExpiredToken,
    UnknownCredentials,
    Other {
        status: u16,
        code: String,
        message: String,
    },
}

/// The calls of a rule, unless less is said.
const ALL: RangeInclusive<u64> = 1..=u64::MAX;

impl Fault {
    /// Answers later than the service would.
    #[must_use]
    pub const fn latency(latency: Latency) -> Self {
        Self::of(Kind::Slow(latency))
    }

    /// Answers an error in the shape of the service's protocol; the service never sees the call.
    ///
    /// A `status` that is neither a redirect nor an error of HTTP (300 to 599) is answered as 500. A bucket that is elsewhere:
    ///
    /// ```
    /// use leeward_testkit::Fault;
    ///
    /// let elsewhere = Fault::error(301, "PermanentRedirect", "Address the bucket at its own endpoint")
    ///     .with_header("x-amz-bucket-region", "eu-west-1");
    /// ```
    #[must_use]
    pub fn error(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::refusal(Reason::Other {
            status,
            code: code.into(),
            message: message.into(),
        })
    }

    /// Answers that the caller calls too often, with the code and status of the service at hand.
    ///
    /// `ThrottlingException` with HTTP 400 in most; S3 says `SlowDown` with 503, Lambda `TooManyRequestsException` with
    /// 429, CloudFormation, IAM and STS `Throttling` with 400.
    #[must_use]
    pub const fn throttling() -> Self {
        Self::refusal(Reason::Throttling)
    }

    /// Answers that the caller's credentials have expired, as the service at hand says it.
    #[must_use]
    pub const fn expired_token() -> Self {
        Self::refusal(Reason::ExpiredToken)
    }

    /// Answers that nobody knows the caller's credentials, as the service at hand says it.
    ///
    /// `UnrecognizedClientException` in most; CloudFormation, IAM and STS say `InvalidClientTokenId`, S3 `InvalidAccessKeyId`.
    #[must_use]
    pub const fn unknown_credentials() -> Self {
        Self::refusal(Reason::UnknownCredentials)
    }

    /// Answers that the caller may not do that, as the service at hand says it.
    #[must_use]
    pub const fn access_denied() -> Self {
        Self::refusal(Reason::AccessDenied)
    }

    /// Accepts, reads, and never answers, whether the call came before the rule or after it.
    ///
    /// When the rule is lifted, what it swallowed stays unanswered: the connection is closed. Over a whole Region it
    /// also stops answers that were half-way out. With a rate below 1 it swallows only calls that come after the rule.
    #[must_use]
    pub const fn black_hole() -> Self {
        Self::of(Kind::BlackHole)
    }

    /// Closes the Region's port, so that connecting is refused, and resets its connections; lifting opens the same port.
    ///
    /// In a scope that names a service or an operation, or with a rate below 1, it resets the connection of each call
    /// once it has read it.
    #[must_use]
    pub const fn refuse() -> Self {
        Self::of(Kind::Refuse)
    }

    /// Lets the service do its work, sends half of its answer, and resets the connection.
    #[must_use]
    pub const fn reset() -> Self {
        Self::of(Kind::Reset)
    }

    /// Resets the connection once so many bytes of the request's body have come; the service never sees the call.
    ///
    /// They are counted as they travel. A body that has no more is read to its end first, and so is one that alone says which operation it
    /// asks for, as those of IAM and STS do. With 0 nothing is read of it.
    #[must_use]
    pub const fn reset_in_request(bytes: u64) -> Self {
        Self::of(Kind::ResetInRequest(bytes))
    }

    /// Strikes this share of the calls: 0 none, 1 all. Default: 1.
    ///
    /// What is not a number strikes none.
    #[must_use]
    pub const fn with_rate(mut self, rate: f64) -> Self {
        self.rate = rate;
        self
    }

    /// Strikes none but these of the calls in its scope, the first counted as 1. Default: all.
    ///
    /// A call counts once it is known what it asks for, which may be before its body has come.
    /// Where callers hedge, a call that is struck alone may be overtaken by its hedge: strike three in a row.
    #[must_use]
    pub const fn with_calls(mut self, calls: RangeInclusive<u64>) -> Self {
        self.calls = calls;
        self
    }

    /// Makes the rule draw its latencies and its share of the calls from this seed. Default: 0.
    #[must_use]
    pub const fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Adds a `Retry-After` header, in whole seconds, rounded up. Only errors have one.
    #[must_use]
    pub const fn with_retry_after(mut self, delay: Duration) -> Self {
        if let Kind::Error(refusal) = &mut self.kind {
            refusal.retry_after = Some(delay);
        }
        self
    }

    /// Adds an `x-amz-retry-after` header, in milliseconds. Only errors have one.
    #[must_use]
    pub const fn with_amz_retry_after(mut self, delay: Duration) -> Self {
        if let Kind::Error(refusal) = &mut self.kind {
            refusal.amz_retry_after = Some(delay);
        }
        self
    }

    /// Adds a header to the answer. Only errors have one.
    ///
    /// # Panics
    ///
    /// If it is no header of HTTP.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        if let Kind::Error(refusal) = &mut self.kind {
            let value = HeaderValue::from_str(value).expect("a test names headers that HTTP takes");
            refusal.headers.push((HeaderName::from_static(name), value));
        }
        self
    }

    /// Whether the sockets themselves obey the fault, given a scope of a whole Region.
    pub(super) fn is_certain(&self) -> bool {
        self.rate >= 1.0 && self.calls == ALL
    }

    const fn refusal(reason: Reason) -> Self {
        Self::of(Kind::Error(Refusal {
            reason,
            retry_after: None,
            amz_retry_after: None,
            headers: Vec::new(),
        }))
    }

    const fn of(kind: Kind) -> Self {
        Self {
            kind,
            rate: 1.0,
            seed: 0,
            calls: ALL,
        }
    }
}
