use leeward_error_taxonomy::Region;
use std::sync::Arc;

/// How many characters of a name are kept: longer than any ARN of a key.
const SHOWN: usize = 256;

/// The text without what could forge a line of a log, and not endless.
pub(super) fn shown(text: &str) -> String {
    let bounded = text.chars().take(SHOWN);
    bounded.flat_map(char::escape_debug).collect()
}

/// Which wrapping key gave a data key, where, and by which request.
///
/// A [`Keyring`](crate::Keyring) says it with the materials that it fills in, for those who audit and for caches, which let go of
/// what that key gave when it is [withdrawn](crate::KeyringCause); the message does not depend on it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyUse {
    key: Arc<str>,
    regions: Arc<[Region]>,
    request_id: Option<Arc<str>>,
}

impl KeyUse {
    /// Names the key: for KMS by the ARN that it answered with. No more than 256 characters are kept.
    pub fn new(key: impl AsRef<str>) -> Self {
        Self {
            key: shown(key.as_ref()).into(),
            regions: Arc::default(),
            request_id: None,
        }
    }

    /// Says in which Region it was used.
    #[must_use]
    pub fn with_region(self, region: Region) -> Self {
        self.with_regions([region])
    }

    /// Says in which Regions it was tried, in order.
    #[must_use]
    pub fn with_regions(self, regions: impl IntoIterator<Item = Region>) -> Self {
        Self {
            regions: regions.into_iter().collect(),
            ..self
        }
    }

    /// Says under which id the key store knows the request.
    #[must_use]
    pub fn with_request_id(self, id: impl AsRef<str>) -> Self {
        Self {
            request_id: Some(shown(id.as_ref()).into()),
            ..self
        }
    }

    /// The key: for KMS its ARN, for a raw keyring namespace and name.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The Region in which it was used, if it is of one; after a failure, the last in which it was tried.
    #[must_use]
    pub fn region(&self) -> Option<&Region> {
        self.regions.last()
    }

    /// The Regions in which it was tried, in order, of a failure; else the one in which it was used.
    #[must_use]
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// The id of the request, if there was one.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_neither_forges_a_log_line_nor_floods_it() {
        let used = KeyUse::new(format!("arn\n{}", "x".repeat(70_000)));
        assert!(used.key().starts_with("arn\\nxxx"), "{}", used.key());
        assert!(used.key().len() < 300);
    }
}
