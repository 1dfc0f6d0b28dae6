use super::AwsError;
use crate::failure::seconds_since_the_epoch;
use serde::{Serialize, Serializer, ser::SerializeMap};

/// A flat record with a stable name for each field, as the type's own page lists them; what is not known is left out.
impl Serialize for AwsError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut record = serializer.serialize_map(None)?;
        if let Some(operation) = self.operation() {
            record.serialize_entry("service", operation.service())?;
            record.serialize_entry("operation", operation.operation())?;
        }
        record.serialize_entry("stage", &self.stage())?;
        record.serialize_entry("category", &self.category())?;
        record.serialize_entry("verdict", &self.verdict())?;
        known(&mut record, "code", self.code())?;
        known(&mut record, "message", self.message())?;
        known(&mut record, "status", self.status())?;
        known(&mut record, "request_id", self.request_id())?;
        known(
            &mut record,
            "extended_request_id",
            self.extended_request_id(),
        )?;
        let pause = self.retry_after().map(|pause| pause.as_millis());
        known(&mut record, "retry_after_ms", pause)?;
        let date = self.retry_at().map(seconds_since_the_epoch);
        known(&mut record, "retry_at_epoch_s", date)?;
        known(&mut record, "obstacle", self.obstacle())?;
        known(&mut record, "attempts", self.attempts())?;
        known(&mut record, "region", self.region().map(AsRef::as_ref))?;
        known(&mut record, "host", self.host())?;
        record.serialize_entry("advice", &self.advice().to_string())?;
        record.end()
    }
}

fn known<M: SerializeMap>(
    record: &mut M,
    name: &'static str,
    value: Option<impl Serialize>,
) -> Result<(), M::Error> {
    match value {
        None => Ok(()),
        Some(value) => record.serialize_entry(name, &value),
    }
}
