use std::{fmt::Write, time::Duration};

use super::{RegionStatus, RouterStatus};

/// Writes it by hand: a name of a Region is a label of a host name, the words are this crate's, and so nothing is to be
/// escaped.
pub(super) fn write(status: &RouterStatus) -> String {
    let first_choice = word(status.first_choice.as_ref().map(|region| region.as_str()));
    let mut json = format!(
        r#"{{"status":"{}","first_choice":{first_choice},"kill_switch":{},"regions":["#,
        status.health, status.kill_switch,
    );
    for (at, region) in status.regions.iter().enumerate() {
        if at > 0 {
            json.push(',');
        }
        write_region(&mut json, region);
    }
    json.push_str("]}");
    json
}

fn write_region(json: &mut String, region: &RegionStatus) {
    let last_error = region.last_error.as_ref();
    let category = last_error.map(|error| error.failure.category().as_str());
    let check = region.check.as_ref().map(|check| check.result.as_str());
    let written = write!(
        json,
        r#"{{"region":"{}","state":"{}","in_state_for_ms":{},"left_for_ms":{},"share":{:.3},"success_rate":{},"next_probe_in_ms":{},"last_error":{},"last_error_age_ms":{},"check":{}}}"#,
        region.region,
        region.state,
        region.in_state_for.as_millis(),
        millis(region.left_for),
        region.share,
        number(region.success_rate),
        millis(region.next_probe_in),
        word(category),
        millis(last_error.map(|error| error.age)),
        word(check),
    );
    written.expect("a string takes anything");
}

fn word(word: Option<&str>) -> String {
    word.map_or_else(null, |word| format!("\"{word}\""))
}

fn number(number: Option<f64>) -> String {
    number.map_or_else(null, |number| format!("{number:.4}"))
}

fn millis(time: Option<Duration>) -> String {
    time.map_or_else(null, |time| time.as_millis().to_string())
}

fn null() -> String {
    "null".to_owned()
}
