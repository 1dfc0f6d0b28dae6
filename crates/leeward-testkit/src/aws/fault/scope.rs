use crate::aws::call::{Call, signing_name};
use leeward_error_taxonomy::Region;

/// Which calls a fault strikes.
///
/// ```
/// use leeward_error_taxonomy::Region;
/// use leeward_testkit::Scope;
///
/// let everything = Scope::any();
/// let an_outage = Scope::region(Region::from_static("us-east-1"));
/// let one_operation = Scope::any().service("kms").operation("Decrypt");
/// # assert_ne!(everything, an_outage);
/// # assert_ne!(everything, one_operation);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    region: Option<Region>,
    service: Option<String>,
    operation: Option<String>,
}

impl Scope {
    /// Every call in every Region.
    #[must_use]
    pub const fn any() -> Self {
        Self {
            region: None,
            service: None,
            operation: None,
        }
    }

    /// Every call in `region`.
    #[must_use]
    pub const fn region(region: Region) -> Self {
        Self {
            region: Some(region),
            service: None,
            operation: None,
        }
    }

    /// Only calls to this service, named as requests are signed (`kms`, `logs`); the SDK crate's name does as well.
    #[must_use]
    pub fn service(mut self, service: &str) -> Self {
        self.service = Some(signing_name(service).to_owned());
        self
    }

    /// Only calls of this operation, named as AWS writes it (`GenerateDataKey`).
    #[must_use]
    pub fn operation(mut self, operation: impl Into<String>) -> Self {
        self.operation = Some(operation.into());
        self
    }

    /// Whether the scope names neither service nor operation, so that a Region's sockets can obey it.
    pub(super) const fn is_whole_region(&self) -> bool {
        self.service.is_none() && self.operation.is_none()
    }

    pub(super) fn contains_region(&self, region: &Region) -> bool {
        self.region.as_ref().is_none_or(|named| named == region)
    }

    pub(super) fn contains(&self, call: &Call) -> bool {
        self.contains_region(&call.region)
            && self
                .service
                .as_ref()
                .is_none_or(|named| *named == call.service)
            && self
                .operation
                .as_ref()
                .is_none_or(|named| *named == call.operation)
    }
}
