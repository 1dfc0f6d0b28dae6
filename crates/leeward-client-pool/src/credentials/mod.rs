//! Credentials by identity, each loaded once for all clients that use it.

mod assume_role;
mod code;
mod counts;
mod flight;
mod known;
mod load;
mod loader;
mod profile;
mod providers;
mod refreshing;
mod refusal;
mod refusals;
mod registry;
mod sts;
mod sts_regions;
mod unassumed;
mod validity;

pub use counts::CredentialStats;
pub use refreshing::{RefreshingCredentials, RefreshingCredentialsBuilder};

pub(crate) use profile::of_the_environment;
pub(crate) use providers::{Provided, Providers};
pub(crate) use refusal::{RenewRefused, RepeatRefused, Signing, WaitForOthers};
pub(crate) use registry::Roles;

use crate::{
    Identity,
    pool::{Endpoints, as_given, is_given},
    tasks::Tasks,
};
use aws_smithy_async::{rt::sleep::SharedAsyncSleep, time::SharedTimeSource};
use aws_types::SdkConfig;
use counts::Counts;
use leeward_error_taxonomy::Region;
use loader::Surroundings;
use refreshing::LOAD_TIMEOUT;
use std::{sync::Arc, time::Duration};
use sts::{Sts, TURNS};
use sts_regions::StsRegions;
use tokio::sync::Semaphore;

/// Where credentials come from, and by what they live.
pub(crate) struct Setting {
    pub(crate) base: SdkConfig,
    pub(crate) own: Identity,
    pub(crate) max_identities: usize,
    pub(crate) endpoints: Endpoints,
    pub(crate) home: Option<Region>,
    pub(crate) sts_regions: Option<Vec<Region>>,
    pub(crate) sts_timeout: Duration,
    pub(crate) tasks: Tasks,
    pub(crate) time: SharedTimeSource,
    pub(crate) sleep: SharedAsyncSleep,
}

impl Setting {
    pub(crate) fn open(self) -> Providers {
        let counts = Arc::<Counts>::default();
        let around = Surroundings {
            tasks: self.tasks,
            time: self.time,
            sleep: self.sleep,
            counts: counts.clone(),
            load_timeout: LOAD_TIMEOUT,
        };
        let base = if is_given(&self.base, "STS") {
            as_given(&self.base)
        } else {
            self.base.clone()
        };
        let sts_regions = StsRegions::new(self.home, self.sts_regions);
        let sts = Sts {
            regions: match base.use_fips() {
                Some(true) => sts_regions.of_fips(&self.endpoints),
                _ => sts_regions,
            },
            base,
            endpoints: self.endpoints,
            timeout: self.sts_timeout,
            sleep: around.sleep.clone(),
            counts,
            turns: Semaphore::new(TURNS),
        };
        Providers::new(self.base, self.own, self.max_identities, around, sts)
    }
}
