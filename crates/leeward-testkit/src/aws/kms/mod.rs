//! KMS as the emulator has it, with multi-Region keys that really are in several Regions, and with ARNs that a Region
//! refuses when they name another one.

mod family;

use bytes::Bytes;
use family::{Families, Refused};
use http::{HeaderMap, HeaderValue};
use leeward_error_taxonomy::Region;
use serde_json::{Value, json};
use std::{
    future::Future,
    pin::Pin,
    sync::{Mutex, MutexGuard},
};
use winterbaume_core::{
    MockRequest, MockResponse, MockService, StatefulService, auth, default_account_id,
    json_error_response,
};
use winterbaume_kms::{KmsService, KmsStateView};

pub(super) struct Kms {
    emulator: KmsService,
    regions: Vec<Region>,
    families: Mutex<Families>,
}

/// What AWS says when it refuses: an error code, and a message.
type Refusal = (&'static str, String);

impl MockService for Kms {
    fn service_name(&self) -> &str {
        self.emulator.service_name()
    }

    fn url_patterns(&self) -> Vec<&str> {
        self.emulator.url_patterns()
    }

    fn handle(
        &self,
        request: MockRequest,
    ) -> Pin<Box<dyn Future<Output = MockResponse> + Send + '_>> {
        Box::pin(async move {
            let (Ok(home), Ok(input)) = (
                Region::new(auth::extract_region_from_uri(&request.uri)),
                serde_json::from_slice(&request.body),
            ) else {
                // The emulator says what is wrong with it.
                return self.emulator.handle(request).await;
            };
            self.answer(&home, &input, request)
                .await
                .unwrap_or_else(|(code, message)| json_error_response(400, code, &message))
        })
    }
}

impl Kms {
    pub(super) fn new(regions: Vec<Region>) -> Self {
        Self {
            emulator: KmsService::new(),
            regions,
            families: Mutex::default(),
        }
    }

    async fn answer(
        &self,
        home: &Region,
        input: &Value,
        request: MockRequest,
    ) -> Result<MockResponse, Refusal> {
        refuse_foreign_arns(home, input)?;
        let target = request.headers.get("x-amz-target");
        let target = target.and_then(|target| target.to_str().ok());
        match target.and_then(|target| target.rsplit('.').next()) {
            Some("ReplicateKey") => self.replicate(home, input).await,
            Some("UpdatePrimaryRegion") => self.move_primary(home, input),
            Some("CreateKey" | "DescribeKey") => {
                let response = self.emulator.handle(request).await;
                Ok(self.with_configuration(home, response))
            }
            Some("Decrypt") => {
                self.refuse_unknown_key(home, input).await?;
                Ok(self.emulator.handle(request).await)
            }
            _ => Ok(self.emulator.handle(request).await),
        }
    }

    /// The emulator takes a key that is not there for a wrong key, and the ARN of another account's for one of its own; AWS
    /// says that it is not there (API reference, "Decrypt", "Errors").
    async fn refuse_unknown_key(&self, home: &Region, input: &Value) -> Result<(), Refusal> {
        let Some(key) = text(input, "KeyId").filter(|key| !key.is_empty()) else {
            return Ok(());
        };
        let described = self
            .ask(home, "DescribeKey", &json!({ "KeyId": key }))
            .await;
        let arn = text(&described["KeyMetadata"], "Arn");
        let is_it = |arn: &str| !key.contains(":key/") || key == arn;
        if arn.is_some_and(is_it) {
            return Ok(());
        }
        Err(("NotFoundException", format!("Key '{key}' does not exist")))
    }

    async fn replicate(&self, home: &Region, input: &Value) -> Result<MockResponse, Refusal> {
        let key_id = key_id(input)?;
        let to = self.known_region(input, "ReplicaRegion")?;
        let account = default_account_id();
        let mut here = self.emulator.snapshot(account, home.as_str()).await;
        let Some(mut key) = here.keys.remove(key_id) else {
            let arn = format!("arn:aws:kms:{home}:{account}:key/{key_id}");
            return Err(("NotFoundException", format!("Key '{arn}' does not exist")));
        };
        if !key.multi_region {
            let message = format!("{} is not a multi-Region primary key.", key.arn);
            return Err(("UnsupportedOperationException", message));
        }
        if key.key_state == "PendingDeletion" {
            let message = format!("{} is pending deletion.", key.arn);
            return Err(("KMSInvalidStateException", message));
        }
        if !key.enabled {
            return Err(("DisabledException", format!("{} is disabled.", key.arn)));
        }

        let claim = self.claim(key_id, home, &to)?;
        key.arn = key.arn.replacen(home.as_str(), to.as_str(), 1);
        key.region = to.as_str().to_owned();
        key.description = text(input, "Description").unwrap_or_default().to_owned();
        key.tags = tags(input);
        let mut there = KmsStateView::default();
        if let Some(policy) = text(input, "Policy") {
            let policy = policy.to_owned();
            there.key_policies.insert(key_id.to_owned(), policy);
        }
        there.keys.insert(key_id.to_owned(), key);
        self.emulator
            .merge(account, to.as_str(), there)
            .await
            .map_err(|error| ("KMSInternalException", error.to_string()))?;
        claim.keep();

        let mut metadata = self
            .ask(&to, "DescribeKey", &json!({ "KeyId": key_id }))
            .await["KeyMetadata"]
            .take();
        // It is made at once, yet AWS always answers so.
        metadata["KeyState"] = "Creating".into();
        let question = json!({ "KeyId": key_id, "PolicyName": "default" });
        let policy = self.ask(&to, "GetKeyPolicy", &question).await["Policy"].take();
        let answer = json!({
            "ReplicaKeyMetadata": metadata,
            "ReplicaPolicy": policy,
            "ReplicaTags": input.get("Tags").cloned().unwrap_or_else(|| json!([])),
        });
        Ok(MockResponse::json(200, answer.to_string()))
    }

