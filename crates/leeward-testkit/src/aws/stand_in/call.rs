use super::{Answer, Request};
use serde_json::Value;
use std::collections::HashMap;

/// A call of awsJson, as DynamoDB and CloudWatch Logs have it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct JsonCall {
    /// What stands in `x-amz-target` after the last dot.
    pub operation: String,
    /// The body.
    pub input: Value,
}

impl JsonCall {
    /// Reads the call out of a request.
    ///
    /// # Panics
    ///
    /// If it is none: no `x-amz-target`, or a body that is no JSON.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let target = request.headers().get("x-amz-target");
        let target = target.and_then(|target| target.to_str().ok());
        let operation = target.and_then(|target| target.rsplit('.').next());
        Self {
            operation: operation
                .expect("a call of awsJson has a target")
                .to_owned(),
            input: serde_json::from_slice(request.body()).expect("a call of awsJson is JSON"),
        }
    }
}

/// A call of awsQuery, as IAM and CloudFormation have it: a form.
#[derive(Clone, Debug)]
pub struct QueryCall(HashMap<String, String>);

impl QueryCall {
    /// Reads the call out of a request; a body that is no form has no fields.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let fields = form_urlencoded::parse(request.body());
        Self(fields.into_owned().collect())
    }

    /// The operation.
    #[must_use]
    pub fn action(&self) -> &str {
        self.field("Action")
    }

    /// A field, decoded; empty if it is not said.
    #[must_use]
    pub fn field(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Answers this call: `result` is the XML within.
    #[must_use]
    pub fn answer(&self, result: &str) -> Answer {
        Answer::query_result(self.action(), result)
    }
}
