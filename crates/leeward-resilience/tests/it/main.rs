//! What users of the crate see of it.
//!
//! Where the thirteen traps that its peers fell into (P, measured on their releases of 2026) and those told in their issues are
//! shown to be absent:
//!
//! | trap | test |
//! |---|---|
//! | P1 a window that does not slide | `circuit_evidence::p1_…`, `window::p1_…` |
//! | P2 a window that costs as much as it holds | `circuit_evidence::p2_…` |
//! | P3 a token per success is no budget | `budget::p3_…` |
//! | P4, clones share their random numbers | `retry::p4_…` |
//! | P5 a burst, or the start, hides an outage from an average | `circuit_evidence::p5_…` (two) |
//! | P6 half-open lets everybody in | `circuit_breaker::p6_…` |
//! | P7 dropped calls are not seen | `circuit_evidence::p7_…`, `circuit_breaker::a_black_hole_…`, `hedge::pitfall_7_…` |
//! | P8 a share cut to whole tokens | `budget::p8_…` |
//! | P9 late answers close the circuit | `circuit_breaker::p9_…` |
//! | P10 a hedge that fails kills the primary | `hedge::p10_…` (two) |
//! | P11 fast failures look fast | `hedge::p11_…` |
//! | P12 readiness that is not used starves others | `concurrency_limit::clones_that_are_ready_and_idle_hold_no_permit`, `rate_limit::readiness_…` |
//! | P13 a fair lock on the hot path | `concurrency_limit::two_runtimes_…`; the bench of two threads |
//! | an instance that was not made ready is called | `contract::*::calls_the_instance_that_was_readied`, `hedge::pitfall_1_…` |
//! | permits counted by hand leak | `concurrency_limit::a_dropped_call_…`, `no_permit_is_lost_and_none_is_made` |
//! | a limiter that cannot be cloned; state per service | `rate_limit::clones_and_further_services_share_the_rate`, `contract` |
//! | a probe that is lost, or dropped and counted as a success | `circuit_breaker::f1_…` |
//! | a cap too small for a fail-over | `budget::pitfall_9_…` |
//! | a spent budget fails the call | `hedge::pitfall_11_…` |
//! | an error of `poll_ready`, or a wait without a waker | `load_shed::a_service_without_room_…`, `concurrency_limit::a_full_line_…` |
//! | a body that cannot be copied; retries on two levels | `retry::pitfall_16_…`, `hedge::pitfall_16_…`, `stack::pitfall_17_…` |
//! | a clock that a test cannot stop | every test: none waits |
//! | all circuits open refuse everything | `with_every_circuit_open_…` of leeward-region-router |
//! | failing probes lengthen the rest | `circuit_tests::rests_longer_only_on_a_relapse` |
//! | a service compared with others, not with itself | `circuit_evidence::a_service_is_slow_against_itself_…` |

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
mod environment;
mod fault;
mod hedge;
mod instantly;
mod load_shed;
mod manual_clock;
mod rate_limit;
mod retry;
mod stack;
