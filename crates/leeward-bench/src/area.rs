use crate::{
    BoxError, Case, Plan, Tally, envelope, facades, limits, pool, resilience, router, secrets,
    taxonomy,
};
use clap::ValueEnum;
use std::fmt;

/// A part of Leeward that is measured by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Area {
    /// Encryption and decryption of messages.
    Envelope,
    /// Calls through a facade, and what it carries.
    Facades,
    /// Clients, and calls with them over loopback.
    Pool,
    /// The tower layers.
    Resilience,
    /// A healthy call through the Region router.
    Router,
    /// Secrets from memory, and what becomes of them.
    Secrets,
    /// Reading the facts off an error.
    Taxonomy,
}

impl Area {
    /// Every area, in the order of the table.
    pub const ALL: [Self; 7] = [
        Self::Resilience,
        Self::Router,
        Self::Envelope,
        Self::Taxonomy,
        Self::Pool,
        Self::Secrets,
        Self::Facades,
    ];

    /// What is measured here: our subjects and the physical limit.
    ///
    /// # Errors
    ///
    /// What a subject met while it was made.
    pub fn cases(self, plan: &Plan) -> Result<Vec<Case>, BoxError> {
        match self {
            Self::Envelope => envelope::cases(),
            Self::Facades => facades::cases(plan),
            Self::Pool => pool::cases(),
            Self::Resilience => {
                let mut cases = resilience::cases()?;
                cases.extend(limits::cases()?);
                Ok(cases)
            }
            Self::Router => router::cases(),
            Self::Secrets => secrets::cases(),
            Self::Taxonomy => Ok(taxonomy::cases()),
        }
    }

    /// What is counted here, once.
    #[must_use]
    pub fn tallies(self, plan: &Plan) -> Vec<Tally> {
        let (program, crowd) = (plan.program.as_path(), plan.crowd);
        match self {
            Self::Envelope => envelope::tallies(program, crowd),
            Self::Facades => facades::tallies(plan),
            Self::Pool => pool::tallies(program, crowd),
            Self::Router => router::tallies(program),
            Self::Secrets => secrets::tallies(crowd),
            _ => Vec::new(),
        }
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Envelope => "envelope",
            Self::Facades => "facades",
            Self::Pool => "pool",
            Self::Resilience => "resilience",
            Self::Router => "router",
            Self::Secrets => "secrets",
            Self::Taxonomy => "taxonomy",
        })
    }
}
