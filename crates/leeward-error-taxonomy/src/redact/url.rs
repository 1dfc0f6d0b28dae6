//! The user and password of a URL, which a proxy's may have.

use super::{Hit, looked, value};

/// The run of a text up to the next blank, in which the URLs are looked for.
pub(super) struct Urls {
    end: usize,
    /// Where the last `@` of the run stands.
    sign: Option<usize>,
}

impl Urls {
    pub(super) const fn new() -> Self {
        Self { end: 0, sign: None }
    }

    /// The user and password after the `://` at `at`.
    pub(super) fn password(&mut self, bytes: &[u8], at: usize) -> Option<Hit> {
        let start = at + 3;
        bytes[at..].strip_prefix(b"://")?;
        if start >= self.end {
            self.read(bytes, start);
        }
        // The last one, since a password may hold any of `@`, `/` and `?` where nobody has encoded it.
        let sign = self.sign.filter(|&sign| sign > start)?;
        let rest = &bytes[start..sign];
        let path = rest.iter().position(|&byte| byte == b'/');
        looked(path.unwrap_or(rest.len()));
        let has_user = path.is_none_or(|path| rest[..path].contains(&b':'));
        has_user.then_some(Hit::hidden(start, sign))
    }

    fn read(&mut self, bytes: &[u8], start: usize) {
        let ends = |at: &usize| match bytes[*at] {
            b' ' | b'<' | b'>' => true,
            b'"' | b'\'' => value::closes_a_text(bytes, *at),
            _ => false,
        };
        self.end = (start..bytes.len()).find(ends).unwrap_or(bytes.len());
        looked(self.end - start);
        let run = &bytes[start..self.end];
        let sign = run.iter().rposition(|&byte| byte == b'@');
        self.sign = sign.map(|sign| start + sign);
    }
}
