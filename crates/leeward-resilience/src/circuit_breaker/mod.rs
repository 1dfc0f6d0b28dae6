//! Holds calls back from a service that fails.

mod breaker;
mod circuit;
mod config;
mod window;

pub use breaker::{Admission, CircuitBreaker};
pub use circuit::{CircuitChange, CircuitState};
pub use config::CircuitConfig;
