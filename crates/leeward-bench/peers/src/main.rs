//! Measures Leeward, its peers and the physical limit in the same rounds.

mod hedge;
mod limits;
mod resilience;
mod secrets;
mod tower_policy;
mod transfer;

use leeward_bench::run;
use std::process::ExitCode;

fn main() -> ExitCode {
    run(
        resilience::with_peers,
        secrets::also_counted,
        &transfer::MOVERS,
    )
}
