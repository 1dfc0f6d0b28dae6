use crate::{identity::Partition, pool::Endpoints};
use leeward_error_taxonomy::Region;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// In which Regions STS is asked, and in what order.
///
/// Every Region has an STS of its own, whose credentials are good in all Regions of its partition ("Managing AWS STS in an AWS
/// Region", IAM User Guide). One that gives no session is asked last for a while, so that it costs those who ask at the same
/// time a wait, and not everybody who comes after them.
#[derive(Debug)]
pub(super) struct StsRegions {
    home: Option<Region>,
    /// Those to ask after the home Region, in place of [`fallback`].
    own: Option<Vec<Region>>,
    /// Whether those alone are asked that have an endpoint of FIPS, beside [`own`](Self::own).
    fips: bool,
    /// Those that gave no session, and until when they are asked last.
    last: Mutex<HashMap<Region, Instant>>,
}

/// How long a Region is asked last that gave no session, before it has its turn again.
const LAST: Duration = Duration::from_secs(10 * 60);

impl StsRegions {
    pub(super) fn new(home: Option<Region>, own: Option<Vec<Region>>) -> Self {
        Self {
            home,
            own,
            fips: false,
            last: Mutex::default(),
        }
    }

    /// Passes those over that have no endpoint of FIPS and are given no other.
    pub(super) fn of_fips(self, endpoints: &Endpoints) -> Self {
        let is_there = |home: &Region| has_fips(home) || endpoints.of("sts", home).is_some();
        Self {
            home: self.home.filter(is_there),
            fips: true,
            ..self
        }
    }

    /// Why there is nobody to ask.
    pub(super) const fn missing(&self) -> &'static str {
        if self.fips {
            "no Region of the role's partition is known to have an endpoint of FIPS 140 for STS: give STS an endpoint, or name \
             the Regions to ask"
        } else {
            "no Region of STS is known for the role's partition: name one"
        }
    }

    /// The Regions for a role of `partition`, each once, the one to begin with first.
    pub(super) fn order(&self, partition: Partition) -> Vec<Region> {
        let others = match &self.own {
            Some(own) => own.clone(),
            None if self.fips => FIPS.map(Region::from_static).to_vec(),
            None => fallback(partition).map(Region::from_static).collect(),
        };
        let mut regions = Vec::new();
        for region in self.home.iter().cloned().chain(others) {
            if Partition::of(&region) == partition && !regions.contains(&region) {
                regions.push(region);
            }
        }
        let now = Instant::now();
        let last = self.last();
        // Where all of them are, they go as they would otherwise.
        regions.sort_by_key(|region| last.get(region).is_some_and(|until| now < *until));
        regions
    }

    /// Remembers that a Region was asked in vain.
    pub(super) fn gave_none(&self, region: &Region) {
        let until = Instant::now() + LAST;
        self.last().insert(region.clone(), until);
    }

    /// Forgets what there is against a Region.
    pub(super) fn answered(&self, region: &Region) {
        self.last().remove(region);
    }

    /// No more than there are Regions to ask.
    fn last(&self) -> MutexGuard<'_, HashMap<Region, Instant>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where STS has an endpoint that is validated by FIPS 140, of every partition, those first that are always active.
///
/// "AWS Security Token Service endpoints and quotas", AWS General Reference, and the endpoint tests of `aws-sdk-sts`, which name
/// `sts-fips` for the first four; in the Regions of the US government `sts` itself is one. For all others the SDK's rules build
/// a name, `sts-fips.eu-west-1.amazonaws.com`, that there is not.
const FIPS: [&str; 6] = [
    "us-east-1",
    "us-west-2",
    "us-east-2",
    "us-west-1",
    "us-gov-west-1",
    "us-gov-east-1",
];

fn has_fips(region: &Region) -> bool {
    FIPS.contains(&region.as_str())
}

