use leeward_error_taxonomy::Region;

/// One call, as far as rules and counters tell calls apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Call {
    pub(super) region: Region,
    pub(super) service: String,
    pub(super) operation: String,
}

/// The name under which requests to a service are signed, given that or the name of its SDK crate.
pub(super) fn signing_name(service: &str) -> &str {
    match service {
        "cloudwatchlogs" => "logs",
        other => other,
    }
}
