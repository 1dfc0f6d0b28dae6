//! What users of the crate see of it.
//!
//! Where the thirteen traps that its peers fell into (P, measured on their releases of 2026) are shown to be absent:
//!
//! | trap | test |
//! |---|---|
//! | P1 a window that does not slide | `circuit_window::p1_…`, `window::p1_…` |
//! | P2 a window that costs as much as it holds | `circuit_window::p2_…` |
//! | P3 a token per success is no budget | `budget::p3_…` |
//! | P4 clones share their random numbers | `retry::p4_…` |
//! | P5 a burst, or the start, hides an outage from an average | `circuit_window::p5_…` (two) |
//! | P6 half-open lets everybody in | `circuit_breaker::p6_…` |
//! | P7 dropped calls are not seen | `circuit_evidence::p7_…` (two), `circuit_breaker::a_black_hole_…` (two) |
//! | P8 a share cut to whole tokens | `budget::p8_…` |
//! | P9 late answers close the circuit | `circuit_breaker::p9_…` |
//! | P10 a hedge that fails kills the primary | `hedge::p10_…` (two) |
//! | P11 fast failures look fast | `hedge::p11_…` |
//! | P12 readiness that is not used starves others | `concurrency_limit::clones_that_are_ready_and_idle_hold_no_permit`, `rate_limit::readiness_…` |
//! | P13 a fair lock on the hot path | `concurrency_limit::two_runtimes_…`; the bench of two threads |
//!
//! And the pitfalls that their issues tell of, by their numbers in the facts that this crate was built on:
//!
//! | pitfall | test |
//! |---|---|
//! | 1 an instance that was not made ready is called, at first, at a retry or at a hedge | `contract::*::calls_the_instance_that_was_readied`, `hedge::pitfall_1_…` |
//! | 2 a permit that is taken and not used; one that leaks | P12; `load_shed::who_is_refused_…`, `load_shed::clones_that_are_…`; `concurrency_limit::a_dropped_call_…`, `concurrency_limit::no_permit_is_lost_…` |
//! | 3 a limiter that cannot be cloned | `rate_limit::clones_and_further_services_share_the_rate` |
//! | 4 a probe that is lost | `circuit_breaker::f1_…`, `circuit_tests::a_lost_probe_is_replaced_…`, `stack::a_lost_probe_…` |
//! | 5 a cancelled probe, or a late answer, closes the circuit | `circuit_tests::probes_again_after_a_cancelled_probe`, P9 |
//! | 6 half-open is a herd; an older state makes room for more | P6; `circuit_tests::a_lost_probe_is_replaced_…`, `circuit_handle::what_a_mode_let_through_…` |
//! | 7 what is inside a timeout, or lost to a hedge, is not seen | P7; `hedge_evidence::pitfall_7_…`, `circuit_evidence::silence_shows_…` (three) |
//! | 8 windows and averages that hide an outage | P1, P2, P5 |
//! | 9 budgets that are none, are not exact, or fail the fail-over itself | P3, P8; `budget::pitfall_9_…`, `budget::callers_that_wait_…` |
//! | 10 jitter that is the same for all, or left out by default | P4; `retry::pitfall_10_…`, `rest::differs_by_a_quarter_…` |
//! | 11 a hedge's error wins; a spent budget fails the call | P10; `hedge::pitfall_11_…`, `retry_budget::pitfall_11_…` |
//! | 12 fast failures attract load | P11; `circuit_evidence::pitfall_12_…` |
//! | 13 a fair lock on the hot path | P13 |
//! | 14 a layer that is applied for each connection forgets | `contract::*::services_of_one_layer_share_its_state`, `rate_limit::*_line::services_of_one_layer_share_its_line` (and so on), `adaptive_concurrency::services_that_are_made_…` |
//! | 15 an error of `poll_ready`, or a wait without a waker | `stack::pitfall_15_…`, `load_shed::a_service_without_room_…`, `concurrency_limit::a_full_line_…` |
//! | 16 a body that cannot be copied; a request that another Region cannot take | `retry_readiness::pitfall_16_…` (two); leeward-region-router: `request::each_region_sees_…`, `request::what_can_be_sent_only_once_…` (two) |
//! | 17 retries on two levels; a fresh quota in each Region | `stack::pitfall_17_…`; leeward-client-pool: `sharing::only_a_client_that_is_called_bare_retries`; leeward-region-router: `budget::each_further_attempt_costs_a_token_…` |
//! | 18 a clock that a test cannot stop | `stack::pitfall_18_…`; `clippy.toml` forbids reading the system's |
//! | 19 all circuits open refuse everything | leeward-region-router: `circuit::with_every_circuit_open_…` |
//! | 20 failing probes lengthen the rest | `circuit_tests::rests_longer_only_on_a_relapse` |
//! | 21 a service compared with others, not with itself | `circuit_evidence::a_service_is_slow_against_itself_…` |

#![allow(clippy::unwrap_used, reason = "a test may")]

mod adaptive_concurrency;
mod adaptive_rate;
mod budget;
mod circuit_breaker;
mod circuit_evidence;
mod circuit_handle;
mod circuit_keys;
mod circuit_log;
mod circuit_naive;
mod circuit_overtaken;
mod circuit_reference;
mod circuit_window;
mod concurrency_limit;
mod contract;
mod dates;
mod deadline;
mod environment;
mod fault;
mod hedge;
mod hedge_budget;
mod hedge_evidence;
mod instantly;
mod load_shed;
mod manual_clock;
mod not_sent;
mod rate_limit;
mod rate_limit_pause;
mod retry;
mod retry_budget;
mod retry_readiness;
mod retry_report;
mod several_steps;
mod stack;
mod waiter;
