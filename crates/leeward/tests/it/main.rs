//! The umbrella keeps what its front page promises.

#![allow(clippy::unwrap_used, reason = "a test may")]

#[cfg(feature = "full")]
mod cloud;
#[cfg(feature = "full")]
mod maker;
#[cfg(all(feature = "full", feature = "dynamodb", feature = "secretsmanager"))]
mod names;
#[cfg(feature = "full")]
mod outage;
#[cfg(feature = "full")]
mod single_region_key;

/// The example of a page as its reader sees it: lines that rustdoc hides are left out.
fn example(page: &str) -> String {
    let (_, rest) = page.split_once("```rust").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    example
        .lines()
        .skip(1)
        .filter(|line| !line.starts_with('#'))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_front_page_shows_the_example_that_is_tested_here() {
    let front = include_str!("../../../../README.md");
    let own = include_str!("../../README.md");
    assert_eq!(example(front), example(own));
    assert!(example(own).lines().filter(|line| !line.is_empty()).count() <= 15);
}
