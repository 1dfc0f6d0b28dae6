//! How times and names are written: times in milliseconds, whole or with a fraction.

use std::time::{Duration, SystemTime};

use leeward_error_taxonomy::Region;
use serde::{Serialize, Serializer};

pub(super) fn millis<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    in_millis(*time).serialize(serializer)
}

pub(super) fn millis_if_known<S: Serializer>(
    time: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    time.map(in_millis).serialize(serializer)
}

pub(super) fn since_1970<S: Serializer>(
    date: &SystemTime,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let since = date.duration_since(SystemTime::UNIX_EPOCH);
    let millis = since.unwrap_or_default().as_millis();
    u64::try_from(millis)
        .unwrap_or(u64::MAX)
        .serialize(serializer)
}

pub(super) fn name<S: Serializer>(region: &Region, serializer: S) -> Result<S::Ok, S::Error> {
    region.as_str().serialize(serializer)
}

pub(super) fn name_if_any<S: Serializer>(
    region: &Option<Region>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    region.as_ref().map(Region::as_str).serialize(serializer)
}

fn in_millis(time: Duration) -> f64 {
    time.as_micros() as f64 / 1e3
}
