//! Every code that an SDK crate names stands in a table.

use crate::sources;
use leeward_error_taxonomy::Meaning;

#[test]
fn the_tables_know_every_code_that_the_sdk_crates_name() {
    let mut new = Vec::new();
    let crates = sources::of_sdk_crates();
    assert_eq!(crates.len(), 12, "{crates:?}");
    for (service, folder) in &crates {
        let codes = sources::codes_in(folder);
        let shapes = sources::shapes_in(folder);
        // CloudWatch writes two shapes under one code.
        assert!(
            shapes > 0 && codes.len() + 1 >= shapes,
            "{service}: {shapes} shapes but {} codes: the SDK's sources have another form",
            codes.len()
        );
        println!("{service}: {shapes} shapes, {} codes", codes.len());
        new.extend(
            codes
                .iter()
                .filter(|code| Meaning::of(service, code).is_none())
                .map(|code| {
                    format!("{code} (crates/leeward-error-taxonomy/src/codes/{service}.rs)")
                }),
        );
    }
    assert!(new.is_empty(), "new in the SDK, add:\n{}", new.join("\n"));
}
