//! Where the demo runs: an AWS in this process, or the real one.

mod choice;
mod embedded;
mod real;

use crate::{args::Args, failure::Failure, ledger::Ledger, line::Silence};
use leeward::{client_pool::Pool, error_taxonomy::Region, kms_envelope::KeyArn};
use leeward_testkit::{Aws, Fault, Faults, Scope};

/// Regions, a multi-Region key in each of them, and a way to silence them.
#[derive(Debug)]
pub(crate) struct Cloud {
    pub(crate) pool: Pool,
    /// In the order in which they are tried.
    pub(crate) regions: Vec<Region>,
    pub(crate) key: KeyArn,
    embedded: Option<Aws>,
}

/// Refuses a list of Regions that cannot do, before anybody is asked for anything.
pub(crate) fn check(args: &Args) -> Result<(), Failure> {
    choice::check(&args.regions, args.down)
}

impl Cloud {
    /// Starts the emulated Regions and makes the keys in them, or looks the real key up.
    pub(crate) async fn open(args: &Args) -> Result<Self, Failure> {
        match &args.key_arn {
            Some(arn) if args.aws => real::open(arn, &args.regions, args.down).await,
            _ => embedded::open().await,
        }
    }

    /// Who silences a Region here.
    pub(crate) const fn silence(&self) -> Silence {
        if self.embedded.is_some() {
            Silence::Remote
        } else {
            Silence::Local
        }
    }

    /// Turns the first `down` Regions into black holes.
    pub(crate) fn outage_begins(&self, down: usize, ledger: &Ledger) {
        let regions = &self.regions[..down.min(self.regions.len())];
        if let Some(faults) = self.faults() {
            for region in regions {
                faults.inject(Scope::region(region.clone()), Fault::black_hole());
            }
        }
        ledger.outage_begins(regions);
    }

    /// Brings all Regions back.
    pub(crate) fn outage_ends(&self, ledger: &Ledger) {
        if let Some(faults) = self.faults() {
            faults.clear();
        }
        ledger.outage_ends();
    }

    pub(crate) async fn close(self) {
        if let Some(aws) = self.embedded {
            aws.shutdown().await;
        }
    }

    /// The fault plane of the emulated Regions.
    pub(crate) fn faults(&self) -> Option<Faults> {
        self.embedded.as_ref().map(Aws::faults)
    }
}
