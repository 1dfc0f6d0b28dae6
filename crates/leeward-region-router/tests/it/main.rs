//! What the router does to calls, over scripted Regions in paused time.
//!
//! Where the functional cases (F) of `facts/resilience.md` are held:
//!
//! | case | test |
//! |---|---|
//! | F1 | `drop::f1_wherever_probes_are_dropped_the_circuit_closes_within_one_lease` |
//! | F2 | `drop::f2_what_comes_late_from_before_a_change_changes_nothing` |
//! | F3 | `outage::f3_throttling_costs_no_region_its_place` |
//! | F4 | `hedge::f4_only_what_may_be_applied_twice_is_hedged`, `placement::f4_what_may_have_been_applied_goes_on_only_if_…` |
//! | F5 | `deadline::f5_no_further_attempt_begins_where_the_region_normally_takes_longer_than_is_left`, `deadline::f5_nor_does_a_hedge` |
//! | F6 | `family::keys::f6_one_operation_that_fails_does_not_take_down_the_region_of_another` |
//! | F7 | `placement::f7_reads_follow_a_write_for_a_while` |
//! | F8 | leeward-kms-envelope's: the joint is `request::*` here |
//! | F9 | `outage::f9_a_clock_that_jumps_trips_nothing` |
//! | F10 | `family::memory::f10_a_million_keys_need_the_memory_of_the_bound` |
//! | F11 | `contract::*` |

#![allow(clippy::unwrap_used, reason = "a test may")]

mod budget;
mod build;
mod circuit;
mod contract;
mod deadline;
mod drain;
mod drop;
mod ends;
mod environment;
mod event;
mod failover;
mod family;
mod flood;
mod health;
mod hedge;
mod hedge_failures;
mod lanes;
mod log;
mod maker;
mod making;
mod outage;
mod panic;
mod placement;
mod ranking;
mod request;
mod status;
mod trouble;
mod untold;
mod world;
mod yes;
