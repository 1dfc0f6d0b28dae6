use crate::identity::Partition;
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
/// Region", IAM User Guide). One that answers in place of the first is asked first for a while.
#[derive(Debug)]
pub(super) struct StsRegions {
    home: Option<Region>,
    /// Those to ask after the home Region, in place of [`fallback`].
    own: Option<Vec<Region>>,
    favourites: Mutex<HashMap<Partition, (Region, Instant)>>,
}

/// How long a Region goes first that answered when another did not, before that one has its turn again.
const FAVOURED: Duration = Duration::from_secs(10 * 60);

impl StsRegions {
    pub(super) fn new(home: Option<Region>, own: Option<Vec<Region>>) -> Self {
        Self {
            home,
            own,
            favourites: Mutex::default(),
        }
    }

    /// The Regions for a role of `partition`, each once, the one to begin with first.
    pub(super) fn order(&self, partition: Partition) -> Vec<Region> {
        let favourite = self.favourites().get(&partition).cloned();
        let favourite = favourite
            .filter(|(_, until)| Instant::now() < *until)
            .map(|(region, _)| region);
        let others = match &self.own {
            Some(own) => own.clone(),
            None => fallback(partition).map(Region::from_static).collect(),
        };
        order(favourite, self.home.clone(), others, partition)
    }

    /// Remembers who answered; `others` is whether another had been asked before in vain.
    pub(super) fn answered(&self, partition: Partition, region: &Region, others: bool) {
        if others {
            let until = Instant::now() + FAVOURED;
            self.favourites().insert(partition, (region.clone(), until));
        }
    }

    fn favourites(&self) -> MutexGuard<'_, HashMap<Partition, (Region, Instant)>> {
        self.favourites
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn order(
    favourite: Option<Region>,
    home: Option<Region>,
    others: Vec<Region>,
    partition: Partition,
) -> Vec<Region> {
    let mut regions = Vec::new();
    for region in favourite.into_iter().chain(home).chain(others) {
        if Partition::of(&region) == partition && !regions.contains(&region) {
            regions.push(region);
        }
    }
    regions
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

    #[tokio::test(start_paused = true)]
    async fn who_answered_for_another_goes_first_for_a_while() {
        let sts = StsRegions::new(None, Some(regions(&["us-east-1", "us-west-2"])));
        let west = Region::from_static("us-west-2");
        sts.answered(Partition::Aws, &Region::from_static("us-east-1"), false);
        assert_eq!(sts.order(Partition::Aws)[0].as_str(), "us-east-1");
        sts.answered(Partition::Aws, &west, true);
        sts.answered(Partition::Aws, &west, false);
        assert_eq!(
            sts.order(Partition::Aws),
            regions(&["us-west-2", "us-east-1"])
        );
        tokio::time::advance(FAVOURED).await;
        assert_eq!(sts.order(Partition::Aws)[0].as_str(), "us-east-1");
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