/// Regions in which STS is always active ("AWS STS Regions and endpoints", IAM User Guide).
fn fallback(partition: Partition) -> impl Iterator<Item = &'static str> {
    let regions: &[&str] = match partition {
        Partition::Aws => &["us-east-1", "us-west-2", "eu-west-1"],
        Partition::China => &["cn-north-1", "cn-northwest-1"],
        Partition::UsGov => &["us-gov-west-1", "us-gov-east-1"],
        Partition::Iso => &["us-iso-east-1", "us-iso-west-1"],
        Partition::IsoB => &["us-isob-east-1"],
        Partition::IsoE => &["eu-isoe-west-1"],
        Partition::IsoF => &["us-isof-south-1", "us-isof-east-1"],
        Partition::EuSovereign => &["eusc-de-east-1"],
    };
    regions.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regions(names: &[&'static str]) -> Vec<Region> {
        names.iter().copied().map(Region::from_static).collect()
    }

    #[test]
    fn home_goes_first_and_nobody_twice() {
        let sts = StsRegions::new(Some(Region::from_static("us-west-2")), None);
        assert_eq!(
            sts.order(Partition::Aws),
            regions(&["us-west-2", "us-east-1", "eu-west-1"])
        );
    }

    #[test]
    fn no_region_of_another_partition_is_asked() {
        let home = Some(Region::from_static("eu-central-1"));
        let own = Some(regions(&["us-gov-east-1", "cn-north-1"]));
        let sts = StsRegions::new(home.clone(), own);
        assert_eq!(sts.order(Partition::China), regions(&["cn-north-1"]));
        assert_eq!(sts.order(Partition::Aws), regions(&["eu-central-1"]));
        let sts = StsRegions::new(home, None);
        assert_eq!(
            sts.order(Partition::UsGov),
            regions(&["us-gov-west-1", "us-gov-east-1"])
        );
    }

    #[test]
    fn under_fips_those_alone_are_asked_that_have_an_endpoint() {
        let of = |home: &'static str, own: Option<&[&'static str]>| {
            let own = own.map(regions);
            let sts = StsRegions::new(Some(Region::from_static(home)), own);
            sts.of_fips(&Endpoints::default())
        };
        let america = regions(&["us-east-1", "us-west-2", "us-east-2", "us-west-1"]);
        assert_eq!(of("us-east-1", None).order(Partition::Aws), america);
        assert_eq!(of("eu-west-1", None).order(Partition::Aws), america);
        let gov = of("us-gov-east-1", None).order(Partition::UsGov);
        assert_eq!(gov, regions(&["us-gov-east-1", "us-gov-west-1"]));
        // What is named is meant.
        let named = of("eu-west-1", Some(&["eu-central-1"]));
        let named = named.order(Partition::Aws);
        assert_eq!(named, regions(&["eu-central-1"]));
        let none = of("cn-north-1", None);
        assert_eq!(none.order(Partition::China), []);
        assert!(none.missing().contains("FIPS 140"));
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_no_session_goes_last_for_a_while() {
        let names = ["us-east-1", "us-west-2", "eu-west-1"];
        let sts = StsRegions::new(None, Some(regions(&names)));
        let [east, west, ireland] = names.map(Region::from_static);
        let order = || sts.order(Partition::Aws);
        sts.answered(&east);
        assert_eq!(order(), regions(&names));
        sts.gave_none(&east);
        assert_eq!(order(), regions(&["us-west-2", "eu-west-1", "us-east-1"]));
        sts.gave_none(&west);
        assert_eq!(order(), regions(&["eu-west-1", "us-east-1", "us-west-2"]));
        // Where all are alike the order is the old one, until one of them answers.
        sts.gave_none(&ireland);
        assert_eq!(order(), regions(&names));
        sts.answered(&west);
        assert_eq!(order(), regions(&["us-west-2", "us-east-1", "eu-west-1"]));
        tokio::time::advance(LAST).await;
        assert_eq!(order(), regions(&names));
    }

    #[test]
    fn every_fallback_is_of_its_partition() {
        for partition in [
            Partition::Aws,
            Partition::China,
            Partition::UsGov,
            Partition::Iso,
            Partition::IsoB,
            Partition::IsoE,
            Partition::IsoF,
            Partition::EuSovereign,
        ] {
            for name in fallback(partition) {
                assert_eq!(
                    Partition::of(&Region::from_static(name)),
                    partition,
                    "{name}"
                );
            }
        }
    }
}
