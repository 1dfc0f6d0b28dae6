use std::sync::Arc;

/// Sets data keys apart that must not serve the same messages: those of a tenant, of a part of the application, or both.
///
/// Messages of two partitions never share a data key, whatever their context. A partition is a matter of this process: it
/// stands in no message and need not be known to read one. Of the data keys of one tenant no more are kept than
/// [`CachePolicy::with_tenant_capacity`](crate::CachePolicy::with_tenant_capacity) allows, so that none pushes out the others'.
///
/// Specification: caching-cmm, "Partition ID".
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition {
    tenant: Option<Arc<str>>,
    name: Option<Arc<str>>,
}

impl Partition {
    /// The partition under `name`, of no tenant.
    pub fn new(name: impl AsRef<str>) -> Self {
        Self {
            tenant: None,
            name: Some(name.as_ref().into()),
        }
    }

    /// The partition of a tenant.
    pub fn of_tenant(tenant: impl AsRef<str>) -> Self {
        Self {
            tenant: Some(tenant.as_ref().into()),
            name: None,
        }
    }

    /// The part of this partition that belongs to a tenant.
    #[must_use]
    pub fn with_tenant(self, tenant: impl AsRef<str>) -> Self {
        Self {
            tenant: Some(tenant.as_ref().into()),
            ..self
        }
    }

    /// Whose it is, if it is a tenant's.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    pub(crate) const fn tenant_shared(&self) -> Option<&Arc<str>> {
        self.tenant.as_ref()
    }

    /// Its name, if it has one besides the tenant's.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}
