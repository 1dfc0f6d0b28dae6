use std::fmt;

/// The query of a URL without its values: in that of a presigned URL they are as good as a password.
#[derive(Clone, Copy, Debug)]
pub(super) struct Query<'a>(pub(super) Option<&'a str>);

impl fmt::Display for Query<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs = self.0.into_iter().flat_map(|query| query.split('&'));
        for (at, pair) in pairs.filter(|pair| !pair.is_empty()).enumerate() {
            f.write_str(if at == 0 { "?" } else { "&" })?;
            match pair.split_once('=') {
                Some((name, _)) => write!(f, "{name}=*")?,
                // A name, or a value that somebody forgot to name: only what is short is taken for a name.
                None if pair.len() <= 32 => f.write_str(pair)?,
                None => f.write_str("*")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_and_values_are_not() {
        for (query, shown) in [
            (None, ""),
            (Some(""), ""),
            (Some("acl"), "?acl"),
            (Some("list-type=2&prefix=a%2Fb"), "?list-type=*&prefix=*"),
            (
                Some("X-Amz-Signature=abc=&&uploads"),
                "?X-Amz-Signature=*&uploads",
            ),
            (Some("0123456789abcdef0123456789abcdef0"), "?*"),
        ] {
            assert_eq!(Query(query).to_string(), shown);
        }
    }
}
