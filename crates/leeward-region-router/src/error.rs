use std::time::Duration;

use leeward_error_taxonomy::Region;

/// Says why a router cannot be built, or not do what it is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouterError {
    /// The list of Regions is empty.
    #[error("no Region to route to: name at least one, the preferred one first")]
    NoRegion,
    /// The list has more Regions than a router takes.
    #[error("{regions} Regions are more than a router takes: name 16 at most")]
    #[non_exhaustive]
    TooManyRegions {
        /// How many.
        regions: usize,
    },
    /// A Region is named that is not in the list.
    #[error("Region {region} is none of the router's: name one of its list")]
    #[non_exhaustive]
    UnknownRegion {
        /// Which.
        region: Region,
    },
    /// A round robin in which no Region has a turn.
    #[error("no Region has a weight above 0: give at least one Region a turn")]
    NoWeight,
    /// One Region has more than one weight in a round robin.
    #[error("Region {region} has two weights: give each Region one")]
    #[non_exhaustive]
    RepeatedWeight {
        /// Which.
        region: Region,
    },
    /// One Region stands in the list more than once.
    #[error("Region {region} is named twice: name each Region once, the preferred one first")]
    #[non_exhaustive]
    RepeatedRegion {
        /// Which.
        region: Region,
    },
    /// Two Regions are of different partitions of AWS, in which no credentials and no names are the same.
    #[error("Regions {one} ({}) and {other} ({}) are of two partitions of AWS, and no call is good in both: route within one", .one.partition(), .other.partition())]
    #[non_exhaustive]
    MixedPartitions {
        /// The first of the list.
        one: Region,
        /// The first that is of another.
        other: Region,
    },
    /// An attempt is given no time at all.
    #[error(
        "an attempt timeout of zero would refuse every attempt: give a healthy Region time to answer, 1 s by default"
    )]
    ZeroAttemptTimeout,
    /// A circuit of the user's own takes a probe for lost while the attempt that it is still has time to answer.
    #[error(
        "a probe has {} s and an attempt {} s, so a slow answer would come too late to close the circuit: give a probe no less, by \
         CircuitConfig::with_attempt_timeout", .probe.as_secs_f64(), .attempt.as_secs_f64()
    )]
    #[non_exhaustive]
    ShortProbe {
        /// What the circuit gives a probe.
        probe: Duration,
        /// What the router gives an attempt.
        attempt: Duration,
    },
    /// A circuit of the user's own leaves a Region for no time at all.
    #[error(
        "a circuit that rests for no time leaves nobody: give it a rest, 2 s by default, by CircuitConfig::with_rest"
    )]
    ZeroRest,
    /// A hedging sends every call to two Regions at once.
    #[error(
        "a hedging that leaves a call alone for no time doubles the load: give Hedging::with_max_delay, or with_factor and \
         with_min_delay, some time"
    )]
    ImmediateHedges,
    /// A hedging is to begin no earlier than it is to begin at the latest.
    #[error(
        "no hedge is to begin before {} s nor after {} s: lower Hedging::with_min_delay, or raise with_max_delay, by default half \
         the attempt timeout", .min_delay.as_secs_f64(), .max_delay.as_secs_f64()
    )]
    #[non_exhaustive]
    CrossedHedging {
        /// The earliest time.
        min_delay: Duration,
        /// The latest.
        max_delay: Duration,
    },
    /// A health check is made more often than it can tell anything.
    #[error(
        "a health check every {} ms is load and no check: give HealthCheck::with_interval and with_idle_interval 10 ms at \
         least, 1 s by default", .interval.as_secs_f64() * 1e3
    )]
    #[non_exhaustive]
    FrequentHealthCheck {
        /// The shorter of its intervals.
        interval: Duration,
    },
    /// An interval or the timeout of a health check is zero.
    #[error(
        "a health check with an interval or a timeout of zero: give each some time, or leave the check out"
    )]
    ZeroHealthCheck,
    /// There is no runtime to make the health checks on.
    #[error(
        "no tokio runtime to make the health checks on: build the router inside of one, or hand one in with \
         HealthCheck::with_runtime"
    )]
    NoRuntime,
}
