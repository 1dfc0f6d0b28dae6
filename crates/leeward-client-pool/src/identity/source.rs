use std::fmt;

/// Where a profile has the credentials of, by which its role is assumed, without another profile: its `credential_source`.
///
/// "Assume role provider settings", AWS SDKs and Tools Reference Guide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    Environment,
    InstanceMetadata,
    Container,
}

impl Source {
    const NAMES: [(Self, &'static str); 3] = [
        (Self::Environment, "Environment"),
        (Self::InstanceMetadata, "Ec2InstanceMetadata"),
        (Self::Container, "EcsContainer"),
    ];

    /// In upper or lower case, as the SDK has it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let mut all = Self::NAMES.into_iter();
        let found = all.find(|(_, known)| known.eq_ignore_ascii_case(name));
        found.map(|(source, _)| source)
    }

    pub(crate) fn names() -> String {
        Self::NAMES.map(|(_, name)| name).join(", ")
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(source, _)| source == self);
        f.write_str(name.map_or("", |(_, name)| name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_known_by_its_name() {
        for (source, name) in Source::NAMES {
            assert_eq!(Source::named(&name.to_lowercase()), Some(source));
            assert_eq!(source.to_string(), name);
        }
        assert_eq!(Source::named("Environment "), None);
    }
}
