//! Secrets from memory, and what callers and Secrets Manager see when a value is not there, over, or not to be had.

mod contender;
mod day;
mod floor;
mod hit;
mod trial;
mod upstream;

use crate::{Area, BoxError, Case, Tally, Unit, resilience::TWO};
use std::num::NonZeroUsize;

pub use contender::{Answer, Contender};
pub use hit::Turns;
pub use trial::{Scale, Trial};
pub use upstream::Upstream;

/// The case of a hit on one thread.
pub const HIT: &str = "hit, 32 secrets by turns";
/// The case of hits on two threads at once.
pub const SHARED: &str = "hits, 32 secrets by turns, two threads";

/// Two readings of a coarse clock, one counter, and a value that is shared: what a cache of shared values pays at least.
pub const FLOOR: &str = "floor: two coarse clocks, one counter, one Arc";
/// Asks by the ARN, and awaits.
pub const GET: &str = "leeward, get().await";
/// Asks by the ARN, and takes what is there.
pub const TRY_GET: &str = "leeward, try_get()";
/// Holds on to the secret.
pub const HANDLE: &str = "leeward, handle";

pub(crate) fn cases() -> Result<Vec<Case>, BoxError> {
    let upstream = Upstream::start()?;
    let turns = upstream.fill(SECRETS)?;
    let cache = hit::cache(&upstream, &turns)?;
    let alone = NonZeroUsize::MIN;
    let case = |name, unit| Case::new(Area::Secrets, name, unit);
    Ok(vec![
        case(HIT, Unit::Nanoseconds)
            .with(FLOOR, floor::subject())
            .with(GET, hit::get(alone, &cache, &turns)?)
            .with(TRY_GET, hit::try_get(alone, &cache, &turns))
            .with(HANDLE, hit::handle(alone, &cache, &turns))
            .compare(HANDLE, FLOOR, None),
        case(SHARED, Unit::OperationsPerSecond)
            .with(GET, hit::get(TWO, &cache, &turns)?)
            .with(TRY_GET, hit::try_get(TWO, &cache, &turns))
            .with(HANDLE, hit::handle(TWO, &cache, &turns)),
    ])
}

/// What is seen of us in every trial, at `crowd` callers where many are meant, and in a day.
pub(crate) fn tallies(crowd: usize) -> Vec<Tally> {
    let scale = Scale::of(crowd);
    let tally = |trial: Trial| {
        let ours = move || {
            let mut figures = trial.figures(&Contender::leeward(), scale)?;
            if trial.is_of_an_outage() {
                let stacked = Contender::leeward_over_a_stack();
                figures.extend(trial.figures(&stacked, scale)?);
            }
            Ok(figures)
        };
        Tally::new(Area::Secrets, trial.name(), ours)
    };
    let mut tallies: Vec<Tally> = Trial::ALL.into_iter().map(tally).collect();
    tallies.push(day::tally(crowd));
    tallies
}

/// How many secrets there are where hits are measured.
const SECRETS: usize = 32;
