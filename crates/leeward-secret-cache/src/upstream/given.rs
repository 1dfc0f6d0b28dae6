use crate::secret::Value;
use aws_sdk_secretsmanager::{
    operation::get_secret_value::GetSecretValueOutput,
    primitives::{Blob, DateTime},
    types::SecretValueEntry,
};

/// A version of a secret as an answer has it, alone or among others; the value is wiped, whatever becomes of the rest.
pub(crate) struct Given {
    pub(super) arn: Option<String>,
    pub(super) name: Option<String>,
    pub(super) version_id: Option<String>,
    pub(super) stages: Option<Vec<String>>,
    pub(super) created: Option<DateTime>,
    pub(super) value: Option<Value>,
}

impl From<GetSecretValueOutput> for Given {
    fn from(output: GetSecretValueOutput) -> Self {
        Self {
            value: value(output.secret_string, output.secret_binary),
            arn: output.arn,
            name: output.name,
            version_id: output.version_id,
            stages: output.version_stages,
            created: output.created_date,
        }
    }
}

impl From<SecretValueEntry> for Given {
    fn from(entry: SecretValueEntry) -> Self {
        Self {
            value: value(entry.secret_string, entry.secret_binary),
            arn: entry.arn,
            name: entry.name,
            version_id: entry.version_id,
            stages: entry.version_stages,
            created: entry.created_date,
        }
    }
}

fn value(text: Option<String>, binary: Option<Blob>) -> Option<Value> {
    let binary = binary.map(|blob| Value::of_bytes(blob.into_inner()));
    text.map(Value::of_text).or(binary)
}
