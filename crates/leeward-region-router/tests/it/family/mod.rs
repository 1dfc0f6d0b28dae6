//! A router for each key.

mod bound;
mod keys;
mod memory;
mod restore;

use std::num::NonZeroUsize;

use leeward_error_taxonomy::{OperationName, Region};
use leeward_region_router::{ByOperation, RegionRouters};
use leeward_resilience::TokioClock;
use tower::ServiceExt;

use crate::world::{A, B, C, Site, World, builder, read};

const PUT: OperationName = OperationName::new("dynamodb", "PutItem");
const GET: OperationName = OperationName::new("dynamodb", "GetItem");

type Routers = RegionRouters<OperationName, Site, ByOperation, TokioClock>;

fn most(keys: usize) -> NonZeroUsize {
    NonZeroUsize::new(keys).expect("one at least")
}

fn routers(world: &World, keys: usize) -> Routers {
    builder([A, B, C])
        .build_keyed(world.clone(), ByOperation, most(keys))
        .expect("Regions that differ")
}

async fn served(routers: &Routers, name: OperationName) -> Region {
    let call = routers.clone().oneshot(read().named(name));
    call.await.expect("served")
}