    fn move_primary(&self, home: &Region, input: &Value) -> Result<MockResponse, Refusal> {
        let key_id = key_id(input)?;
        let to = self.known_region(input, "PrimaryRegion")?;
        if self.families().promote(key_id, home, &to) {
            return Ok(MockResponse::json(200, ""));
        }
        let message = format!("{key_id} has no primary in {home} with a replica in {to}.");
        Err(("UnsupportedOperationException", message))
    }

    /// Notes the replica, unless the emulator then fails to make it or nobody waits for it any more.
    fn claim<'a>(
        &'a self,
        key_id: &'a str,
        home: &Region,
        to: &'a Region,
    ) -> Result<Claim<'a>, Refusal> {
        match self.families().replicate(key_id, home, to) {
            Ok(()) => Ok(Claim {
                kms: self,
                key_id,
                replica: to,
                kept: false,
            }),
            Err(Refused::AlreadyThere) => Err((
                "AlreadyExistsException",
                format!("{key_id} already exists in {to}."),
            )),
            Err(Refused::NotPrimary { primary }) => Err((
                "UnsupportedOperationException",
                format!("{key_id} in {home} is a replica; its primary key is in {primary}."),
            )),
        }
    }

    fn known_region(&self, input: &Value, field: &str) -> Result<Region, Refusal> {
        let name = text(input, field).unwrap_or_default();
        let known = self.regions.iter().find(|region| region.as_str() == name);
        known.cloned().ok_or_else(|| {
            let known: Vec<_> = self.regions.iter().map(Region::as_str).collect();
            let known = known.join(", ");
            let message = format!("{field} {name:?} is not a Region of this AWS; it has {known}.");
            ("ValidationException", message)
        })
    }

    fn with_configuration(&self, home: &Region, response: MockResponse) -> MockResponse {
        let Ok(mut body) = serde_json::from_slice::<Value>(&response.body) else {
            return response;
        };
        if self.configure(home, &mut body["KeyMetadata"]).is_none() {
            return response;
        }
        MockResponse {
            body: Bytes::from(body.to_string()),
            ..response
        }
    }

    fn configure(&self, home: &Region, metadata: &mut Value) -> Option<()> {
        if metadata.get("MultiRegion")? != &Value::Bool(true) {
            return None;
        }
        let (key_id, arn) = (text(metadata, "KeyId")?, text(metadata, "Arn")?);
        let configuration = self.families().configuration(key_id, arn, home);
        metadata["MultiRegionConfiguration"] = configuration;
        Some(())
    }

    async fn ask(&self, region: &Region, operation: &str, input: &Value) -> Value {
        let mut headers = HeaderMap::new();
        if let Ok(target) = HeaderValue::try_from(format!("TrentService.{operation}")) {
            headers.insert("x-amz-target", target);
        }
        let request = MockRequest {
            method: "POST".to_owned(),
            uri: format!("https://kms.{region}.amazonaws.com/"),
            headers,
            body: Bytes::from(input.to_string()),
        };
        let response = self.emulator.handle(request).await;
        let response = self.with_configuration(region, response);
        serde_json::from_slice(&response.body).unwrap_or_default()
    }

    fn families(&self) -> MutexGuard<'_, Families> {
        self.families.lock().expect("not poisoned")
    }
}

struct Claim<'a> {
    kms: &'a Kms,
    key_id: &'a str,
    replica: &'a Region,
    kept: bool,
}

impl Claim<'_> {
    fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if !self.kept {
            self.kms.families().forget(self.key_id, self.replica);
        }
    }
}

/// The emulator looks only at the end of an ARN; AWS sends nobody's key to another Region.
fn refuse_foreign_arns(home: &Region, input: &Value) -> Result<(), Refusal> {
    for field in ["KeyId", "SourceKeyId", "DestinationKeyId", "TargetKeyId"] {
        let mut parts = text(input, field).unwrap_or_default().split(':');
        if parts.next() == Some("arn")
            && let Some(region) = parts.nth(2)
            && region != home.as_str()
        {
            return Err(("NotFoundException", format!("Invalid arn {region}")));
        }
    }
    Ok(())
}

fn key_id(input: &Value) -> Result<&str, Refusal> {
    let given = text(input, "KeyId").unwrap_or_default();
    let key_id = given.rsplit('/').next().unwrap_or_default();
    if key_id.is_empty() || given.contains("alias/") {
        let message = format!("KeyId {given:?} is neither a key id nor a key ARN.");
        return Err(("ValidationException", message));
    }
    Ok(key_id)
}

fn text<'a>(input: &'a Value, field: &str) -> Option<&'a str> {
    input.get(field).and_then(Value::as_str)
}

fn tags(input: &Value) -> std::collections::HashMap<String, String> {
    let tags = input.get("Tags").and_then(Value::as_array);
    tags.into_iter()
        .flatten()
        .filter_map(|tag| {
            let key = text(tag, "TagKey")?.to_owned();
            Some((key, text(tag, "TagValue")?.to_owned()))
        })
        .collect()
}
