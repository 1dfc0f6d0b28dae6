#![doc = include_str!("../README.md")]

mod attempt;
mod builder;
mod course;
mod error;
mod event;
mod failover;
mod family;
mod future;
mod ground;
mod health;
mod hedging;
mod maker;
mod making;
mod member;
mod meter;
mod pace;
mod panics;
mod ranking;
mod roster;
mod round;
mod route;
mod seat;
mod service;
mod shelf;
mod site;
mod stack;
mod status;
mod unheard;
mod weak;

pub use builder::RegionRouterBuilder;
pub use error::RouterError;
pub use event::RouterEvent;
pub use family::{ByOperation, KeyOf, RegionRouters};
pub use future::ResponseFuture;
pub use health::{CheckResult, HealthCheck, NoHealthCheck};
pub use hedging::Hedging;
pub use ranking::{Latency, Order, Ranking, RoundRobin, Standings};
pub use route::PlacementError;
pub use service::RegionRouter;
pub use stack::{RouterStack, RouterStackError, StackedRouter};
pub use status::{
    CheckStatus, Health, RegionError, RegionState, RegionStatus, RegionView, RouterStatus,
    RouterView, RouterViews, RouterWatch,
};
pub use weak::WeakRegionRouter;
