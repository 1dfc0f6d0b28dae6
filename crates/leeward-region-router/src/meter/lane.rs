use leeward_resilience::{hedge::Histogram, lane};

/// How long the calls took that succeeded.
#[derive(Debug)]
pub(super) enum Latencies {
    ByLane(Box<[Lane]>),
    /// Of the threads of one router of thousands, which are to be small.
    Alone(Box<Histogram>),
}

/// Of the calls that the threads of a lane made, in cache lines of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Lane(Histogram);

impl Latencies {
    pub(super) fn new(shares_lane: bool) -> Self {
        if shares_lane {
            Self::Alone(Box::default())
        } else {
            Self::ByLane((0..lane::count()).map(|_| Lane::default()).collect())
        }
    }

    /// Where the present thread records what it sees.
    #[inline]
    pub(super) fn of_thread(&self) -> &Histogram {
        match self {
            Self::ByLane(lanes) => &lanes[lane::of_thread(lanes.len())].0,
            Self::Alone(all) => all,
        }
    }

    pub(super) fn of_all(&self) -> impl Iterator<Item = &Histogram> {
        let (lanes, alone) = match self {
            Self::ByLane(lanes) => (&**lanes, None),
            Self::Alone(all) => (&[] as &[Lane], Some(&**all)),
        };
        lanes.iter().map(|lane| &lane.0).chain(alone)
    }
}
