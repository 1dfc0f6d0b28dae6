//! What ten thousand routers take in memory, as one for each operation and tenant: those of a family, and as many by themselves.

use super::{MANY, REGIONS, builder, maker};
use crate::{Area, Bar, BoxError, Figure, Read, Tally, read, resident};
use leeward_error_taxonomy::Region;
use leeward_region_router::Latency;
use leeward_resilience::Placement;
use std::{num::NonZeroUsize, path::PathBuf};
use tokio::runtime::Builder;
use tower::{Service, ServiceExt};

const ROUTERS: u16 = 10_000;
const MEBIBYTE: f64 = (1 << 20) as f64;

/// What is weighed, in the order in which it is.
const SUBJECTS: [(&str, Option<Bar>); 5] = [
    ("leeward, keyed, one Region asked", None),
    (
        "leeward, keyed, three Regions asked",
        Some(Bar::AtMost(64.0)),
    ),
    (
        "leeward, keyed by latency, three Regions asked",
        Some(Bar::AtMost(64.0)),
    ),
    ("leeward, separate, one Region asked", None),
    ("leeward, separate, three Regions asked", None),
];

pub(super) fn tally(program: PathBuf) -> Tally {
    Tally::new(Area::Router, MANY, move || {
        let weighed = resident::weighed_by(&program, &["--memory-of-routers"])?;
        let figure = |(bytes, (subject, bar)): (u64, (&'static str, _))| Figure {
            subject: subject.into(),
            value: bytes as f64 / MEBIBYTE,
            unit: "MiB",
            bar,
        };
        Ok(weighed.into_iter().zip(SUBJECTS).map(figure).collect())
    })
}

/// Makes the routers in this process, and prints by how many bytes they have made it grow.
pub(crate) fn print_memory() -> Result<(), BoxError> {
    let most = NonZeroUsize::from(NonZeroUsize::MIN.saturating_add(ROUTERS.into()));
    let by_number = |request: &Read| request.clone().into_inner();
    let keyed = || builder().build_keyed(maker(), by_number, most);
    let by_latency = || {
        let builder = builder().with_ranking(Latency::new());
        builder.build_keyed(maker(), by_number, most)
    };
    // What is there once.
    let _one = (keyed()?, by_latency()?, builder().build(maker())?);
    if resident::bytes()?.is_none() {
        return Ok(());
    }
    let keyed = keyed()?;
    let mut weighing = Weighing::begin()?;
    for asked in [&REGIONS[..1], &REGIONS[1..]] {
        for number in 0..ROUTERS {
            weighing.ask(&keyed, number, asked)?;
        }
        weighing.print()?;
    }
    let by_latency = by_latency()?;
    let mut weighing = Weighing::begin()?;
    for number in 0..ROUTERS {
        weighing.ask(&by_latency, number, &REGIONS)?;
        // One that is ranked: those were pinned.
        weighing.call(&by_latency, read(number.into()))?;
    }
    weighing.print()?;
    let mut weighing = Weighing::begin()?;
    let separate = (0..ROUTERS).map(|_| builder().build(maker()));
    let separate: Vec<_> = separate.collect::<Result<_, _>>()?;
    for asked in [&REGIONS[..1], &REGIONS[1..]] {
        for (number, router) in (0..ROUTERS).zip(&separate) {
            weighing.ask(router, number, asked)?;
        }
        weighing.print()?;
    }
    Ok(())
}

struct Weighing {
    runtime: tokio::runtime::Runtime,
    before: u64,
}

impl Weighing {
    fn begin() -> Result<Self, BoxError> {
        Ok(Self {
            runtime: Builder::new_current_thread().enable_time().build()?,
            before: resident::bytes()?.unwrap_or_default(),
        })
    }

    /// Calls these Regions by way of the router.
    fn ask<S>(&self, router: &S, number: u16, regions: &[Region]) -> Result<(), BoxError>
    where
        S: Service<Read, Error: Into<BoxError>> + Clone,
    {
        for region in regions {
            let there = Placement::new().pinned_to(region.clone());
            self.call(router, read(number.into()).placed(there))?;
        }
        Ok(())
    }

    fn call<S>(&self, router: &S, read: Read) -> Result<(), BoxError>
    where
        S: Service<Read, Error: Into<BoxError>> + Clone,
    {
        let call = router.clone().oneshot(read);
        self.runtime.block_on(call).map_err(Into::into)?;
        Ok(())
    }

    fn print(&mut self) -> Result<(), BoxError> {
        let bytes = resident::bytes()?.unwrap_or_default();
        println!("{}", bytes.saturating_sub(self.before));
        Ok(())
    }
}
