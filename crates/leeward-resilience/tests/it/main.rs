//! What users of the crate see of it.

mod adaptive_concurrency;
mod adaptive_rate;
mod budget;
mod circuit_breaker;
mod circuit_evidence;
mod circuit_handle;
mod circuit_keys;
mod circuit_log;
mod circuit_naive;
mod circuit_reference;
mod concurrency_limit;
mod contract;
mod deadline;
mod fault;
mod hedge;
mod load_shed;
mod manual_clock;
mod rate_limit;
mod retry;
mod stack;
