//! What happens to a secret, and what is seen of it by those who ask and by Secrets Manager.

mod callers;
mod herd;
mod outage;
mod patience;

use super::{
    Contender, Upstream,
    contender::Get,
    upstream::{FIRST, SECOND},
};
use crate::{Bar, BoxError, Figure, Tally};
use leeward_testkit::Fault;
use std::time::Duration;

/// Something that happens to a secret while it is asked for, over sockets and in real time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trial {
    /// A thousand ask at once for what is not there.
    Cold,
    /// A thousand ask at once for what is over.
    Expired,
    /// A thousand ask at once for what is over, and another by now.
    Rotated,
    /// A few ask all the time, while it is over now and then.
    Expiry,
    /// A few ask for what is not there, and give up sooner than it can be.
    GivingUp,
    /// A few ask all the time, while Secrets Manager answers HTTP 500.
    Outage,
    /// A few ask all the time, while Secrets Manager throttles, by HTTP 400.
    Throttling,
}

/// How much is tried.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// How many ask at once where it is a thousand.
    crowd: usize,
    /// How long a value is kept.
    max_age: Duration,
    /// How long a few ask.
    span: Duration,
    /// How long callers try who give up.
    watch: Duration,
}

impl Scale {
    /// What the names of the trials say.
    pub const FULL: Self = Self {
        crowd: Tally::CROWD,
        max_age: Duration::from_millis(2_500),
        span: Duration::from_secs(8),
        watch: Duration::from_secs(3),
    };

    /// That of a crowd: with fewer than a thousand everything is shorter as well.
    #[must_use]
    pub const fn of(crowd: usize) -> Self {
        match crowd {
            Tally::CROWD.. => Self {
                crowd,
                ..Self::FULL
            },
            _ => Self {
                crowd,
                max_age: Duration::from_millis(400),
                span: Duration::from_secs(1),
                watch: Duration::from_millis(500),
            },
        }
    }
}

/// How long Secrets Manager takes to answer.
const UPSTREAM: Duration = Duration::from_millis(200);

impl Trial {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 7] = [
        Self::Cold,
        Self::Expired,
        Self::Rotated,
        Self::Expiry,
        Self::GivingUp,
        Self::Outage,
        Self::Throttling,
    ];

    /// What the tally of it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cold => "1,000 gets at once, cold",
            Self::Expired => "1,000 gets at once, expired",
            Self::Rotated => "1,000 gets at once, expired and rotated",
            Self::Expiry => "16 callers for 8 s, expired after 2.5 s",
            Self::GivingUp => "16 callers that give up after 50 ms, cold",
            Self::Outage => "16 callers for 8 s of HTTP 500, expired after 2.5 s",
            Self::Throttling => "16 callers for 8 s of throttling, expired after 2.5 s",
        }
    }

    /// Whether Secrets Manager does not give the value in it.
    pub(crate) const fn is_of_an_outage(self) -> bool {
        matches!(self, Self::Outage | Self::Throttling)
    }

    /// What is seen of a contender; ours is held to the bars.
    ///
    /// # Errors
    ///
    /// Whatever went wrong that should not have.
    pub fn figures(self, contender: &Contender, scale: Scale) -> Result<Vec<Figure>, BoxError> {
        let tried = Tried::prepare(contender, scale)?;
        match self {
            Self::Cold => herd::of_cold(&tried),
            Self::Expired => herd::of_expired(&tried, FIRST),
            Self::Rotated => herd::of_expired(&tried, SECOND),
            Self::Expiry => outage::none(&tried),
            Self::GivingUp => patience::lost(&tried),
            Self::Outage => {
                let message = "An error occurred on the server side.";
                let fault = Fault::error(500, "InternalServiceError", message);
                outage::of(&tried, &fault)
            }
            Self::Throttling => outage::of(&tried, &Fault::throttling()),
        }
    }
}

/// Who is tried, and what with.
struct Tried<'a> {
    contender: &'a Contender,
    scale: Scale,
    upstream: Upstream,
    arn: String,
    get: Get,
}

impl<'a> Tried<'a> {
    /// With a secret that nobody has asked for, in a Secrets Manager that takes its time.
    fn prepare(contender: &'a Contender, scale: Scale) -> Result<Self, BoxError> {
        let upstream = Upstream::start()?;
        let arn = upstream.create("prod/orders/d00", FIRST)?;
        let get = contender.make(&upstream, &arn, scale.max_age)?;
        upstream.takes(UPSTREAM);
        Ok(Self {
            contender,
            scale,
            upstream,
            arn,
            get,
        })
    }

    /// Has the value fetched, however long that takes.
    fn warm_up(&self) -> Result<(), BoxError> {
        self.upstream.block_on((self.get)())?;
        Ok(())
    }

    fn figure(&self, what: &str, value: f64, unit: &'static str, bar: Option<Bar>) -> Figure {
        Figure {
            subject: format!("{}, {what}", self.contender.name()).into(),
            value,
            unit,
            bar: bar.filter(|_| self.contender.is_ours()),
        }
    }

    /// How often Secrets Manager was asked, over those `before`.
    fn requests(&self, before: u64, most: Option<f64>) -> Figure {
        let requests = self.upstream.requests() - before;
        self.figure(
            "requests",
            requests as f64,
            "requests",
            most.map(Bar::AtMost),
        )
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
