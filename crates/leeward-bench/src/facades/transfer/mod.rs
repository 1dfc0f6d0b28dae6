//! A GiB downloaded and uploaded by parts, beside others that do the same over the same sockets.
//!
//! All move parts of 8 MiB, eight at once, on a runtime of two threads; the store stands on threads of its own.

mod leeward;
mod limit;
mod memory;
mod mover;
mod sdk;

use super::store::Store;
use crate::{Area, Bar, BoxError, Case, Plan, Subject, Tally, Unit, stopwatch};
use mover::Direction;
use std::{num::NonZeroU32, sync::Arc};
use tokio::runtime::{Builder, Runtime};

pub(crate) use memory::print as print_memory;
pub use mover::{Connecting, Mover, Moves, Moving, Pieces, Place, Source};

/// How many bytes a part has.
pub const PART: usize = 8 << 20;
/// How many parts are under way at once.
pub const AT_ONCE: usize = 8;

/// The case of a download.
pub const DOWNLOAD: &str = "1 GiB downloaded, 8 parts of 8 MiB at once";
/// The case of an upload from memory.
pub const UPLOAD: &str = "1 GiB uploaded, 8 parts of 8 MiB at once";

/// As it comes: with the checksum of each part and of the whole, and with that of the whole compared.
const LEEWARD: &str = "leeward";
/// With none sent and none compared.
const LEEWARD_BARE: &str = "leeward, no checksum";
const LIMIT: &str = "limit: 8 sockets, blocking threads";

/// Of who does the same.
const BAR: Bar = Bar::AtLeast(0.9);

/// Each transfer takes about a second.
const ROUNDS: NonZeroU32 = NonZeroU32::new(9).expect("not zero");

const WHOLE: usize = 1 << 30;
/// Two parts.
const GLANCE: usize = 12 << 20;

/// Ours, and what one writes by hand.
const OURS: [Mover; 5] = [
    Mover::new(LEEWARD, leeward::connect).comparing(),
    Mover::new(LEEWARD_BARE, leeward::connect_bare),
    Mover::new("SDK, a loop over parts, a task for each", sdk::connect),
    Mover::new(
        "SDK, a loop over parts, payload not signed",
        sdk::connect_unsigned,
    ),
    Mover::new("SDK, one stream", sdk::connect_one_stream).comparing(),
];

pub(crate) fn cases(plan: &Plan) -> Result<Vec<Case>, BoxError> {
    let store = Arc::new(Store::open(size(plan))?);
    let callers = Arc::new(callers()?);
    let case = |name, direction| {
        let bytes = u32::try_from(size(plan))?;
        let unit = Unit::MegabytesPerSecond { bytes };
        let case = Case::new(Area::Facades, name, unit)
            .with_max_rounds(ROUNDS)
            .with(LIMIT, limit::subject(&store, direction)?)
            .compare(LEEWARD, LIMIT, None);
        movers(plan).try_fold(case, |case, mover| {
            let case = case.with(mover.name(), subject(&store, &callers, mover, direction)?);
            Ok::<_, BoxError>(match (direction, mover.name()) {
                (_, LEEWARD) => case,
                (_, LEEWARD_BARE) => case.compare(LEEWARD, LEEWARD_BARE, None),
                (Direction::Download, other) if mover.compares() => {
                    case.compare(LEEWARD, other, BAR)
                }
                (Direction::Download, other) => {
                    case.compare(LEEWARD, other, None)
                        .compare(LEEWARD_BARE, other, BAR)
                }
                (Direction::Upload, other) => {
                    case.compare(LEEWARD, other, mover.is_guarded().then_some(BAR))
                }
            })
        })
    };
    Ok(vec![
        case(DOWNLOAD, Direction::Download)?,
        case(UPLOAD, Direction::Upload)?,
    ])
}

pub(crate) fn tallies(plan: &Plan) -> Vec<Tally> {
    vec![memory::tally(plan)]
}

fn size(plan: &Plan) -> usize {
    match plan.is_whole() {
        true => WHOLE,
        false => GLANCE,
    }
}

fn movers(plan: &Plan) -> impl Iterator<Item = &Mover> {
    OURS.iter().chain(plan.movers)
}

/// As a service has it that is begun by `#[tokio::main]` on a machine of two processors.
fn callers() -> Result<Runtime, BoxError> {
    Ok(Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?)
}

/// Moves the object as often as it is asked to, in a task of its own.
fn subject(
    store: &Arc<Store>,
    callers: &Arc<Runtime>,
    mover: &Mover,
    direction: Direction,
) -> Result<Subject, BoxError> {
    let place = Place::of(store);
    let moves = callers.block_on(mover.connect(place))?;
    let (store, callers) = (Arc::clone(store), Arc::clone(callers));
    Ok(Subject::new(move |operations| {
        let size = store.object().len() as u64;
        let (done, took) = stopwatch::time(|| {
            for _ in 0..operations {
                let moving = match direction {
                    Direction::Download => moves.download(),
                    Direction::Upload => moves.upload(Source::Memory(store.object())),
                };
                let moved = callers.block_on(callers.spawn(moving))??;
                whole(moved, size)?;
            }
            Ok::<_, BoxError>(())
        });
        if let Direction::Upload = direction {
            whole(store.take_uploaded().unwrap_or_default(), size)?;
        }
        done.map(|()| took)
    }))
}

/// Who moves less is no contender.
fn whole(moved: u64, size: u64) -> Result<(), BoxError> {
    match moved == size {
        true => Ok(()),
        false => Err(format!("{moved} bytes of {size} were moved").into()),
    }
}
