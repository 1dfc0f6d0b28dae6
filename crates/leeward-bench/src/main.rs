//! Measures our side alone: Leeward and the physical limit.

use leeward_bench::run;
use std::process::ExitCode;

fn main() -> ExitCode {
    run(Ok, |tally| tally, &[])
}
