#![doc = include_str!("../README.md")]

mod attempt;
mod builder;
mod course;
mod error;
mod event;
mod failover;
mod future;
mod ground;
mod health;
mod maker;
mod member;
mod meter;
mod roster;
mod round;
mod service;
mod status;

pub use builder::RegionRouterBuilder;
pub use error::RouterError;
pub use event::RouterEvent;
pub use future::ResponseFuture;
pub use health::{CheckResult, CheckedRouterBuilder, HealthCheck};
pub use service::RegionRouter;
pub use status::{
    CheckStatus, Health, RegionError, RegionState, RegionStatus, RegionView, RouterStatus,
    RouterView, RouterViews, RouterWatch,
};
