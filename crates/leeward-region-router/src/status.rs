use leeward_error_taxonomy::Region;
use leeward_resilience::CircuitState;

/// How one Region of a router stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegionStatus {
    /// Which.
    pub region: Region,
    /// Whether calls are let through to it. A circuit whose rest is over stays open until a call asks to pass.
    pub circuit: CircuitState,
}
