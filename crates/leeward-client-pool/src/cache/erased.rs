use crate::{Role, credentials::Roles};
use leeward_error_taxonomy::Region;
use std::{any::Any, fmt, sync::Arc};

/// A client whose type its key knows, the Region that it calls, and the roles that it calls by way of.
#[derive(Clone)]
pub(crate) struct Erased(Arc<Placed<dyn Any + Send + Sync>>);

struct Placed<C: ?Sized> {
    region: Region,
    roles: Roles,
    client: C,
}

impl Erased {
    pub(crate) fn new<C: Send + Sync + 'static>(client: C, region: Region, roles: Roles) -> Self {
        Self(Arc::new(Placed {
            region,
            roles,
            client,
        }))
    }

    pub(crate) fn get<C: Clone + 'static>(&self) -> Option<C> {
        self.0.client.downcast_ref().cloned()
    }

    pub(crate) fn region(&self) -> &Region {
        &self.0.region
    }

    /// Those of profiles included, as the files were when it was made.
    pub(super) fn roles(&self) -> &[Arc<Role>] {
        &self.0.roles
    }
}

impl fmt::Debug for Erased {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Erased")
    }
}
