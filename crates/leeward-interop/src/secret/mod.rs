//! The cache of secrets over a Secrets Manager that is not ours: ministack's.

mod case;
mod site;

use crate::ministack::{Arguments, Report};
use site::Site;
use std::{error::Error, time::Duration};

/// Far more than all cases take on a busy machine.
const MAX_RUN: Duration = Duration::from_secs(150);

/// Plays every case, and says what came of each.
pub(crate) async fn run(arguments: Arguments) -> Result<Report, Box<dyn Error>> {
    let title = "secrets over ministack";
    let (lanes, last) = (vec![case::all()], Vec::new());
    arguments.play(title, MAX_RUN, Site::new, lanes, last).await
}
