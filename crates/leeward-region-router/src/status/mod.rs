//! How a router stands: for people, for whoever scrapes it, and for whoever waits for a change.
//!
//! Nothing here is on the way of a call. Looking takes the lock of each circuit for a moment.

mod health;
mod json;
mod pulse;
#[cfg(feature = "serde")]
mod record;
mod region;
mod router;
mod stream;
mod view;
mod watch;

pub use health::Health;
pub(crate) use pulse::Pulse;
pub use region::{CheckStatus, RegionError, RegionState, RegionStatus};
pub use router::RouterStatus;
pub use stream::RouterViews;
pub use view::{RegionView, RouterView};
pub use watch::RouterWatch;
