//! What goes wrong on purpose, where, and for how long.
//!
//! [`Fault`] says what, [`Scope`] says to which calls, [`Faults`] holds the rules in force. `rules.rs` decides what
//! befalls a call and knows neither sockets nor time; `plane.rs` is the shell that tells the Regions.

mod kind;
mod plane;
mod rules;
mod scope;

pub use kind::Fault;
pub(super) use kind::{Reason, Refusal};
pub use plane::{FaultRule, Faults};
pub(super) use rules::{Decision, Link, RuleId, Strike};
pub use scope::Scope;
