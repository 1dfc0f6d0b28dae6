//! Waits until something is in a state, by asking again and again.
//!
//! **What it does.** It asks at once, and after each answer that says "not yet" it pauses and asks again, until the answer is there or
//! the time is over. Each pause is drawn between half of the interval and the whole of it ("equal jitter", *Exponential Backoff And
//! Jitter*, AWS Architecture Blog), so that many who wait for one thing do not ask together; the interval grows by half, up to a
//! maximum.
//!
//! **When it gives up.** At the deadline, in the middle of a question too, which is dropped; at an answer that is final. A failure that
//! may pass (throttling, a 5xx, a lost connection, a refusal of a layer such as an open circuit) is one more "not yet": a wait of half an
//! hour is not lost to one of its questions. Where the service asks for a longer pause, it gets it.
//!
//! **What callers then see.** The error of the question, or [`WaitTimedOut`] in the error type of the caller, which says how long was
//! waited, what the last state was, and what the last question failed with if it did.
//!
//! **Where it goes.** Around calls that go through a stack with a deadline of its own, so that no question waits for ever.
//!
//! Dropping the future ends the wait; nothing runs on.
//!
//! ```
//! use leeward_error_taxonomy::AwsError;
//! use leeward_resilience::Waiter;
//! use std::{ops::ControlFlow, time::Duration};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), AwsError> {
//! let mut looks = 0;
//! let waiter = Waiter::new(Duration::from_secs(300)).with_interval(Duration::from_secs(2));
//! let status = waiter
//!     .wait(
//!         || {
//!             looks += 1;
//!             let state = match looks {
//!                 ..3 => ControlFlow::Continue("CREATING"),
//!                 _ => ControlFlow::Break("ACTIVE"),
//!             };
//!             async move { Ok::<_, AwsError>(state) }
//!         },
//!         |state, waited| println!("{state} after {waited:?}"),
//!     )
//!     .await?;
//! assert_eq!(status, "ACTIVE");
//! # Ok(())
//! # }
//! ```

mod pauses;
mod timed_out;
mod wait;

pub use timed_out::WaitTimedOut;
pub use wait::Waiter;
