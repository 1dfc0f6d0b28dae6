//! Links below the input.

#![cfg(unix)]

use crate::run::{demo, names, report};
use std::{fs, os::unix::fs::symlink};

#[test]
fn what_links_lead_to_is_encrypted_once_and_what_is_skipped_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("input"), folder.path().join("output"));
    let elsewhere = folder.path().join("elsewhere");
    fs::create_dir_all(elsewhere.join("below")).unwrap();
    fs::create_dir(&input).unwrap();
    fs::write(input.join("own"), b"own").unwrap();
    fs::write(elsewhere.join("file"), b"linked").unwrap();
    fs::write(elsewhere.join("below/deep"), b"linked with its folder").unwrap();
    symlink(elsewhere.join("file"), input.join("alias")).unwrap();
    symlink(elsewhere.join("below"), input.join("folder")).unwrap();
    symlink("own", input.join("twice")).unwrap();
    symlink("..", input.join("up")).unwrap();
    let done = demo(&output, &["--json", "--input", input.to_str().unwrap()])
        .output()
        .unwrap();
    let report = report(&done);
    assert_eq!(done.status.code(), Some(0), "{report:#}");
    assert_eq!(
        names(&output),
        ["alias.leeward", "folder/deep.leeward", "own.leeward"]
    );
    let input = input.display();
    assert_eq!(
        report["input"]["skipped"],
        serde_json::json!([
            format!("{input}/twice: it is read as {input}/own"),
            format!("{input}/up: it leads back to a folder that holds it"),
        ])
    );
}

#[test]
fn a_link_that_leads_nowhere_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("input"), folder.path().join("output"));
    fs::create_dir(&input).unwrap();
    symlink("gone", input.join("link")).unwrap();
    let done = demo(&output, &["--input", input.to_str().unwrap()])
        .output()
        .unwrap();
    let text = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(2), "{text}");
    assert!(
        text.contains("link: it is a link that leads nowhere"),
        "{text}"
    );
    assert!(!output.exists());
}
