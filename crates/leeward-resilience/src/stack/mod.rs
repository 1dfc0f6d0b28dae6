//! Whole stacks for calls to AWS, ready-made: one name for a set of numbers that go together.
//!
//! **What it does to a call.** What its layers do, outermost first: [deadline](crate::deadline), [retry](crate::retry) within
//! a [budget](crate::budget), [concurrency limit](crate::concurrency_limit), [hedge](crate::hedge) on the same budget,
//! [circuit breaker](crate::circuit_breaker), deadline of the attempt. A call and its hedge share one permit: to wait in line
//! is no latency to hedge against, and none that the hedge learns.
//!
//! **When it acts.** See the table. [`Preset::interactive`] is for calls that somebody waits for, [`Preset::batch`] for work
//! that must get done and may take its time, [`Preset::critical`] for the few calls that all else hangs on (a key that must
//! be unwrapped before anything works). [`Preset::mixed`] is batch for operations that differ a hundredfold in how long they take.
//!
//! | | interactive | batch | critical |
//! |---|---|---|---|
//! | deadline of the operation | 3 s | 90 s | 10 s |
//! | deadline of an attempt | 1 s | 15 s | 2 s |
//! | attempts | 3 | 5 | 4 |
//! | pauses | 50 ms, throttled 1 s, doubling | the same | the same |
//! | budget | 10 % of the calls | 10 % | 20 % |
//! | tokens kept, of 2 s of the calls; floor | all; 50, one a second | all; 50, one a second | all; 50, ten a second |
//! | hedge after | 3 times the median | never | the 95th percentile |
//! | circuit opens at | 5 failures in a row, or 25 % of 20 in 2 s | 5 in a row, or 50 % of 20 in 10 s | 10 in a row, or 50 % of 20 in 2 s |
//! | or at slow calls | 60 % of 20, at 5 times the usual | the same | the same |
//! | circuit rests | 2 s | 5 s | 1 s |
//! | a probe keeps its place for | 2 s | 30 s | 4 s |
//! | slow start after an outage | none | none | none |
//! | calls in flight | adaptive, 20 to 200 | adaptive, 20 to 200 | adaptive, 50 to 500 |
//! | calls in line; wait | as many as in flight; 1 s | 1,000; 30 s | as many as in flight; 2 s |
//!
//! Where the numbers come from:
//!
//! - *interactive* is the policy that the simulation of a silent Region was won with (no call lost, 99 % within 217 ms, 1.04
//!   times the load): 3 s, attempts of 1 s, a hedge at three times the baseline, 10 % of the calls kept for 2 s, 5 in a row
//!   or 25 % of 20 in 2 s or 60 % slow, a rest of 2 s.
//! - Attempts and pauses are those of the AWS SDKs' retry behaviour "2.1": 3 of them, after 50 ms or, throttled, 1 s; a retry
//!   after throttling costs 5/14 of a token. In *batch*, five attempts of 15 s and the longest pauses between them after
//!   throttling (1, 2, 4 and 8 s) make 90 s. In *critical*, four attempts of 2 s and two seconds of pauses make 10 s.
//! - 10 % is the SRE book's share, 20 % that of Finagle and of Envoy, whose floors (ten a second) *critical* takes as well: it
//!   is for calls so few that hardly a token would come in.
//! - The circuit of *batch* is the breaker's default. That of *critical* opens late and rests briefly: a wrong refusal costs
//!   more here than a call sent in vain.
//! - A probe keeps its place for two attempts, so that the success of a slow one still closes the circuit.
//! - There is no [slow start](crate::CircuitConfig::with_slow_start): it refuses calls that the service would answer, 390 of a
//!   thousand in its ten seconds, for the sake of routers whose calls go elsewhere meanwhile. These calls have nowhere to go.
//!   What spares a service that comes back is the limit of the calls in flight, whose line waits, and the circuit, which opens
//!   again and for longer.
//! - 20 to 200 calls in flight are the bounds of Netflix's Gradient2; *critical* may use more, since it must not wait behind
//!   itself. The waits are a third and a fifth of the deadline.
//! - The 95th percentile is that of "The Tail at Scale" (CACM 2013); in *batch* a hedge would pay for a speed that nobody asks
//!   for.
//!
//! **What it costs.** A call that succeeds at once allocates nothing and takes 0.2 to 0.25 µs, as `docs/benchmarks.md` measures it
//! and on its machine; a call to AWS takes some ten thousand times as long. Layer by layer, each alone:
//!
//! | layer | ns | of which |
//! |---|---|---|
//! | deadline of the operation | 30 | a reading of the system's clock, 22; hence after which time to stop |
//! | retry | 10 | a copy of the request, the share of the budget |
//! | concurrency limit, adaptive | 43 | 17 for the limit; two readings; the lock of what it learns |
//! | hedge | 30 | two readings of the processor's counter, 8 each; the histogram |
//! | circuit breaker | 48 | two readings; two shared counts |
//! | deadline of an attempt | 30 | another reading of the system's clock |
//! | between them | 40 or so | a copy of all that is under retry, for the attempt that may follow: a counted pointer for each layer |
//!
//! Fixed limits save 25 of them ([`with_concurrency`](Preset::with_concurrency)), no hedge 40. A breaker, limiter or hedge that
//! shared the others' readings would save 10 each, and take what the service's own poll lasts for nothing.
//!
//! **What callers then see.** The service's own error type, and in it the refusals of the layers.
//!
//! **Where it goes.** Over a service that calls one service in one Region and does not retry itself: the SDK's retries are
//! to be off, as `leeward-client-pool`'s `Target` has them. Idempotent operations only are hedged and sent again when they
//! may have been applied.
//!
//! ```
//! use leeward_error_taxonomy::Rejected;
//! use leeward_resilience::{Plain, stack::Preset};
//! use std::time::Duration;
//! use tower::{Service, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Rejected> {
//! let ledger = service_fn(|_: Plain<&'static str>| async { Ok::<_, Rejected>("120 EUR") });
//! let layer = Preset::interactive().with_deadline(Duration::from_secs(2)).layer();
//! let mut service = layer.over(ledger);
//! let balance = service.ready().await?.call(Plain::new("balance").idempotent()).await?;
//! assert_eq!(layer.retries().calls(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! **Switch.** Each layer obeys its own variable of the environment: `LEEWARD_DEADLINE`, `LEEWARD_RETRY`, `LEEWARD_HEDGE`,
//! `LEEWARD_CONCURRENCY_LIMIT`, `LEEWARD_CIRCUIT_BREAKER`. Hedges keep their budget while retries are off.

mod layer;
mod preset;

pub use layer::{RatedStack, Stack, StackLayer};
pub use preset::Preset;
