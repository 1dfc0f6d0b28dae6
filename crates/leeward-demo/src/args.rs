use crate::{failure::Failure, repository};
use clap::{Parser, ValueEnum};
use leeward::error_taxonomy::Region;
use std::{env, path::PathBuf};

/// How many Regions may be asked to go silent.
const DOWN: std::ops::RangeInclusive<u8> = 1..=3;

/// Encrypts real input under a multi-Region KMS key while a Region goes silent, and shows that nothing is lost.
///
/// Three Regions of an AWS in this process, spoken to over HTTP, unless --aws is given. Exit code 0: every bar holds;
/// 1: the run failed, a bar does not hold, or the report could not be printed; 2: bad input, nothing was written;
/// 130: interrupted, by Ctrl-C, SIGTERM or a terminal that closed.
///
/// A record that fails is counted and the run goes on; its file is not written. When no Region answers at all, or when 100
/// records have failed, the run ends with exit code 1. A reader of the output who goes away, as in `| head -1`, does not end
/// the run and does not change its exit code.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask demo", bin_name = "cargo xtask demo", version)]
pub(crate) struct Args {
    /// What to encrypt: a file, or a folder with all that is below it [default: the files of this repository]
    ///
    /// Links are followed, to files and folders anywhere, and each file is read once: under its own name if it lies below
    /// the folder, else under that of a link. The report names every link and special file that is skipped. Left out
    /// without a word are .git, the target folder of a cargo build, and --output itself; a link that leads nowhere is bad input.
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) input: Option<PathBuf>,

    /// Where the encrypted files go, each as its name with .leeward behind it [default: demo in the target folder]
    ///
    /// The target folder is that of this repository, wherever the demo is started, or what CARGO_TARGET_DIR says. The output
    /// is made if it is not there. It may lie inside of --input, but neither be it nor hold it. Parts of files that a killed
    /// run has left in the folders that are written to are removed, and named in the report.
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,

    /// When the Regions go silent: before the first record, or half way through
    #[arg(long, value_enum, default_value_t = When::Middle)]
    pub(crate) outage: When,

    /// How many of the Regions go silent, the first of the list first; all of them end the run in one clear error
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = down, allow_negative_numbers = true)]
    pub(crate) down: u8,

    /// Runs against real AWS with the default credential chain; the outage is then made in this process
    #[arg(long, requires = "key_arn")]
    pub(crate) aws: bool,

    /// The ARN of a multi-Region key with replicas, for --aws
    #[arg(long, value_name = "ARN", requires = "aws")]
    pub(crate) key_arn: Option<String>,

    /// The Regions in the order to be tried, for --aws [default: that of the ARN, then the other replicas]
    ///
    /// At least two, each with a replica of the key. That of the ARN may be left out; the key is looked up there nevertheless.
    #[arg(long, value_name = "REGION", value_delimiter = ',', requires = "aws")]
    pub(crate) regions: Vec<Region>,

    /// Prints one JSON object instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

impl Args {
    /// Where the encrypted files go.
    pub(crate) fn output(&self) -> Result<PathBuf, Failure> {
        if let Some(output) = &self.output {
            return Ok(output.clone());
        }
        let configured = env::var_os("CARGO_TARGET_DIR");
        let target = repository::target(configured.as_deref()).ok_or_else(|| {
            let root = repository::root();
            let root = root.display();
            Failure::bad_input(format!(
                "the repository is no longer at {root}: give --output DIR"
            ))
        })?;
        Ok(target.join("demo"))
    }
}

fn down(text: &str) -> Result<u8, String> {
    let number = text.parse().ok().filter(|number| DOWN.contains(number));
    number.ok_or_else(|| format!("it is no number in {DOWN:?}"))
}

/// When the Regions go silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// After the keys exist, before the first record.
    Start,
    /// After half of the records.
    Middle,
}
