//! DynamoDB as the emulator has it, with tables that go by their ARN too: in the Region that the ARN names, as on AWS.

use super::ACCOUNT_ID;
use serde_json::Value;
use std::{future::Future, pin::Pin};
use winterbaume_core::{MockRequest, MockResponse, MockService, auth};
use winterbaume_dynamodb::DynamoDbService;

pub(super) struct DynamoDb {
    emulator: DynamoDbService,
}

impl DynamoDb {
    pub(super) fn new() -> Self {
        Self {
            emulator: DynamoDbService::new(),
        }
    }
}

impl MockService for DynamoDb {
    fn service_name(&self) -> &str {
        self.emulator.service_name()
    }

    fn url_patterns(&self) -> Vec<&str> {
        self.emulator.url_patterns()
    }

    fn handle(
        &self,
        mut request: MockRequest,
    ) -> Pin<Box<dyn Future<Output = MockResponse> + Send + '_>> {
        let region = auth::extract_region_from_uri(&request.uri);
        if let Some(body) = by_name(&request.body, &region) {
            request.body = body.into();
        }
        self.emulator.handle(request)
    }
}

/// The request with the name of its table, if it gives the ARN of one that is in `region`. That of another Region is left as it is,
/// and the emulator finds no table of such a name.
fn by_name(body: &[u8], region: &str) -> Option<Vec<u8>> {
    let mut input: Value = serde_json::from_slice(body).ok()?;
    let table = input.get_mut("TableName")?;
    let own = format!("arn:aws:dynamodb:{region}:{ACCOUNT_ID}:table/");
    let name = table.as_str()?.strip_prefix(&own)?.to_owned();
    *table = Value::String(name);
    serde_json::to_vec(&input).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_a_name_in_its_own_region_only() {
        let body = |table: &str| format!(r#"{{"Key":{{}},"TableName":"{table}"}}"#);
        let arn = format!("arn:aws:dynamodb:us-east-1:{ACCOUNT_ID}:table/orders");
        let named = by_name(body(&arn).as_bytes(), "us-east-1").unwrap();
        assert_eq!(String::from_utf8(named).unwrap(), body("orders"));
        for (table, region) in [
            (arn.as_str(), "us-west-2"),
            ("orders", "us-east-1"),
            ("", "us-east-1"),
        ] {
            assert_eq!(by_name(body(table).as_bytes(), region), None);
        }
        assert_eq!(by_name(b"{", "us-east-1"), None);
    }
}
