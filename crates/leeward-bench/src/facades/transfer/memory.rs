//! What a process takes in memory that moves the object, whatever its size: each mover each way in a process of its own.

use super::{
    AT_ONCE, Direction, LEEWARD, PART, Pieces, Place, Source, callers, movers, size, whole,
};
use crate::{Area, Bar, BoxError, Figure, Plan, Tally, facades::store::Store, resident};

const NAME: &str = "1 GiB moved, memory at the most";
const MEBIBYTE: f64 = (1 << 20) as f64;
/// Part size by parts at once.
const BOUND: f64 = (PART * AT_ONCE) as f64 / MEBIBYTE;
/// What eight connections and the runtime have besides, and the part that is in hand.
const BESIDES: f64 = 16.0;

/// Both ways, and the argument that names each.
const WAYS: [(&str, Direction); 2] = [
    ("download", Direction::Download),
    ("upload", Direction::Upload),
];

pub(super) fn tally(plan: &Plan) -> Tally {
    let plan = plan.clone();
    Tally::new(Area::Facades, NAME, move || {
        let store = Store::open(size(&plan))?;
        let (endpoint, size) = (store.endpoint(), size(&plan).to_string());
        let mut figures = vec![Figure {
            subject: "bound: part size x parts at once".into(),
            value: BOUND,
            unit: "MiB",
            bar: None,
        }];
        for (way, _) in WAYS {
            for mover in movers(&plan) {
                let name = mover.name();
                let arguments = ["--memory-of-transfer", name, way, &endpoint, &size];
                let alive = resident::weighed_alive_by(&plan.program, &arguments)?;
                let kept = resident::weighed_by(&plan.program, &arguments)?;
                let bar = (name == LEEWARD).then_some(Bar::AtMost(BOUND + BESIDES));
                let figure = |subject: String, bar| {
                    move |bytes: u64| Figure {
                        subject: subject.clone().into(),
                        value: bytes as f64 / MEBIBYTE,
                        unit: "MiB",
                        bar,
                    }
                };
                let (alive_of, kept_of) = (
                    figure(format!("{name}, {way}"), bar),
                    figure(format!("{name}, {way}, with what glibc keeps"), None),
                );
                figures.extend(alive.into_iter().map(alive_of));
                figures.extend(kept.into_iter().map(kept_of));
            }
        }
        Ok(figures)
    })
}

/// Moves the object in this process, and prints by how many bytes it has grown at the most.
pub(crate) fn print(plan: &Plan, transfer: &[String]) -> Result<(), BoxError> {
    let [name, way, endpoint, size] = transfer else {
        return Err("name a mover, a way, an endpoint and a size".into());
    };
    let mover = movers(plan).find(|mover| mover.name() == name);
    let mover = mover.ok_or_else(|| format!("there is no mover {name:?}"))?;
    let known = WAYS.iter().find(|(known, _)| known == way);
    let (_, direction) = known.ok_or_else(|| format!("there is no way {way:?}"))?;
    let size: u64 = size.parse()?;
    let callers = callers()?;
    let moves = callers.block_on(mover.connect(Place::at(endpoint.clone())))?;
    let Some(idle) = resident::bytes()? else {
        return Ok(());
    };
    let moving = match direction {
        Direction::Download => moves.download(),
        Direction::Upload => moves.upload(Source::Stream(Pieces::of(size))),
    };
    whole(callers.block_on(callers.spawn(moving))??, size)?;
    println!("{}", resident::peak()?.saturating_sub(idle));
    Ok(())
}
