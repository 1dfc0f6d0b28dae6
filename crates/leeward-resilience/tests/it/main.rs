//! What users of the crate see of it.

mod budget;
mod circuit_breaker;
mod contract;
mod deadline;
mod manual_clock;
mod retry;
mod stack;
