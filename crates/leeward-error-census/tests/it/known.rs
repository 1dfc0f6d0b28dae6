//! Every code that an SDK crate names stands in a table: in its service's, or as agreed here in the one that all services share.

use crate::sources;
use leeward_error_taxonomy::Meaning;
use std::collections::BTreeSet;

/// The codes that mean to a service what they mean to all, each held against what its API reference says of it.
const SHARED: [(&str, &[&str]); 12] = [
    ("cloudformation", &[]),
    (
        "cloudwatch",
        &[
            "ConflictException",
            "InternalServiceError",
            "InvalidParameterCombination",
            "InvalidParameterValue",
            "LimitExceededException",
            "MissingParameter",
            "ResourceNotFoundException",
            "ValidationError",
        ],
    ),
    (
        "cloudwatchlogs",
        &[
            "AccessDeniedException",
            "ConflictException",
            "InternalServerException",
            "ServiceQuotaExceededException",
            "ServiceUnavailableException",
            "UnrecognizedClientException",
            "ValidationException",
        ],
    ),
    (
        "costexplorer",
        &["ResourceNotFoundException", "ServiceQuotaExceededException"],
    ),
    ("dynamodb", &["InternalServerError"]),
    (
        "eventbridge",
        &[
            "AccessDeniedException",
            "InternalException",
            "ResourceAlreadyExistsException",
        ],
    ),
    ("iam", &[]),
    ("kms", &[]),
    ("lambda", &["ServiceQuotaExceededException"]),
    ("s3", &[]),
    (
        "secretsmanager",
        &["InternalServiceError", "InvalidParameterException"],
    ),
    ("sts", &[]),
];

#[test]
fn the_tables_know_every_code_that_the_sdk_crates_name() {
    let mut new = Vec::new();
    let crates = sources::of_sdk_crates();
    let named: Vec<_> = crates.iter().map(|(service, _)| service.as_str()).collect();
    assert_eq!(named, SHARED.map(|(service, _)| service));
    for ((service, folder), (_, shared)) in crates.iter().zip(SHARED) {
        let codes = sources::codes_in(folder);
        let shapes = sources::shapes_in(folder);
        // CloudWatch writes two shapes under one code.
        assert!(
            shapes > 0 && codes.len() + 1 >= shapes,
            "{service}: {shapes} shapes but {} codes: the SDK's sources have another form",
            codes.len()
        );
        let agreed: BTreeSet<&str> = shared.iter().copied().collect();
        for code in &codes {
            let shared = Meaning::of("of no service", code);
            let told = match Meaning::of(service, code) {
                None => "is new",
                meaning if meaning == shared && !agreed.contains(code.as_str()) => {
                    "has a name that all services share: check that it means the same here, and name it in SHARED"
                }
                meaning if meaning != shared && agreed.contains(code.as_str()) => {
                    "has its own meaning: take it out of SHARED"
                }
                Some(_) => continue,
            };
            let table = format!("crates/leeward-error-taxonomy/src/codes/{service}.rs");
            new.push(format!("{code} {told} ({table})"));
        }
        let gone = agreed.iter().filter(|&&code| !codes.contains(code));
        new.extend(gone.map(|code| format!("{code} of {service} is gone: take it out of SHARED")));
    }
    assert!(new.is_empty(), "the SDK has changed:\n{}", new.join("\n"));
}
