//! Rotations of a password under load: a real database refuses what is not the password any more.

mod engine;
mod instance;
mod load;
mod mariadb;
mod postgres;
mod report;
mod rotation;
mod scenario;
mod session;
mod site;

pub(crate) use mariadb::MariaDb;
pub(crate) use postgres::Postgres;

use crate::server;
use clap::Args;
use engine::Engine;
use instance::Instance;
use report::Report;
use site::Site;
use std::{error::Error, path::PathBuf, time::Duration};

/// Far more than all scenarios take on a busy machine.
const MAX_RUN: Duration = Duration::from_secs(170);

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The folder of its programs
    #[arg(long, value_name = "FOLDER")]
    programs: PathBuf,
    /// A folder with libraries that they need and the machine lacks
    #[arg(long, value_name = "FOLDER")]
    libraries: Option<PathBuf>,
    /// The file that the server writes its log to
    #[arg(long, value_name = "FILE")]
    log: PathBuf,
    /// Only scenarios that have this text in their name
    #[arg(long, value_name = "TEXT")]
    case: Option<String>,
}

/// Plays every scenario with a database of this kind, and says what came of each.
pub(crate) async fn run<E: Engine>(arguments: Arguments) -> Result<Report, Box<dyn Error>> {
    let instance =
        Instance::<E>::create(&arguments.programs, arguments.libraries.as_deref()).await?;
    let server = instance.start(&arguments.log)?;
    let work = play(&instance, &arguments);
    server.during(MAX_RUN, work).await
}

async fn play<E: Engine>(
    instance: &Instance<E>,
    arguments: &Arguments,
) -> Result<Report, Box<dyn Error>> {
    server::listening(instance.port()).await?;
    let site = Site::new(instance, &arguments.log).await?;
    let mut report = Report::new(format!("{} {}", E::NAME, site.version()));
    for scenario in &scenario::ALL {
        let wanted = arguments.case.as_deref();
        if wanted.is_none_or(|text| scenario.name.contains(text)) {
            report.tell(scenario, scenario.play(&site).await?);
        }
    }
    match report.is_empty() {
        true => Err("no scenario has that text in its name".into()),
        false => Ok(report),
    }
}
