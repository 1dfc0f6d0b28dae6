//! What a model calls the client's fault does not blame the service, whether the status is known or lost.
//!
//! The SDK crates leave out whose fault an error is, so that `models/faults.txt` says it.

use crate::sources;
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Meaning, Stage, Verdict};
use std::collections::BTreeMap;

const MODELS: &str = include_str!("../../models/faults.txt");

/// Of event streams: client by default of the model, but an error of the service in its own words.
const INTERNAL_IN_WORDS: [&str; 2] = ["InternalStreamingException", "SessionStreamingException"];

struct Fault {
    is_of_the_service: bool,
    status: Option<u16>,
}

fn faults() -> BTreeMap<(&'static str, &'static str), Fault> {
    let lines = MODELS.lines().filter(|line| !line.starts_with('#'));
    let read = |line: &'static str| {
        let fields: Vec<_> = line.split(' ').collect();
        let [service, code, fault, status] = fields[..] else {
            panic!("four words, not {line}");
        };
        assert!(["client", "server"].contains(&fault), "{line}");
        let fault = Fault {
            is_of_the_service: fault == "server",
            status: (status != "-").then(|| status.parse().unwrap()),
        };
        ((service, code), fault)
    };
    lines.map(read).collect()
}

fn blames(meaning: Meaning, status: Option<u16>) -> bool {
    let mut facts = Facts::new(Stage::Answered, meaning.category, meaning.verdict);
    facts.status = status;
    facts.blames_the_service()
}

#[test]
fn no_fault_of_the_client_blames_the_service() {
    let faults = faults();
    let mut walked = 0;
    for (&(service, code), fault) in &faults {
        let Some(meaning) = Meaning::of(service, code) else {
            continue;
        };
        walked += 1;
        if fault.is_of_the_service || INTERNAL_IN_WORDS.contains(&code) {
            continue;
        }
        assert!(!blames(meaning, None), "{service} {code}, status lost");
        let status = fault.status.unwrap_or(400);
        assert!(!blames(meaning, Some(status)), "{service} {code} {status}");
    }
    assert!(walked > 300, "{walked} of {}", faults.len());
}

/// As a modelled error prints itself, whose type is lost.
#[derive(Debug)]
struct Text(String);

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Text {}

/// What two services mean by these differs, so that nobody can tell without the service.
const AMBIGUOUS: [&str; 0] = [];

#[test]
fn where_the_type_is_lost_too_no_fault_of_the_client_blames_the_service() {
    let mut unknown = Vec::new();
    for ((service, code), fault) in faults() {
        let error = AwsError::from_erased(Text(format!("{code}: as told")));
        if error.code().is_none() && Meaning::of(service, code).is_some() {
            unknown.push(code);
        }
        if !fault.is_of_the_service && !INTERNAL_IN_WORDS.contains(&code) {
            assert!(!error.facts().blames_the_service(), "{service} {code}");
        }
    }
    unknown.sort_unstable();
    unknown.dedup();
    assert_eq!(unknown, AMBIGUOUS);
}

#[test]
fn a_fault_of_the_service_blames_it_unless_it_is_final_or_the_callers_own_set_up() {
    for ((service, code), fault) in faults() {
        let Some(meaning) = Meaning::of(service, code) else {
            continue;
        };
        if !fault.is_of_the_service {
            continue;
        }
        // Lambda calls it its own fault, and sends a 502, when the function's VPC, key or role is not ready.
        let of_the_function = service == "lambda"
            && matches!(
                meaning.category,
                Category::Conflict | Category::RateLimit | Category::QuotaExceeded
            );
        let excused = meaning.verdict == Verdict::Final || of_the_function;
        for status in [None, Some(fault.status.unwrap_or(500))] {
            assert_eq!(blames(meaning, status), !excused, "{service} {code}");
        }
    }
}

#[test]
fn every_code_that_the_sdk_crates_name_has_its_fault_on_record() {
    let faults = faults();
    let mut new = Vec::new();
    for (service, folder) in sources::of_sdk_crates() {
        for code in sources::codes_in(&folder) {
            if !faults.contains_key(&(service.as_str(), code.as_str())) {
                new.push(format!("{service} {code}"));
            }
        }
    }
    let told = "look its fault up in the service's model and add it to models/faults.txt";
    assert!(new.is_empty(), "{told}:\n{}", new.join("\n"));
}
