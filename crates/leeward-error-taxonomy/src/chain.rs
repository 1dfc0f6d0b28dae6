//! Walks down the sources of an error.

use crate::{AwsError, Rejected};
use std::error::Error;

/// `error` and its sources, outermost first.
pub(crate) fn from<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The sources of `error`, outermost first; itself left out, since the SDK's own text says only "service error".
#[cfg(feature = "sdk")]
pub(crate) fn below<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |&error| error.source())
}

/// The refusal of a layer, however deep it is wrapped.
pub(crate) fn rejected<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Rejected> {
    from(error).find_map(|error| {
        let within = |error: &'a AwsError| error.rejected();
        error
            .downcast_ref()
            .or_else(|| error.downcast_ref().and_then(within))
    })
}
