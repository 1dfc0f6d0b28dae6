//! Refuses calls while the service under it is not ready.
//!
//! **What it does to a call.** It asks the service whether it is ready, and hands the call to it if it is; else it refuses the
//! call at once. It is always ready itself.
//!
//! **When it acts.** When the service's `poll_ready` answers that the caller should wait. This crate's own limiters queue and
//! refuse in the call's future, so they never say so; a service that signals load through its readiness does. It is asked
//! when the call is made, and the instance that would have waited is put away for a fresh clone: it would stand in the
//! service's line, and be given a place there that nobody uses.
//!
//! **What callers then see.** [`LimiterFull`], which was not sent, is not tried again in place, and fails over free of charge.
//! A service that fails for good while it is asked ends the call with its error. The error type stays, where tower's own
//! layer of this name boxes it.
//!
//! **Where it goes.** Directly over the service whose readiness is its load signal, under retries and under a Region router.
//! That service is to be cheap to clone, and to know at the first asking: one that gets ready bit by bit, as a connection does
//! that is made while it is asked, would never come to an end. Tower's `Buffer` between the two asks it until it is.
//!
//! ```
//! use leeward_error_taxonomy::Rejected;
//! use leeward_resilience::LoadShedLayer;
//! use tower::{Layer, Service, ServiceExt, limit::ConcurrencyLimit, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Rejected> {
//! let ledger = service_fn(|account: &'static str| async move { Ok::<_, Rejected>(account) });
//! // Tower's limit says through its readiness that its one place is taken.
//! let mut service = LoadShedLayer::new().layer(ConcurrencyLimit::new(ledger, 1));
//! let first = service.ready().await?.call("A-1");
//! let refused = service.ready().await?.call("A-2").await.unwrap_err();
//! assert_eq!(refused.to_string(), "limiter full");
//! assert_eq!(first.await?, "A-1");
//! assert_eq!(service.ready().await?.call("A-3").await?, "A-3");
//! # Ok(())
//! # }
//! ```
//!
//! **Switch.** `LEEWARD_LOAD_SHED=off`, read when the layer is made, or a [`Switch`](crate::Switch).
//!
//! [`LimiterFull`]: leeward_error_taxonomy::Rejected::LimiterFull

mod future;
mod layer;
mod service;

pub use future::ResponseFuture;
pub use layer::LoadShedLayer;
pub use service::LoadShed;
