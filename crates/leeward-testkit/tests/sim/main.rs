//! The program of the simulation; a binary of its own, since it is built without the AWS that the other tests need.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

fn sim(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_leeward-sim"))
        .args(arguments)
        .arg("--folder")
        .arg(folder)
        .output()
        .expect("the program was built before its tests")
}

#[test]
fn prints_figures_and_bars_and_draws_what_it_played() {
    let folder = tempfile::tempdir().unwrap();
    let played = sim(folder.path(), &["s12", "--seed", "7", "--check"]);
    let table = String::from_utf8(played.stdout).unwrap();
    assert!(played.status.success(), "{table}");
    for row in ["S12       leeward  100.000", "(seed 7)", "holds"] {
        assert!(table.contains(row), "{row} in\n{table}");
    }
    let picture = fs::read_to_string(folder.path().join("S12-leeward.svg")).unwrap();
    assert!(picture.contains("one call a minute"));
}

#[test]
fn the_same_seed_prints_the_same_table() {
    let folder = tempfile::tempdir().unwrap();
    let table = || sim(folder.path(), &["S12", "S13", "--seeds", "2", "--compare"]).stdout;
    assert_eq!(table(), table());
}

#[test]
fn others_play_without_bars() {
    let folder = tempfile::tempdir().unwrap();
    let played = sim(
        folder.path(),
        &["S12", "--seed", "1", "--policy", "next-region"],
    );
    let table = String::from_utf8(played.stdout).unwrap();
    assert!(
        table.contains("next-region") && !table.contains("leeward"),
        "{table}"
    );
    assert!(!table.contains("holds"), "{table}");
}

#[test]
fn what_is_unknown_is_refused_with_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, message) in [
        (
            &["S99"][..],
            "there is no scenario `S99`; there are S0, S1,",
        ),
        (
            &["--policy", "hope"],
            "there is no policy `hope`; there are leeward, sequential,",
        ),
        (&["--seeds", "0"], "0 is not in 1.."),
    ] {
        let refused = sim(folder.path(), arguments);
        let text = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{text}");
        assert!(text.contains(message), "{text}");
        assert!(refused.stdout.is_empty());
    }
}
