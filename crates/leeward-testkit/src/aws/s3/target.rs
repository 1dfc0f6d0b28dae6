use percent_encoding::percent_decode_str;
use winterbaume_core::{MockRequest, auth};

/// What a request is about. The front writes every bucket into the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) region: String,
    pub(super) bucket: String,
    pub(super) key: String,
    query: Vec<(String, String)>,
}

impl Target {
    pub(super) fn of(request: &MockRequest) -> Self {
        let rest = request.uri.split_once("://").map_or("", |(_, rest)| rest);
        let (_, path) = rest.split_once('/').unwrap_or_default();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        Self {
            region: auth::extract_region_from_uri(&request.uri),
            bucket: decoded(bucket),
            key: decoded(key),
            query: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
        }
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let mut query = self.query.iter();
        query
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn upload_id(&self) -> &str {
        self.parameter("uploadId").unwrap_or_default()
    }
}

pub(super) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_bucket_key_and_more() {
        let target = |path: &str| {
            Target::of(&MockRequest {
                method: "GET".to_owned(),
                uri: format!("https://s3.eu-west-1.amazonaws.com{path}"),
                headers: http::HeaderMap::new(),
                body: bytes::Bytes::new(),
            })
        };
        let part = target("/orders/a%20b//%C3%BC?partNumber=2&uploadId=u%2B1");
        assert_eq!((&*part.region, &*part.bucket), ("eu-west-1", "orders"));
        assert_eq!((&*part.key, part.upload_id()), ("a b//ü", "u+1"));
        assert_eq!(part.parameter("partNumber"), Some("2"));
        let all = target("/");
        assert_eq!((&*all.bucket, &*all.key), ("", ""));
        assert_eq!(target("/orders?location").parameter("location"), Some(""));
    }
}
