//! Where the output goes, and where it may not.

use crate::run::{demo, names, report};
use std::{fs, path::Path, process::Command};

/// Runs on a folder with `input/file` and `input/sub/file`, and checks that nothing but those is there afterwards.
#[track_caller]
fn refuses(input: &str, output: &str, says: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let before = seed(folder.path());
    let input = folder.path().join(input);
    let done = demo(
        &folder.path().join(output),
        &["--input", input.to_str().unwrap()],
    )
    .output()
    .unwrap();
    let text = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(2), "{text}");
    for expected in says {
        assert!(text.contains(expected), "{expected:?} is not in {text:?}");
    }
    assert!(done.stdout.is_empty());
    assert_eq!(names(folder.path()), before);
    assert_eq!(fs::read(folder.path().join("input/file")).unwrap(), b"one");
}

fn seed(folder: &Path) -> Vec<String> {
    fs::create_dir_all(folder.join("input/sub")).unwrap();
    fs::write(folder.join("input/file"), b"one").unwrap();
    fs::write(folder.join("input/sub/file"), b"two").unwrap();
    names(folder)
}

#[test]
fn the_input_itself() {
    let says = ["--output and --input are the same folder", "another one"];
    refuses("input", "input", &says);
    refuses("input", "input/sub/..", &says);
}

#[test]
fn a_folder_that_holds_the_input() {
    let says = ["lies in the folder of --output", "another one"];
    refuses("input/sub", "input", &says);
    refuses("input/file", "input", &says);
}

#[test]
fn a_file() {
    let says = ["cannot write to --output", "is no folder", "give a folder"];
    refuses("input", "input/file", &says);
    refuses("input/file", "input/file", &says);
    refuses("input", "input/file/below", &says);
}

#[cfg(unix)]
#[test]
fn a_link_to_the_input() {
    let folder = tempfile::tempdir().unwrap();
    let before = seed(folder.path());
    let (input, link) = (folder.path().join("input"), folder.path().join("link"));
    std::os::unix::fs::symlink(&input, &link).unwrap();
    let done = demo(&link, &["--input", input.to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(2));
    fs::remove_file(link).unwrap();
    assert_eq!(names(folder.path()), before);
}

/// The output is apart from the input but holds a link back into it.
#[cfg(unix)]
#[test]
fn a_place_that_is_an_input_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    seed(folder.path());
    let (input, output) = (folder.path().join("input"), folder.path().join("output"));
    fs::write(input.join("sub/file.leeward"), b"precious").unwrap();
    fs::create_dir(&output).unwrap();
    std::os::unix::fs::symlink(input.join("sub"), output.join("sub")).unwrap();
    let done = demo(&output, &["--input", input.to_str().unwrap()])
        .output()
        .unwrap();
    let text = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(2), "{text}");
    assert!(text.contains("and that is the input"), "{text}");
    assert_eq!(
        fs::read(input.join("sub/file.leeward")).unwrap(),
        b"precious"
    );
    assert!(!output.join("file.leeward").exists());
}

#[test]
fn a_folder_where_a_file_would_go() {
    let folder = tempfile::tempdir().unwrap();
    seed(folder.path());
    let (input, output) = (folder.path().join("input"), folder.path().join("output"));
    fs::create_dir_all(output.join("file.leeward")).unwrap();
    let done = demo(&output, &["--input", input.to_str().unwrap()])
        .output()
        .unwrap();
    let text = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(2), "{text}");
    assert!(text.contains("and that is a folder"), "{text}");
    assert!(names(&output).is_empty());
}

#[test]
fn a_folder_inside_the_input_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    seed(folder.path());
    let input = folder.path().join("input");
    let output = input.join("out");
    for _ in 0..2 {
        let done = demo(&output, &["--json", "--input", input.to_str().unwrap()])
            .output()
            .unwrap();
        let report = report(&done);
        assert_eq!(done.status.code(), Some(0), "{report:#}");
        assert_eq!(report["input"]["files"], 2);
        assert_eq!(names(&output), ["file.leeward", "sub/file.leeward"]);
    }
}

/// Permissions do not bind root, under whom the tests may run; /proc takes files from nobody.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_no_files() {
    let says = [
        "cannot write to --output",
        "no file can be made in /proc",
        "give a folder",
    ];
    refuses("input", "/proc", &says);
    refuses("input/file", "/proc/new", &says);
    let folder = tempfile::tempdir().unwrap();
    seed(folder.path());
    let (input, output) = (folder.path().join("input"), folder.path().join("output"));
    fs::create_dir(&output).unwrap();
    std::os::unix::fs::symlink("/proc", output.join("sub")).unwrap();
    let done = demo(&output, &["--input", input.to_str().unwrap()])
        .output()
        .unwrap();
    let text = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(2), "{text}");
    assert!(text.contains("output/sub: "), "{text}");
    assert!(!output.join("file.leeward").exists());
}

#[test]
fn the_target_folder_by_default() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("input");
    fs::write(&input, vec![7; 200_000]).unwrap();
    let mut run = Command::new(env!("CARGO_BIN_EXE_leeward-demo"));
    let run = run
        .arg("--input")
        .arg(&input)
        .env("CARGO_TARGET_DIR", "build");
    let done = run.current_dir(folder.path()).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert_eq!(names(folder.path()), ["build/demo/input.leeward", "input"]);
}
