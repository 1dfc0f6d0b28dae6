use leeward_error_taxonomy::Region;
use leeward_region_router::RouterStackError;

/// Says why a stack cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretsStackError {
    /// The Regions or the times are not what a stack takes.
    #[error(transparent)]
    Stack(#[from] RouterStackError),
    /// The Region that is said to hold the primary secrets is never asked.
    #[error(
        "{primary} is none of the stack's Regions: name it among them, or one of them as the primary"
    )]
    #[non_exhaustive]
    UnknownPrimary {
        /// Which.
        primary: Region,
    },
}
