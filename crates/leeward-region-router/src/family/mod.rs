//! A router for each operation, table or tenant, of which one may fail by itself.

mod kept;
mod key;
mod routers;

pub use key::{ByOperation, KeyOf};
pub use routers::RegionRouters;
