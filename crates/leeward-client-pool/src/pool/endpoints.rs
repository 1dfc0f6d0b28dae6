use crate::ClientError;
use aws_types::{SdkConfig, origin::Origin, sdk_config};
use leeward_error_taxonomy::Region;
use std::collections::HashMap;

/// Where requests go that do not go to AWS's own endpoints.
#[derive(Clone, Debug, Default)]
pub(crate) struct Endpoints {
    by_region: HashMap<Region, String>,
    by_service: HashMap<(String, Region), String>,
}

impl Endpoints {
    pub(super) fn set(&mut self, region: Region, url: String) {
        self.by_region.insert(region, url);
    }

    pub(super) fn set_for_service(&mut self, service: &str, region: Region, url: String) {
        let service = service.to_ascii_lowercase();
        self.by_service.insert((service, region), url);
    }

    /// The one of the service in the Region, else that of the Region.
    pub(crate) fn of(&self, service: &str, region: &Region) -> Option<&str> {
        let of_service = self.by_service.iter();
        let mut of_service = of_service
            .filter(|((known, there), _)| known.eq_ignore_ascii_case(service) && there == region)
            .map(|(_, url)| url);
        let url = of_service.next().or_else(|| self.by_region.get(region))?;
        Some(url)
    }

    /// The first that no request can be sent to.
    pub(super) fn check(&self) -> Result<(), ClientError> {
        let all = self.by_region.values().chain(self.by_service.values());
        all.map(String::as_str).try_for_each(check)
    }
}

/// Sends what is configured so to `url`, which is used as it is.
pub(crate) fn aim(config: &mut sdk_config::Builder, url: &str) {
    config.set_endpoint_url(Some(url.to_owned()));
    // What is said here is meant; AWS_ENDPOINT_URL_KMS would win otherwise, and send every Region to one place.
    config.insert_origin("endpoint_url", Origin::shared_config());
    choose_none(config);
}

/// Whether an endpoint of FIPS or of dual-stack is to be chosen among those of AWS.
pub(crate) fn is_to_choose(sdk: &SdkConfig) -> bool {
    [sdk.use_fips(), sdk.use_dual_stack()].contains(&Some(true))
}

/// An endpoint that is given takes the place of those that would be chosen: the SDK refuses each call of a client with both.
pub(super) fn choose_none(config: &mut sdk_config::Builder) {
    config.set_use_fips(None);
    config.set_use_dual_stack(None);
}

/// Refuses what no request can be sent to: a bad URL is otherwise told by the first call, and less clearly.
pub(super) fn check(url: &str) -> Result<(), ClientError> {
    let refuse = |reason: &str| ClientError::Endpoint {
        endpoint: leeward_error_taxonomy::redact(url).into_owned(),
        reason: reason.to_owned(),
    };
    let parsed: http::Uri = url
        .parse()
        .map_err(|error: http::uri::InvalidUri| refuse(&error.to_string()))?;
    match parsed.scheme_str() {
        Some("http" | "https") => {}
        Some(_) => return Err(refuse("its scheme is neither http nor https")),
        None => return Err(refuse("it has no scheme")),
    }
    if parsed.host().is_none_or(str::is_empty) {
        return Err(refuse("it names no host"));
    }
    if parsed
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'))
    {
        return Err(refuse(
            "an endpoint has no user or password: calls are signed",
        ));
    }
    if parsed.query().is_some() {
        return Err(refuse("an endpoint has no query"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EAST: Region = Region::from_static("us-east-1");
    const WEST: Region = Region::from_static("us-west-2");

    #[test]
    fn a_service_goes_before_its_region() {
        let mut endpoints = Endpoints::default();
        endpoints.set(EAST, "http://east".into());
        endpoints.set_for_service("KMS", EAST, "http://kms.east".into());
        assert_eq!(endpoints.of("kms", &EAST), Some("http://kms.east"));
        assert_eq!(endpoints.of("s3", &EAST), Some("http://east"));
        assert_eq!(endpoints.of("kms", &WEST), None);
    }

    #[test]
    fn what_is_no_url_of_a_server_is_refused_with_the_reason() {
        for (url, reason) in [
            ("", "empty"),
            ("localhost", "scheme"),
            ("ftp://localhost", "neither"),
            ("https://", "empty"),
            ("https://kms?x=1", "query"),
            ("https://me:secret@kms", "password"),
            ("https://a b", "invalid"),
        ] {
            let refused = check(url).unwrap_err().to_string();
            assert!(refused.contains(reason), "{url:?}: {refused}");
        }
        check("https://kms.internal:8443/base").unwrap();
    }
}
