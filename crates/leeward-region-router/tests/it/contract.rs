//! F11: the router keeps the contract of layers, however it is set: mounted over one scripted service in its only Region, where
//! it has no refusal of its own to put in the place of an error.

use std::{future::ready, num::NonZeroUsize};

use leeward_error_taxonomy::{OperationName, Region, Rejected};
use leeward_region_router::{
    Latency, RegionRouter, RegionRouterBuilder, RegionRouters, RoundRobin,
};
use leeward_resilience::{Request, Switch, TokioClock};
use leeward_testkit::contracts::{Scripted, ScriptedRequest};
use tower::{Layer, Service, layer::layer_fn, service_fn};

use crate::world::{A, builder};

type Builder = RegionRouterBuilder<TokioClock>;

fn maker(
    scripted: Scripted,
) -> impl Service<Region, Response = Scripted, Error = Rejected, Future: Send> + Clone + Send {
    service_fn(move |_: Region| ready(Ok::<_, Rejected>(scripted.clone())))
}

fn mounted(set: impl Fn(Builder) -> Builder) -> impl Layer<Scripted, Service = Router> {
    layer_fn(move |scripted| {
        let built = set(builder([A])).build(maker(scripted));
        built.expect("one Region")
    })
}

type Router = RegionRouter<Scripted, TokioClock>;
type ByOperation = fn(&ScriptedRequest) -> OperationName;

fn keyed(scripted: Scripted) -> RegionRouters<OperationName, Scripted, ByOperation, TokioClock> {
    let by_operation: ByOperation = |request| request.operation();
    let built = builder([A]).build_keyed(maker(scripted), by_operation, NonZeroUsize::MIN);
    built.expect("one Region")
}

leeward_testkit::contract! {
    region_router: mounted(|builder| builder);
    without_hedging: mounted(|builder| builder.without_hedging());
    by_latency: mounted(|builder| builder.with_ranking(Latency::new()));
    round_robin: mounted(|builder| builder.with_ranking(RoundRobin::new()));
    switched_off: mounted(|builder| builder.with_switch(Switch::off()));
    keyed_routers: layer_fn(keyed);
}
