//! A record that fails is counted, and the run goes on to its end.

use crate::run::{demo, names};
use std::{
    fs,
    io::{BufRead, BufReader, Read},
    process::Stdio,
};

#[test]
fn a_file_that_is_lost_on_the_way_is_told_and_costs_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("input"), folder.path().join("output"));
    fs::create_dir(&input).unwrap();
    fs::write(input.join("first"), vec![7; 4_000_000]).unwrap();
    fs::write(input.join("second"), vec![7; 100_000]).unwrap();
    fs::write(input.join("third"), b"the last").unwrap();
    let mut child = demo(&output, &["--input", input.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    // The first file is in the middle then.
    while !line.contains("silent from now on") {
        line.clear();
        assert!(stdout.read_line(&mut line).unwrap() > 0);
    }
    fs::remove_file(input.join("second")).unwrap();
    let mut text = String::new();
    stdout.read_to_string(&mut text).unwrap();
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(1), "{text}");
    assert!(done.stderr.is_empty(), "{done:?}");
    let path = input.join("second");
    let told = format!(
        "\nfailed records (1):\n  {0}, record 1, encrypt, during the outage: the file was there when the run began and \
         cannot be read now: leave the input alone until the run is over: No such file or directory (os error 2)\n\
         \nfiles not written, since a record failed:\n  {0}\n",
        path.display()
    );
    assert!(text.contains(&told), "{text}");
    let bar: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("failed records  "))
        .collect();
    assert_eq!(bar.len(), 1, "{text}");
    assert!(bar[0].ends_with("1  MISSED"), "{text}");
    assert_eq!(names(&output), ["first.leeward", "third.leeward"]);
}
