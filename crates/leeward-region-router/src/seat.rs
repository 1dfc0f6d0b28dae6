use std::{ops::Deref, sync::Arc};

use leeward_resilience::{Clock, lane};

use crate::roster::Roster;

/// How the clones of a router hold on to what it knows.
pub(crate) enum Seats<S, C: Clock> {
    /// By a seat for each lane.
    ByLane(Arc<[Arc<Seat<S, C>>]>),
    /// As one of thousands of routers, which are to be small.
    Alone(Arc<Roster<S, C>>),
}

/// Where the calls of the threads of a lane hold on to a router: each counts a reference, and a count that all threads shared would be
/// what they meet at.
#[repr(align(128))]
pub(crate) struct Seat<S, C: Clock> {
    roster: Arc<Roster<S, C>>,
}

/// How a call holds on to its router.
pub(crate) enum Held<S, C: Clock> {
    Seated(Arc<Seat<S, C>>),
    Alone(Arc<Roster<S, C>>),
}

impl<S, C: Clock> Seats<S, C> {
    pub(crate) fn around(roster: Arc<Roster<S, C>>) -> Self {
        if roster.ground.shares_lanes {
            return Self::Alone(roster);
        }
        let seat = |_| {
            let roster = Arc::clone(&roster);
            Arc::new(Seat { roster })
        };
        Self::ByLane((0..lane::count()).map(seat).collect())
    }

    pub(crate) fn roster(&self) -> &Arc<Roster<S, C>> {
        match self {
            Self::ByLane(seats) => &seats[0].roster,
            Self::Alone(roster) => roster,
        }
    }

    /// For a call of the present thread.
    #[inline]
    pub(crate) fn hold(&self) -> Held<S, C> {
        match self {
            Self::ByLane(seats) => Held::Seated(Arc::clone(&seats[lane::of_thread(seats.len())])),
            Self::Alone(roster) => Held::Alone(Arc::clone(roster)),
        }
    }
}

impl<S, C: Clock> Clone for Seats<S, C> {
    fn clone(&self) -> Self {
        match self {
            Self::ByLane(seats) => Self::ByLane(Arc::clone(seats)),
            Self::Alone(roster) => Self::Alone(Arc::clone(roster)),
        }
    }
}

impl<S, C: Clock> Deref for Held<S, C> {
    type Target = Roster<S, C>;

    #[inline]
    fn deref(&self) -> &Roster<S, C> {
        match self {
            Self::Seated(seat) => &seat.roster,
            Self::Alone(roster) => roster,
        }
    }
}

impl<S, C: Clock> From<Arc<Roster<S, C>>> for Held<S, C> {
    fn from(roster: Arc<Roster<S, C>>) -> Self {
        Self::Alone(roster)
    }
}

impl<S, C: Clock> Clone for Held<S, C> {
    fn clone(&self) -> Self {
        match self {
            Self::Seated(seat) => Self::Seated(Arc::clone(seat)),
            Self::Alone(roster) => Self::Alone(Arc::clone(roster)),
        }
    }
}
