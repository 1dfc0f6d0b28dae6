//! The contract that every layer keeps, as one suite.
//!
//! A layer becomes a line in it, which makes one test of each point:
//!
//! ```no_run
//! use leeward_resilience::DeadlineLayer;
//! use std::time::Duration;
//!
//! leeward_testkit::contract! {
//!     deadline: DeadlineLayer::new(Duration::from_secs(3));
//! }
//! ```
//!
//! A layer that makes calls wait becomes a line in [`waiting_contract`](crate::waiting_contract) besides: one with room for
//! a single call, in which others wait for a minute.
//!
//! The expression is evaluated anew for each test. The tests run on tokio's paused clock, so the layer must take its time
//! from there. They wait for two minutes of it where a layer needs rest after failures, and fail no more than a hundred
//! calls to bring it to its limits.

mod error;
mod line;
mod points;
mod scripted;

pub use error::{Failing, ScriptedError};
pub use line::{
    lets_go_of_calls_that_wait, passes_errors_on_after_a_wait,
    services_of_one_layer_share_its_line, unused_readiness_keeps_those_who_wait_from_nothing,
};
pub use points::{
    calls_the_instance_that_was_readied, late_answers_change_nothing, lets_go_of_dropped_calls,
    passes_errors_on_unchanged, services_of_one_layer_share_its_state,
    unused_readiness_starves_nobody,
};
pub use scripted::{Script, Scripted, ScriptedRequest};

/// Makes a module of tests, one for each point of the contract, of every layer that is named.
#[macro_export]
macro_rules! contract {
    ($($name:ident: $layer:expr;)+) => {$(
        mod $name {
            #[allow(unused_imports, reason = "a layer that names no import is as welcome")]
            use super::*;

            $crate::contract!(@points $layer;
                calls_the_instance_that_was_readied
                lets_go_of_dropped_calls
                late_answers_change_nothing
                unused_readiness_starves_nobody
                passes_errors_on_unchanged
                services_of_one_layer_share_its_state
            );
        }
    )+};
    (@points $layer:expr; $($point:ident)+) => {
        $crate::contract!(@each [$layer] $($point)+);
    };
    (@each [$layer:expr] $point:ident $($rest:ident)*) => {
        #[tokio::test(start_paused = true)]
        async fn $point() {
            $crate::contracts::$point(|| $layer).await;
        }
        $crate::contract!(@each [$layer] $($rest)*);
    };
    (@each [$layer:expr]) => {};
}

/// Makes a module of tests, one for each point of the contract that speaks of waiting, of every layer that is named.
///
/// Each layer is to let one call through while it is under way, or in a while, and to let others wait for a minute.
#[macro_export]
macro_rules! waiting_contract {
    ($($name:ident: $layer:expr;)+) => {$(
        mod $name {
            #[allow(unused_imports, reason = "a layer that names no import is as welcome")]
            use super::*;

            $crate::contract!(@points $layer;
                lets_go_of_calls_that_wait
                unused_readiness_keeps_those_who_wait_from_nothing
                passes_errors_on_after_a_wait
                services_of_one_layer_share_its_line
            );
        }
    )+};
}

#[cfg(test)]
mod tests;
