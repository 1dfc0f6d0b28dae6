//! A server that says what a test tells it to say, for what no emulator does.
//!
//! [`StandIn`] takes requests over a real socket, hands each to a closure, and keeps them. What an AWS protocol makes of a request
//! is read by [`JsonCall`] and [`QueryCall`]; what is said is an [`Answer`].
//!
//! ```
//! # async fn example() -> std::io::Result<()> {
//! use leeward_testkit::stand_in::{Answer, JsonCall, StandIn};
//!
//! let stand_in = StandIn::start(|request| match &*JsonCall::of(request).operation {
//!     "ListTables" => Answer::new(200, r#"{"TableNames":["orders"]}"#),
//!     _ => Answer::new(400, r#"{"__type":"ValidationException"}"#),
//! })
//! .await?;
//! println!("point an SDK client at {}", stand_in.endpoint());
//! assert!(stand_in.requests().is_empty());
//! # Ok(())
//! # }
//! ```

mod answer;
mod call;
mod server;

pub use answer::Answer;
pub use call::{JsonCall, QueryCall};
pub use server::StandIn;

/// A request as it came, and all of its body.
pub type Request = http::Request<bytes::Bytes>;
