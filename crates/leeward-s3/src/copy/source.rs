use crate::{BucketName, ObjectKey};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is in the path of a URL: unreserved characters of RFC 3986, and the slashes between.
const PATH: &AsciiSet = &UNRESERVED.remove(b'/');
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The original of a copy, as S3 wants it to be named.
pub(super) fn written(bucket: &BucketName, key: &ObjectKey) -> String {
    format!("{bucket}/{}", utf8_percent_encode(key.as_str(), PATH))
}

/// Tags as the header for them has them: pairs of a query.
pub(super) fn tagging<'a>(tags: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let encoded = |text| utf8_percent_encode(text, UNRESERVED);
    let pairs = tags.into_iter();
    let pairs = pairs.map(|(key, value)| format!("{}={}", encoded(key), encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_written_as_in_a_url() {
        let source = |key: &str| written(&"orders".parse().unwrap(), &key.parse().unwrap());
        assert_eq!(source("a/b-c.json"), "orders/a/b-c.json");
        assert_eq!(source("a b+ü?"), "orders/a%20b%2B%C3%BC%3F");
        assert_eq!(source("/a//"), "orders//a//");
    }

    #[test]
    fn tags_are_pairs_of_a_query() {
        let tags = [("team", "a&b"), ("of day", "1=2")];
        assert_eq!(tagging(tags), "team=a%26b&of%20day=1%3D2");
        assert_eq!(tagging([]), "");
    }
}
