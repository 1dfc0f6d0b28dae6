use crate::{Tally, facades::transfer::Mover};
use std::path::PathBuf;

/// What all areas are told before they measure.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The program that [`run`](crate::run) runs, for what is counted in a process of its own.
    pub program: PathBuf,
    /// How many tasks or roles there are at once, where many are meant: [`Tally::CROWD`] is what the names say. With fewer of them all
    /// that is long is shorter too.
    pub crowd: usize,
    /// Who moves objects beside us.
    pub movers: &'static [Mover],
}

impl Plan {
    /// Whether it is as the names say.
    pub(crate) const fn is_whole(&self) -> bool {
        self.crowd >= Tally::CROWD
    }
}
