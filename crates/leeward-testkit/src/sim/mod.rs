//! Plays outages against the real router on paused time, and measures what callers would have seen.
//!
//! Processes of a fleet, each with a stack of its own (deadline, retries, Region router, one budget), call three simulated
//! Regions whose latencies, capacities and faults are known. Nothing is told to the stacks in advance. Time is tokio's and
//! stands still while anybody computes, every draw comes from one seed: a run is over in a fraction of the time that it
//! plays, and the same seed plays the same run, event for event.
//!
//! | file | what it holds |
//! |---|---|
//! | `scenario.rs`, `catalogue.rs` | what befalls whom and when, and the bars: data |
//! | `outage.rs`, `queue.rs` | what a Region does to an attempt at a moment: pure |
//! | `world.rs`, `site.rs` | the Regions as tower services, and the book of all that happens |
//! | `policy.rs`, `naive.rs`, `consecutive.rs` | who calls them: Leeward's stack, and what others do |
//! | `play.rs` | one run: arrivals, runtime, trace |
//! | `measure/` | from a trace to figures |
//! | `bar.rs`, `verdict.rs`, `report.rs`, `timeline.rs` | from figures to a table, a picture and an exit code |
//!
//! `cargo xtask sim --help` says how to play.

mod arrival;
mod bar;
mod catalogue;
mod consecutive;
mod error;
mod measure;
mod naive;
mod outage;
mod play;
mod policy;
mod queue;
mod report;
mod scenario;
mod season;
mod site;
mod table;
mod timeline;
mod trace;
mod verdict;
mod world;

pub use bar::{Bar, Limit, Measure};
pub use catalogue::scenarios;
pub use error::CallError;
pub use measure::Figures;
pub use outage::{Conditions, Fault, Outage};
pub use play::play;
pub use policy::Policy;
pub use report::report;
pub use scenario::{Bursts, RegionModel, Scenario, Traffic};
pub use season::{Season, season};
pub use timeline::{DrawError, draw};
pub use trace::{Attempt, Change, Ending, Operation, Trace};
pub use verdict::{Verdict, verdicts};
