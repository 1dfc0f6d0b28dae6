use std::time::Duration;

use leeward_error_taxonomy::{Attempt, Classify, Failure, Region, Rejected};

/// What the Regions met that a call asked, in the order in which they were asked.
#[derive(Debug)]
pub(super) struct Met(Vec<(usize, What)>);

#[derive(Debug)]
enum What {
    HeldBack { retry_in: Duration },
    Refused(Rejected),
    Failed(Failure),
}

impl Met {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// The circuit of `region` holds calls back; this one for the moment only, if it is to wait for no time.
    pub(super) fn held_back(&mut self, region: usize, retry_in: Duration) {
        self.0.push((region, What::HeldBack { retry_in }));
    }

    /// The request does not go to `region`.
    pub(super) fn refused(&mut self, region: usize, refusal: Rejected) {
        self.0.push((region, What::Refused(refusal)));
    }

    /// The attempt in `region` failed.
    pub(super) fn failed(&mut self, region: usize, failure: Failure) {
        self.0.push((region, What::Failed(failure)));
    }

    /// What `region` met is of no interest any more: it is asked again.
    pub(super) fn forget(&mut self, region: usize) {
        self.0.retain(|(at, _)| *at != region);
    }

    /// The Regions whose circuits held the call back.
    pub(super) fn held_back_ones(&self) -> impl Iterator<Item = usize> {
        self.waits().map(|(at, _)| at)
    }

    /// Those of them that held it back for the moment only.
    pub(super) fn hesitant(&self) -> impl Iterator<Item = usize> {
        let hesitant = self.waits().filter(|(_, retry_in)| retry_in.is_zero());
        hesitant.map(|(at, _)| at)
    }

    /// How the attempt in `region` failed, if one did.
    pub(super) fn failure_in(&self, region: usize) -> Option<&Failure> {
        self.0.iter().find_map(|(at, what)| match what {
            What::Failed(failure) if *at == region => Some(failure),
            _ => None,
        })
    }

    /// All of it, as callers are told.
    pub(super) fn attempts(&self, name: impl Fn(usize) -> Region) -> Vec<Attempt> {
        let attempts = self.0.iter().map(|(at, what)| {
            let failure = match what {
                What::HeldBack { retry_in } => {
                    let retry_in = *retry_in;
                    Failure::from(&Rejected::CircuitOpen { retry_in }.facts())
                }
                What::Refused(refusal) => Failure::from(&refusal.facts()),
                What::Failed(failure) => failure.clone(),
            };
            Attempt::new(name(*at), failure)
        });
        attempts.collect()
    }

    /// The last thing that was met, if that is a refusal by the request.
    pub(super) fn take_refusal(&mut self) -> Option<Rejected> {
        let last = self.0.pop_if(|(_, what)| matches!(what, What::Refused(_)));
        match last? {
            (_, What::Refused(refusal)) => Some(refusal),
            _ => None,
        }
    }

    fn waits(&self) -> impl Iterator<Item = (usize, Duration)> {
        self.0.iter().filter_map(|(at, what)| match what {
            What::HeldBack { retry_in } => Some((*at, *retry_in)),
            _ => None,
        })
    }
}
