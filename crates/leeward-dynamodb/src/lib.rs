#![doc = include_str!("../README.md")]

mod batch;
mod builder;
mod client;
mod delete;
mod expression;
mod get;
mod item;
mod key;
mod name;
mod projection;
mod put;
mod query;
mod scan;
mod service;
mod summary;
mod table;
mod transaction;
mod update;
mod wait;

pub use batch::{Keys, RefusedEntry, Unread, Unwritten, Writes};
pub use builder::{DynamoDbBuilder, InvalidSetting};
pub use client::DynamoDb;
pub use delete::Deleted;
pub use expression::{Clash, Expression};
pub use item::{Item, ItemError};
pub use key::KeySchema;
pub use name::{Index, IndexName, Table, TableName, Token, TransactionToken};
pub use projection::Projection;
pub use put::Put;
pub use query::{Query, Sort};
pub use scan::{Scan, Scanned};
pub use summary::{IndexSummary, TableSummary};
pub use transaction::{Cancelled, Reads, Reason, Snapshot, Transaction, WrongSize};
pub use update::Updated;
pub use wait::NeverActive;

pub use leeward_client_pool::{Caller, Collected, Pages, regional::InvalidResourceName};
/// How long a wait for a table may take, and how often it looks: what [`DynamoDb::wait_active`] and [`DynamoDb::wait_gone`] are given.
#[doc(inline)]
pub use leeward_resilience::Waiter;
