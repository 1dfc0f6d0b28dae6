//! Plays Leeward against programs of others, prints what came of it, and fails if anything failed.

use clap::Parser;
use std::{error::Error, fmt::Display, process::ExitCode};

#[cfg(unix)]
mod database;
mod error;
mod facade;
mod message;
mod ministack;
mod secret;
mod server;

/// Leeward and the programs of others; `cargo xtask interop` installs these and runs it.
#[derive(Debug, Parser)]
enum Arguments {
    /// Messages to and from the official AWS Encryption SDKs
    Messages(message::Arguments),
    /// The cache of secrets over the Secrets Manager of ministack
    Secrets(ministack::Arguments),
    /// The facades over ministack: every call of each
    Facades(ministack::Arguments),
    /// Rotations of the password of a PostgreSQL under load
    #[cfg(unix)]
    Postgres(database::Arguments),
    /// The same of a MariaDB, by the protocol of MySQL
    #[cfg(unix)]
    Mysql(database::Arguments),
}

/// What came of it, and whether that is good.
struct Outcome {
    told: String,
    is_good: bool,
}

impl Outcome {
    fn new(report: impl Display, is_good: bool) -> Self {
        let told = report.to_string();
        Self { told, is_good }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(Outcome { told, is_good }) => {
            print!("{told}");
            ExitCode::from(u8::from(!is_good))
        }
        Err(error) => {
            eprintln!("error: {}", error::told(&*error));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<Outcome, Box<dyn Error>> {
    Ok(match arguments {
        Arguments::Messages(arguments) => {
            let report = message::run(arguments).await?;
            Outcome::new(&report, report.is_good())
        }
        Arguments::Secrets(arguments) => {
            let report = secret::run(arguments).await?;
            Outcome::new(&report, report.is_good())
        }
        Arguments::Facades(arguments) => {
            let report = facade::run(arguments).await?;
            Outcome::new(&report, report.is_good())
        }
        #[cfg(unix)]
        Arguments::Postgres(arguments) => {
            let report = database::run::<database::Postgres>(arguments).await?;
            Outcome::new(&report, report.is_good())
        }
        #[cfg(unix)]
        Arguments::Mysql(arguments) => {
            let report = database::run::<database::MariaDb>(arguments).await?;
            Outcome::new(&report, report.is_good())
        }
    })
}
