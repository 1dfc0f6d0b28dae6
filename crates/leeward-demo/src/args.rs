use clap::{Parser, ValueEnum};
use leeward::error_taxonomy::Region;
use std::path::PathBuf;

/// Encrypts real input under a multi-Region KMS key while a Region goes silent, and shows that nothing is lost.
///
/// Three Regions of an AWS in this process, spoken to over HTTP, unless --aws is given. Exit code 0: every bar holds;
/// 1: the run failed or a bar does not hold; 2: bad input, nothing was written; 130: interrupted.
///
/// A record that fails is counted and the run goes on; its file is not written. When no Region answers at all the run ends.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask demo", version)]
pub(crate) struct Args {
    /// What to encrypt: a file, or a folder with all that is below it [default: the files of this repository]
    ///
    /// Links are followed, to files and folders anywhere, and each file is read once: under its own name if it lies below
    /// the folder, else under that of a link. The report names every link and special file that is skipped. Left out
    /// without a word are .git, the target folder of a cargo build, and --output itself; a link that leads nowhere is bad input.
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) input: Option<PathBuf>,

    /// Where the encrypted files go, each as its name with .leeward behind it
    ///
    /// Made if it is not there. It may lie inside of --input, but neither be it nor hold it.
    #[arg(long, value_name = "DIR", default_value = "target/demo")]
    pub(crate) output: PathBuf,

    /// When the Regions go silent: before the first record, or half way through
    #[arg(long, value_enum, default_value_t = When::Middle)]
    pub(crate) outage: When,

    /// How many of the Regions go silent, the first of the list first; all of them end the run in one clear error
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=3))]
    pub(crate) down: u8,

    /// Runs against real AWS with the default credential chain; the outage is then made in this process
    #[arg(long, requires = "key_arn")]
    pub(crate) aws: bool,

    /// The ARN of a multi-Region key with replicas, for --aws
    #[arg(long, value_name = "ARN", requires = "aws")]
    pub(crate) key_arn: Option<String>,

    /// The Regions in the order to be tried, for --aws [default: that of the ARN, then the other replicas]
    #[arg(long, value_name = "REGION", value_delimiter = ',', requires = "aws")]
    pub(crate) regions: Vec<Region>,

    /// Prints one JSON object instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

/// When the Regions go silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// After the keys exist, before the first record.
    Start,
    /// After half of the records.
    Middle,
}
