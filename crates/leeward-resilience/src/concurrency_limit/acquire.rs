use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use leeward_error_taxonomy::Rejected;
use pin_project_lite::pin_project;
use tokio::time::Sleep;

use super::{ConcurrencyLimiter, ConcurrencyPermit};
use crate::{
    Clock, TscClock,
    deadline::{self, Claim},
};

pin_project! {
    /// Waits for a permit; made by [`ConcurrencyLimiter::acquire`]. Dropping it leaves the line.
    ///
    /// Ends in [`LimiterFull`](Rejected::LimiterFull) if there is no room to wait, or if the wait gets too long; and in the
    /// refusal of [`deadline::check`] as soon as the caller's time is over, which speaks for the one who asked alone.
    ///
    /// # Panics
    ///
    /// If it has to wait outside a tokio runtime whose time is enabled, at its first poll.
    #[must_use = "nothing is acquired until the future is polled"]
    pub struct Acquire<C: Clock = TscClock> {
        turn: Turn<C>,
        // None of one that is waited for without the layer.
        claim: Option<Claim>,
        // Made when the wait begins.
        #[pin]
        sleep: Option<Sleep>,
    }
}

enum Turn<C: Clock> {
    Come(Option<ConcurrencyPermit<C>>),
    Awaited(Place<C>),
    Full,
}

/// A place in the line.
struct Place<C: Clock> {
    limiter: ConcurrencyLimiter<C>,
    // None once it has become a permit.
    ticket: Option<u64>,
}

impl<C: Clock> Acquire<C> {
    pub(super) const fn acquired(permit: ConcurrencyPermit<C>) -> Self {
        Self::new(Turn::Come(Some(permit)))
    }

    pub(super) const fn queued(limiter: ConcurrencyLimiter<C>, ticket: u64) -> Self {
        Self::new(Turn::Awaited(Place {
            limiter,
            ticket: Some(ticket),
        }))
    }

    pub(super) const fn full() -> Self {
        Self::new(Turn::Full)
    }

    /// Says "not sent" in the name of the deadline above only as this claim allows.
    pub(super) fn under(self, claim: Claim) -> Self {
        Self {
            claim: Some(claim),
            ..self
        }
    }

    const fn new(turn: Turn<C>) -> Self {
        Self {
            turn,
            claim: None,
            sleep: None,
        }
    }
}

impl<C: Clock> Future for Acquire<C> {
    type Output = Result<ConcurrencyPermit<C>, Rejected>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let place = match this.turn {
            Turn::Come(permit) => {
                return Poll::Ready(Ok(permit.take().expect("not polled after its answer")));
            }
            Turn::Full => return Poll::Ready(Err(Rejected::LimiterFull)),
            Turn::Awaited(place) => place,
        };
        // A permit that there is no time to use is somebody else's.
        let checked = match this.claim {
            Some(claim) => claim.check(),
            None => deadline::check(),
        };
        let refused = match checked {
            Err(late) => late,
            Ok(()) => {
                if let Some(permit) = place.poll(cx) {
                    return Poll::Ready(Ok(permit));
                }
                if this.sleep.is_none() {
                    this.sleep.set(Some(place.limiter.max_wait()));
                }
                ready!(this.sleep.as_pin_mut().expect("made above").poll(cx));
                Rejected::LimiterFull
            }
        };
        // Leaves the line, so that it holds nothing while the refusal lies about.
        *this.turn = Turn::Full;
        Poll::Ready(Err(refused))
    }
}

impl<C: Clock> Place<C> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Option<ConcurrencyPermit<C>> {
        let ticket = self.ticket.expect("not polled after its answer");
        let gate = self.limiter.gate();
        gate.poll(ticket, cx.waker()).then(|| {
            self.ticket = None;
            self.limiter.permit()
        })
    }
}

impl<C: Clock> Drop for Place<C> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.limiter.gate().abandon(ticket);
        }
    }
}

impl<C: Clock> fmt::Debug for Acquire<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waits = matches!(self.turn, Turn::Awaited(_));
        f.debug_struct("Acquire")
            .field("waits", &waits)
            .finish_non_exhaustive()
    }
}
