//! What a facade costs on top of the SDK, and what it carries.

mod call;
mod log;

use crate::{BoxError, Case, Tally};

pub(crate) fn cases() -> Result<Vec<Case>, BoxError> {
    Ok(vec![call::case()?])
}

/// What is counted once; the smaller where not the whole `crowd` is meant.
pub(crate) fn tallies(crowd: usize) -> Vec<Tally> {
    vec![log::tally(crowd)]
}
