//! Clients of the pool against emulated Regions.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod caller;
mod child;
mod clients;
mod clients_refused;
mod cloud;
mod connections_line;
mod connections_outages;
mod context;
mod credentials_caches;
mod credentials_chain;
mod credentials_invalidated;
mod credentials_issued;
mod credentials_profile_sources;
mod credentials_profiles;
mod credentials_refreshing;
mod credentials_refused;
mod credentials_roles;
mod credentials_source;
mod credentials_web_identity;
mod deadline;
mod guard;
mod guard_calls;
mod guard_evidence;
mod guard_streams;
#[cfg(all(feature = "dynamodb", feature = "s3"))]
mod guide;
mod hand_clock;
mod hosts;
mod hosts_given;
mod http_layers;
mod http_traces;
mod lifetimes;
mod load;
mod numbers;
mod operations;
mod proxies;
mod regions;
mod router;
mod setup;
mod sharing;
#[cfg(feature = "s3")]
mod streams;
mod wire;
