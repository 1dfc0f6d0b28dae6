//! Walks down the sources of an error.

use crate::{AwsError, Rejected};
use std::error::Error;

/// A chain is followed so far: one that runs in a circle has no end of its own.
pub(crate) const LONGEST: usize = 64;

/// `error` and its sources, outermost first.
pub(crate) fn from<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source()).take(LONGEST)
}

/// The sources of `error`, outermost first; itself left out, since the SDK's own text says only "service error".
#[cfg(feature = "sdk")]
pub(crate) fn below<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |&error| error.source()).take(LONGEST)
}

/// What is of type `E` in the chain, and in what an [`AwsError`] keeps to itself.
pub(crate) fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let within = |error: &'a AwsError| error.downcast_ref();
    from(error).find_map(|error| {
        error
            .downcast_ref()
            .or_else(|| error.downcast_ref().and_then(within))
    })
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
