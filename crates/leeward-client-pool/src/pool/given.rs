//! Endpoints that neither the pool nor a client was given, but the environment or a profile.

use super::endpoints::{choose_none, is_to_choose};
use aws_types::{
    SdkConfig,
    service_config::{LoadServiceConfig, ServiceConfigKey},
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

/// The variable of all services, to which the name of one is added, and the key in a profile.
const VARIABLE: &str = "AWS_ENDPOINT_URL";
const KEY: &str = "endpoint_url";

/// Makes a client, of which an endpoint that is given takes the place of those that would be chosen.
///
/// Which service it is of, and hence which setting is its own, only the client knows: it is made once to hear whether it finds
/// an endpoint, and once more if it does. Where nothing is to be chosen it is made once.
pub(super) fn make<C>(sdk: &SdkConfig, make: impl Fn(SdkConfig) -> C) -> C {
    if !is_to_choose(sdk) {
        return make(sdk.clone());
    }
    if sdk.endpoint_url().is_none() {
        let is_given = Arc::<AtomicBool>::default();
        let listening = Listening {
            sdk: sdk.clone(),
            is_given: is_given.clone(),
        };
        let made = make(sdk.to_builder().service_config(listening).build());
        if !is_given.load(Relaxed) {
            return made;
        }
    }
    make(as_given(sdk))
}

/// The configuration for a service that one is given, without a choice among those of AWS.
pub(crate) fn as_given(sdk: &SdkConfig) -> SdkConfig {
    let mut config = sdk.to_builder();
    choose_none(&mut config);
    config.build()
}

/// Whether the service of this name (`SSO OIDC`) is given one.
pub(crate) fn is_given(sdk: &SdkConfig, service: &str) -> bool {
    let key = ServiceConfigKey::builder().service_id(service);
    let key = key.env(VARIABLE).profile(KEY).build();
    let settings = sdk.service_config().zip(key.ok());
    let own = settings.and_then(|(settings, key)| settings.load_config(key));
    own.is_some() || sdk.endpoint_url().is_some()
}

/// The settings that services have of their own, and whether an endpoint was found among them.
#[derive(Debug)]
struct Listening {
    sdk: SdkConfig,
    is_given: Arc<AtomicBool>,
}

impl LoadServiceConfig for Listening {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let is_endpoint = key.env() == VARIABLE;
        let found = self.sdk.service_config()?.load_config(key)?;
        if is_endpoint {
            self.is_given.store(true, Relaxed);
        }
        Some(found)
    }
}
