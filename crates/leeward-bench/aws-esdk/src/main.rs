//! Measures Leeward's messages, those of the official AWS Encryption SDK for Rust and the physical limit in the same rounds.

mod message;

use leeward_bench::run;
use std::process::ExitCode;

fn main() -> ExitCode {
    run(message::with_peer, |tally| tally, &[])
}
