//! The facades over an emulator that is not ours: every call of each, and what people do with them.

mod cloudformation;
mod dynamodb;
mod faults;
mod iam;
mod lambda;
mod logs;
mod resources;
mod s3;
mod site;

use crate::ministack::{Arguments, Case, Report};
use site::Site;
use std::{error::Error, time::Duration};

/// Far more than all cases take on a busy machine.
const MAX_RUN: Duration = Duration::from_secs(600);

/// The last, and of all of them: behind fewer cases it fails.
const FAULTS: Case<Site> = Case::new(
    "every operation was throttled, and every read was torn",
    |site| Box::pin(std::future::ready(site.check_faults())),
);

/// Plays every case, and says what came of each.
pub(crate) async fn run(arguments: Arguments) -> Result<Report, Box<dyn Error>> {
    // A facade waits most of the time: for what is being made, and before it calls again.
    let lanes = vec![
        cloudformation::cases(),
        dynamodb::cases(),
        iam::cases(),
        lambda::cases(),
        logs::cases(),
        resources::cases(),
        s3::cases(),
    ];
    let title = "facades over ministack";
    let last = vec![FAULTS];
    arguments.play(title, MAX_RUN, Site::new, lanes, last).await
}
