#![doc = include_str!("../README.md")]

mod client;
mod event;
mod filter;
mod group;
mod name;
mod query;
mod retention;
mod service;
mod settings;
mod tail;
mod window;
mod writer;

pub use client::Logs;
pub use event::LogEvent;
pub use filter::EventFilter;
pub use group::LogGroup;
pub use leeward_client_pool::{Caller, Collected, Pages, regional::InvalidResourceName};
pub use leeward_resilience::Waiter;
pub use name::{LogGroupName, LogGroupRule, LogKeyArn, LogKeyRule, LogStreamName, LogStreamRule};
#[cfg(feature = "serde")]
pub use query::UnreadableRow;
pub use query::{Query, QueryFailed, QueryProgress, QueryResult, QueryRow, QueryStatistics};
pub use retention::{InvalidRetention, Retention};
pub use settings::{Creation, GroupSettings};
pub use tail::{InvalidTail, Tail};
pub use writer::{
    Delivery, EventRefused, InvalidLogWriter, LogWriter, LogWriterBuilder, LogWriterStats,
    Oversize, Undelivered,
};
