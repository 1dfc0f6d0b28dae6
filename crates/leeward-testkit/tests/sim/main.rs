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
fn a_check_of_whoever_has_no_bars_is_refused_before_anything_is_played() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["S12", "--policy", "next-region", "--check"];
    let refused = sim(folder.path(), &arguments);
    let text = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{text}");
    let says = "error: --check has nothing to hold: no bar of these scenarios is for next-region; leave out --check or --policy";
    assert_eq!(text.trim_end(), says);
    assert!(refused.stdout.is_empty());
}

#[test]
fn a_folder_that_cannot_be_written_is_named_before_anything_is_played() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes");
    fs::write(&file, "no folder").unwrap();
    for unusable in [file.clone(), file.join("pictures")] {
        let refused = sim(&unusable, &["S12", "--seed", "1"]);
        let text = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{text}");
        let says = format!("no picture can be written into {}: ", unusable.display());
        assert!(text.contains(&says), "{text}");
        assert!(text.contains("--folder"), "{text}");
        assert!(refused.stdout.is_empty());
    }
    // What is not there is made, and nothing is left of the trial.
    let made = folder.path().join("a/b");
    assert!(sim(&made, &["S12", "--seed", "1"]).status.success());
    let files = fs::read_dir(&made).unwrap();
    let files: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["S12-leeward.svg"]);
}

#[test]
fn help_names_the_exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    let help = sim(folder.path(), &["--help"]);
    let text = String::from_utf8(help.stdout).unwrap();
    assert!(text.contains("Exit codes: 0 if all was played"), "{text}");
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
