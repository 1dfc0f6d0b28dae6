//! What a user of the crate sees.

#![allow(clippy::unwrap_used, reason = "a test may")]

#[cfg(feature = "stream")]
mod adapters;
mod audit;
mod caching;
mod contract;
mod crowd;
#[cfg(feature = "file")]
mod files;
mod flights;
mod forgery;
mod fuzz;
mod hostile;
mod inspect;
#[cfg(feature = "json")]
mod json;
mod keyrings;
mod limits;
mod messages;
mod multi_keyring;
mod mutation;
mod net_4_0_0;
mod oracles;
mod pace;
mod parallel;
mod priming;
mod purging;
mod python;
mod ranges;
mod raw_rsa;
mod refusals;
mod renewal;
mod round_trip;
mod secrets;
mod signed_stream;
mod signer;
mod stream;
mod stream_under_way;
mod suites;
mod tampering;
mod vectors;
mod withdrawals;

use leeward_envelope::EncryptionContext;
use proptest::test_runner::Config;

/// As many cases as `usual`, or sixteen times as many under `LEEWARD_FULL=1`.
fn cases(usual: u32) -> Config {
    let is_full = std::env::var_os("LEEWARD_FULL").is_some_and(|value| value == "1");
    Config {
        cases: if is_full { usual * 16 } else { usual },
        // The seeds of failures become tests with a name instead.
        failure_persistence: None,
        ..Config::default()
    }
}

fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
    EncryptionContext::new(pairs.iter().copied()).unwrap()
}

/// Runs a future that needs no timer and no other task.
fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}
