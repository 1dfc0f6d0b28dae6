//! Everything that is wrong is told at once, with what to do, and nothing is written.

use crate::run::demo;
use std::fs;

#[track_caller]
fn refuses(args: &[&str], says: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("output");
    let done = demo(&output, args).output().unwrap();
    let text = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(2), "{text}");
    for expected in says {
        assert!(text.contains(expected), "{expected:?} is not in {text:?}");
    }
    assert!(done.stdout.is_empty());
    assert!(!output.exists(), "something was written");
}

#[test]
fn an_input_that_is_not_there() {
    refuses(
        &["--input", "/no/such/file"],
        &[
            "cannot read --input /no/such/file",
            "give a file or a folder",
        ],
    );
}

#[test]
fn an_input_without_files() {
    let empty = tempfile::tempdir().unwrap();
    refuses(
        &["--input", empty.path().to_str().unwrap()],
        &["there is no file below", "give --input"],
    );
}

#[cfg(unix)]
#[test]
fn an_input_that_is_no_regular_file() {
    refuses(
        &["--input", "/dev/null"],
        &["cannot read /dev/null", "no regular file"],
    );
}

/// Permissions do not bind root, under whom the tests may run; a file that gives no byte to anybody does.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/proc/self/mem", folder.path().join("memory")).unwrap();
    let file = folder.path().join("memory");
    refuses(
        &["--input", file.to_str().unwrap()],
        &["cannot read", "leave it out of --input"],
    );
    fs::write(folder.path().join("fine"), b"x").unwrap();
    refuses(
        &["--input", "/proc/self/mem"],
        &["cannot read /proc/self/mem"],
    );
}

#[test]
fn an_arn_that_is_none() {
    refuses(
        &["--aws", "--key-arn", "alias/app"],
        &["is not the ARN of a KMS key", "six parts"],
    );
    let alias = "arn:aws:kms:us-east-1:111122223333:alias/app";
    refuses(&["--aws", "--key-arn", alias], &["it names an alias"]);
}

#[test]
fn a_key_that_cannot_fail_over() {
    let single = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    refuses(
        &["--aws", "--key-arn", single],
        &["single-Region key", "mrk-"],
    );
}

#[test]
fn no_credentials() {
    let key = "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";
    refuses(
        &["--aws", "--key-arn", key],
        &["no valid credentials", "AWS_PROFILE"],
    );
}

#[test]
fn options_that_do_not_fit() {
    refuses(&["--aws"], &["--key-arn"]);
    refuses(&["--key-arn", "x"], &["--aws"]);
    for down in ["4", "0", "-1", "abc", "256"] {
        refuses(
            &["--down", down],
            &[&format!("'{down}'"), "it is no number in 1..=3"],
        );
    }
    refuses(&["--outage", "tomorrow"], &["start", "middle"]);
    refuses(&["--colour"], &["--colour"]);
}

/// Without credentials and without a network: the list is looked at before either.
#[test]
fn regions_that_cannot_do() {
    let key = "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";
    for (regions, down, says) in [
        ("us-east-1", "1", "names us-east-1 alone"),
        ("us-east-1,us-east-1", "1", "names us-east-1 twice"),
        ("us-east-1,us-west-2", "3", "give --down 2 or less"),
    ] {
        refuses(
            &[
                "--aws",
                "--key-arn",
                key,
                "--regions",
                regions,
                "--down",
                down,
            ],
            &[says],
        );
    }
}

#[test]
fn a_network_that_is_not_there_is_no_bad_input() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("output");
    let key = "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";
    let done = demo(&output, &["--aws", "--key-arn", key])
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "a secret that is none")
        .env("AWS_ENDPOINT_URL", format!("http://{nobody}"))
        .output()
        .unwrap();
    let text = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(1), "{text}");
    assert!(text.contains("kms.DescribeKey: "), "{text}");
    assert!(text.contains("look at the network"), "{text}");
    assert!(!output.exists());
}
