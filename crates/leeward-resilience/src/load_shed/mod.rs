//! Refuses calls while the service under it is not ready.
//!
//! **What it does to a call.** It hands the call to the service if that said it was ready, and refuses it at once otherwise.
//! It is always ready itself, unless the service fails for good while it is asked.
//!
//! **When it acts.** When the service's `poll_ready` answers that the caller should wait. This crate's own limiters queue and
//! refuse in the call's future, so they never say so; a service that signals load through its readiness does.
//!
//! **What callers then see.** [`LimiterFull`], which was not sent, is not tried again in place, and fails over free of charge.
//! The error type stays, where tower's own layer of this name boxes it.
//!
//! **Where it goes.** Directly over the service whose readiness is its load signal, under retries and under a Region router. A
//! clone of that service that becomes ready only at the second asking is refused at the first: shed over the instance that
//! many calls share, not over one made per call.
//!
//! ```
//! use leeward_error_taxonomy::Rejected;
//! use leeward_resilience::LoadShedLayer;
//! use std::{convert::Infallible, future::{Ready, ready}, task::{Context, Poll}};
//! use tower::{Layer, Service, ServiceExt};
//!
//! /// Has no room, and says so.
//! struct Full;
//!
//! impl Service<()> for Full {
//!     type Response = Infallible;
//!     type Error = Rejected;
//!     type Future = Ready<Result<Infallible, Rejected>>;
//!
//!     fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Rejected>> {
//!         Poll::Pending
//!     }
//!
//!     fn call(&mut self, (): ()) -> Self::Future {
//!         ready(Err(Rejected::LimiterFull))
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let refused = LoadShedLayer::new().layer(Full).oneshot(()).await.unwrap_err();
//! assert_eq!(refused.to_string(), "limiter full");
//! # }
//! ```
//!
//! [`LimiterFull`]: leeward_error_taxonomy::Rejected::LimiterFull

mod future;
mod layer;
mod service;

pub use future::ResponseFuture;
pub use layer::LoadShedLayer;
pub use service::LoadShed;
