//! What a facade costs on top of the SDK, and what it carries.

pub mod transfer;

mod call;
mod listing;
mod log;
mod store;

use crate::{BoxError, Case, Plan, Tally};

pub(crate) use listing::print_memory as print_memory_of_listing;
pub(crate) use transfer::print_memory as print_memory_of_transfer;

pub(crate) fn cases(plan: &Plan) -> Result<Vec<Case>, BoxError> {
    let mut cases = vec![call::case()?];
    cases.extend(transfer::cases(plan)?);
    Ok(cases)
}

/// What is counted once; the smaller where not the whole crowd is meant.
pub(crate) fn tallies(plan: &Plan) -> Vec<Tally> {
    let mut tallies = vec![log::tally(plan), listing::tally(plan)];
    tallies.extend(transfer::tallies(plan));
    tallies
}
