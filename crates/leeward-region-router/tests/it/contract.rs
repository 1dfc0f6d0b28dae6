//! The router keeps the contract of layers: mounted over one scripted service in its only Region, where it has no refusal
//! of its own to put in the place of an error.

use std::future::ready;

use leeward_error_taxonomy::{Region, Rejected};
use leeward_region_router::RegionRouter;
use leeward_resilience::TokioClock;
use leeward_testkit::contracts::Scripted;
use tower::{layer::layer_fn, service_fn};

use crate::world::{A, builder};

fn mounted(scripted: Scripted) -> RegionRouter<Scripted, TokioClock> {
    let maker = service_fn(move |_: Region| ready(Ok::<_, Rejected>(scripted.clone())));
    builder([A]).build(maker).expect("one Region")
}

leeward_testkit::contract! {
    region_router: layer_fn(mounted);
}
