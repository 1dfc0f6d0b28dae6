//! A router for each operation, table or tenant, of which one may fail by itself.

mod kept;
mod routers;

pub use routers::RegionRouters;
