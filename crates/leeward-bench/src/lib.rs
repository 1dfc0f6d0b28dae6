#![doc = include_str!("../README.md")]

pub mod envelope;
pub mod facades;
pub mod limits;
pub mod pool;
pub mod resilience;
pub mod router;
pub mod secrets;
pub mod taxonomy;

mod area;
mod bar;
mod bare;
mod case;
mod clocked;
mod command_line;
mod pace;
mod plan;
mod processor;
mod resident;
mod row;
mod samples;
mod stopwatch;
mod subject;
mod table;
mod tally;
mod threads;
mod unit;
mod world;

pub use area::Area;
pub use bar::Bar;
pub use bare::{BareService, Fault, Read, read};
pub use case::{Case, MeasureError};
pub use command_line::run;
pub use pace::Pace;
pub use plan::Plan;
pub use row::Row;
pub use subject::{BoxError, Subject};
pub use table::table;
pub use tally::{Figure, Tally};
pub use unit::Unit;
