//! What the headers of an answer say of a failure.

use super::pause;
use crate::Facts;
use aws_smithy_runtime_api::http::Headers;

/// Notes ids and pause, in one pass: an answer has few headers, and to look each name up costs more.
pub(super) fn note<'a>(headers: &'a Headers, facts: &mut Facts<'a>) {
    let (mut older_id, mut milliseconds, mut after, mut date) = (None, None, None, None);
    for (name, value) in headers.iter() {
        let place = match name {
            "x-amzn-requestid" => &mut facts.request_id,
            "x-amz-request-id" => &mut older_id,
            "x-amz-id-2" => &mut facts.extended_request_id,
            "x-amz-retry-after" => &mut milliseconds,
            "retry-after" => &mut after,
            "date" => &mut date,
            _ => continue,
        };
        place.get_or_insert(value);
    }
    facts.request_id = facts.request_id.or(older_id);
    (facts.retry_after, facts.retry_at) = pause::asked_for(milliseconds, after, date);
}
