use aws_smithy_http_client::pool::PartitionId;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

/// The groups that connections to a host belong to, by generation: a call uses those of its group and no others.
///
/// They are partitions of the one pool, which share the cap of a host: a connection that nobody uses any more is closed for one
/// that somebody needs. A group is used again only when all connections that it once had have idled away.
#[derive(Clone, Debug)]
pub(super) struct Groups {
    turn_interval: Duration,
    // A bit for each that a host has ever turned to.
    open: Arc<AtomicU32>,
}

/// How many there are.
const COUNT: u32 = 8;

/// No turn comes sooner after another.
const SOONEST: Duration = Duration::from_secs(1);

/// Where connections never idle away, as long as the pool of the SDK lets them idle by default.
const LONGEST_IDLE: Duration = Duration::from_secs(90);

impl Groups {
    pub(super) fn new(idle_timeout: Option<Duration>) -> Self {
        let idle_timeout = idle_timeout.unwrap_or(LONGEST_IDLE);
        Self {
            turn_interval: (idle_timeout / (COUNT - 1)).max(SOONEST),
            open: Arc::new(AtomicU32::new(1)),
        }
    }

    /// How soon the generation of a host's connections may rise again.
    pub(super) const fn turn_interval(&self) -> Duration {
        self.turn_interval
    }

    /// The group of a generation.
    pub(super) const fn of(generation: u32) -> u32 {
        generation % COUNT
    }

    /// Makes the group of a generation one to be ready for.
    pub(super) fn open(&self, generation: u32) {
        self.open.fetch_or(1 << Self::of(generation), Relaxed);
    }

    /// Those but the first that a host may use.
    pub(super) fn others(&self) -> impl Iterator<Item = u32> + use<> {
        let open = self.open.load(Relaxed);
        (1..COUNT).filter(move |group| open & (1 << group) != 0)
    }

    /// Whether there are such.
    pub(super) fn has_others(&self) -> bool {
        self.open.load(Relaxed) != 1
    }

    pub(super) fn partitions(&self) -> impl Iterator<Item = PartitionId> + use<> {
        (0..COUNT).map(|group| PartitionId::from_index(group as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_comes_back_when_its_connections_have_idled_away() {
        for idle_timeout in [1, 20, 90, 600].map(Duration::from_secs) {
            let groups = Groups::new(Some(idle_timeout));
            let away = groups.turn_interval() * (COUNT - 1);
            assert!(
                away + Duration::from_micros(1) >= idle_timeout,
                "{idle_timeout:?}"
            );
            assert!(groups.turn_interval() >= SOONEST);
            assert_eq!(Groups::of(COUNT), Groups::of(0));
        }
    }

    #[test]
    fn only_what_a_host_turned_to_is_made_ready() {
        let groups = Groups::new(None);
        assert!(!groups.has_others());
        groups.open(8);
        assert!(!groups.has_others(), "the first again");
        groups.open(3);
        groups.open(9);
        assert_eq!(groups.others().collect::<Vec<_>>(), [1, 3]);
    }
}
