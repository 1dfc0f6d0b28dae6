use aws_smithy_http_client::pool::OriginKey;
use hashbrown::Equivalent;
use http::{Uri, uri::Scheme};
use std::{
    fmt,
    hash::{Hash, Hasher},
};

/// A host as connections know it: scheme, name, port. Borrowed, so that a call that finds it allocates nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct HostRef<'a> {
    is_tls: bool,
    name: &'a str,
    port: u16,
}

/// A host that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Host {
    is_tls: bool,
    // In lower case.
    name: Box<str>,
    port: u16,
}

impl<'a> HostRef<'a> {
    /// `None` for what is no URL of a server; the connections will say so.
    pub(super) fn of(uri: &'a Uri) -> Option<Self> {
        Self::new(uri.scheme()?, uri.host()?, uri.port_u16())
    }

    pub(super) fn of_key(key: &'a OriginKey) -> Option<Self> {
        Self::new(key.scheme(), key.host(), key.port())
    }

    fn new(scheme: &Scheme, name: &'a str, port: Option<u16>) -> Option<Self> {
        let is_tls = *scheme == Scheme::HTTPS;
        (is_tls || *scheme == Scheme::HTTP).then_some(Self {
            is_tls,
            name,
            port: port.unwrap_or(if is_tls { 443 } else { 80 }),
        })
    }

    pub(super) fn to_host(self) -> Host {
        Host {
            is_tls: self.is_tls,
            name: self.name.to_ascii_lowercase().into(),
            port: self.port,
        }
    }
}

impl Host {
    const fn by_ref(&self) -> HostRef<'_> {
        HostRef {
            is_tls: self.is_tls,
            name: &self.name,
            port: self.port,
        }
    }

    /// As the pool of connections names it.
    pub(super) fn key(&self) -> Option<OriginKey> {
        let scheme = if self.is_tls {
            Scheme::HTTPS
        } else {
            Scheme::HTTP
        };
        OriginKey::from_parts(scheme, &*self.name, Some(self.port)).ok()
    }
}

impl Hash for HostRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // A name has 253 characters at most (RFC 1035, section 2.3.4); the rest of a longer one is left to the comparison.
        let mut name = [0; 253];
        let length = self.name.len().min(name.len());
        let name = &mut name[..length];
        name.copy_from_slice(&self.name.as_bytes()[..length]);
        name.make_ascii_lowercase();
        state.write(name);
        state.write_u16(self.port);
        state.write_u8(self.is_tls.into());
    }
}

impl Hash for Host {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.by_ref().hash(state);
    }
}

impl Equivalent<Host> for HostRef<'_> {
    fn equivalent(&self, kept: &Host) -> bool {
        self.is_tls == kept.is_tls
            && self.port == kept.port
            && self.name.eq_ignore_ascii_case(&kept.name)
    }
}

/// As in `https://kms.us-east-1.amazonaws.com`, with the port where it is not the scheme's own.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, own) = if self.is_tls {
            ("https", 443)
        } else {
            ("http", 80)
        };
        write!(f, "{scheme}://{}", self.name)?;
        if self.port == own {
            return Ok(());
        }
        write!(f, ":{}", self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::{BuildHasher, RandomState};

    #[test]
    fn the_same_host_is_one_however_it_is_written() {
        let hasher = RandomState::new();
        let kms: Uri = "https://kms.us-east-1.amazonaws.com/".parse().unwrap();
        let kept = HostRef::of(&kms).unwrap().to_host();
        for (text, is_same) in [
            ("https://kms.us-east-1.amazonaws.com:443/x?y", true),
            ("HTTPS://KMS.us-east-1.amazonaws.com", true),
            ("https://eve:pass@kms.us-east-1.amazonaws.com/", true),
            ("http://kms.us-east-1.amazonaws.com/", false),
            ("https://kms.us-east-1.amazonaws.com:8443/", false),
            ("https://kms.us-east-2.amazonaws.com/", false),
        ] {
            let uri: Uri = text.parse().unwrap();
            let host = HostRef::of(&uri).unwrap();
            assert_eq!(host.equivalent(&kept), is_same, "{text}");
            assert_eq!(
                hasher.hash_one(host) == hasher.hash_one(&kept),
                is_same,
                "{text}"
            );
        }
        assert!(HostRef::of(&Uri::from_static("/path")).is_none());
    }

    #[test]
    fn a_host_is_shown_as_in_a_url() {
        for (text, shown) in [
            ("https://S3.amazonaws.com:443/b", "https://s3.amazonaws.com"),
            ("http://127.0.0.1:4566", "http://127.0.0.1:4566"),
            ("https://[::1]:8443/", "https://[::1]:8443"),
        ] {
            let uri: Uri = text.parse().unwrap();
            let host = HostRef::of(&uri).unwrap().to_host();
            assert_eq!(host.to_string(), shown);
            let key = host.key().unwrap();
            assert!(HostRef::of_key(&key).unwrap().equivalent(&host), "{text}");
        }
    }
}
