//! The tasks of this repository, a light driver of cargo: `cargo xtask --help` lists them.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod bench;
mod cargo;
mod ci;
mod demo;
mod layers;
mod source;
mod table;
mod test;
mod tidy;

/// The tasks of this repository.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    disable_help_subcommand = true
)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Runs every check in order, times each, and stops at the first that fails
    Ci(ci::Options),
    /// Runs unit, integration and documentation tests of all crates in one call of cargo
    Test(test::Options),
    /// Runs the main job: real input is encrypted while a Region goes silent
    ///
    /// Everything after `demo` goes to the demo itself: `cargo xtask demo --help` lists its options.
    #[command(disable_help_flag = true)]
    Demo(demo::Options),
    /// Measures Leeward beside its peers, and fails where a figure misses its bar
    Bench(bench::Options),
    /// Checks what may depend on what: the invariants of docs/architecture.md
    Layers,
    /// Checks names, file lengths, manifests, crate docs and links
    Tidy,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Ci(options) => ci::run(&options),
        Task::Test(options) => test::run(&options),
        Task::Demo(options) => return demo::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Layers => layers::run(),
        Task::Tidy => tidy::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
