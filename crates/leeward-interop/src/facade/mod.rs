//! The facades over an emulator that is not ours: every call of each, and what people do with them.

mod cloudformation;
mod dynamodb;
mod iam;
mod lambda;
mod logs;
mod resources;
mod s3;
mod site;

use crate::ministack::{Arguments, Report};
use site::Site;
use std::{error::Error, time::Duration};

/// Far more than all cases take on a busy machine.
const MAX_RUN: Duration = Duration::from_secs(600);

/// Plays every case, and says what came of each.
pub(crate) async fn run(arguments: Arguments) -> Result<Report, Box<dyn Error>> {
    let cases = [
        cloudformation::cases(),
        dynamodb::cases(),
        iam::cases(),
        lambda::cases(),
        logs::cases(),
        resources::cases(),
        s3::cases(),
    ];
    let title = "facades over ministack";
    arguments
        .play(
            title,
            MAX_RUN,
            Site::new,
            cases.into_iter().flatten().collect(),
        )
        .await
}
