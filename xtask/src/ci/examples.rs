//! Builds every example, and runs each to its end.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{self, Child, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};

use crate::built::{self, Program};
use crate::cargo;

/// An example shows one thing: what is not done after this time waits for something that never comes.
const MAX_RUN: Duration = Duration::from_secs(120);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// What an example is told on its command line, in the order in which they run; the others are told nothing.
const ARGUMENTS: [(&str, &[&str]); 2] = [
    ("seal_a_file", &["plain"]),
    (OPENS, &["plain.sealed", "opened"]),
];
/// What an example has to say of a command line that it can do nothing with, before there is a key; it makes no file then.
const REFUSED: [(&str, &[&str], &str); 5] = [
    ("seal_a_file", &["--help"], "Usage: seal_a_file"),
    ("seal_a_file", &["nope"], "error: nope: "),
    (
        "seal_a_file",
        &["plain", "--key", "plain"],
        "error: no key in plain: a wrapping key of 100001 bytes",
    ),
    (OPENS, &["plain"], "Usage: open_a_file"),
    (
        OPENS,
        &["plain", "opened"],
        "error: no key in leeward.key: ",
    ),
];
/// What ends on Ctrl-C, and what it is told: a file that takes longer than that.
#[cfg(unix)]
const INTERRUPTED: (&str, &str) = ("seal_a_file", "large");
#[cfg(unix)]
const LARGE: u64 = 4 << 30;
/// How the files begin that it writes until all is done.
#[cfg(unix)]
const TEMPORARY: &str = ".leeward-";
/// What it leaves is compared with the file that was sealed.
const OPENS: &str = "open_a_file";
/// Some frames, and one that is not full.
const PLAIN: &[u8] = &[5; 100_001];

/// Builds and runs them; an example must end by itself, successfully, with nobody to answer it.
pub(crate) fn run() -> anyhow::Result<()> {
    let examples = build()?;
    let folder = env::temp_dir().join(format!("leeward-examples-{}", process::id()));
    fs::create_dir(&folder).context("could not make a folder for the examples")?;
    let ran = run_in(&folder, &examples);
    fs::remove_dir_all(&folder).context("could not remove the folder of the examples")?;
    ran?;
    println!("examples: {} ran to their end", examples.len());
    Ok(())
}

fn run_in(folder: &Path, examples: &[Program]) -> anyhow::Result<()> {
    let path = |name| folder.join(name);
    fs::write(path("plain"), PLAIN).context("could not write a file for the examples")?;
    for (name, arguments, words) in REFUSED {
        let named = examples.iter().find(|example| example.name == name);
        if let Some(example) = named {
            refuses(&example.program, folder, arguments, words)
                .with_context(|| format!("the example {name} with {arguments:?}"))?;
        }
    }
    for example in examples {
        let mut command = cargo::program(&example.program);
        command.current_dir(folder).args(arguments(&example.name));
        // What an example prints may be bytes, and is for whoever runs it by hand; why it fails goes to standard error.
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let line = cargo::line(&command);
        eprintln!("$ {line}");
        let child = command
            .spawn()
            .with_context(|| format!("could not start `{line}`"))?;
        let status = wait(child, MAX_RUN)
            .with_context(|| format!("the example {}, `{line}`", example.name))?;
        cargo::succeeded(&line, status)?;
    }
    #[cfg(unix)]
    if let Some(example) = examples.iter().find(|it| it.name == INTERRUPTED.0) {
        let large = fs::File::create(path(INTERRUPTED.1))?;
        large
            .set_len(LARGE)
            .context("could not make a large file")?;
        ends_when_told(&example.program, folder, &[INTERRUPTED.1])
            .with_context(|| format!("the example {}, interrupted", example.name))?;
    }
    if examples.iter().any(|example| example.name == OPENS) {
        let opened = fs::read(path("opened")).with_context(|| format!("{OPENS} left no file"))?;
        ensure!(
            opened == PLAIN,
            "a file that was sealed and opened is another"
        );
    }
    Ok(())
}

/// Has an example say these words, in whatever way it ends, and leave the folder as it is.
fn refuses(program: &Path, folder: &Path, arguments: &[&str], words: &str) -> anyhow::Result<()> {
    let before = names(folder)?;
    let mut command = cargo::program(program);
    command.current_dir(folder).args(arguments);
    let output = command.stdin(Stdio::null()).output()?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    ensure!(said.contains(words), "did not say {words:?} but: {said}");
    let after = names(folder)?;
    ensure!(before == after, "left {after:?} where {before:?} was");
    Ok(())
}

/// Interrupts an example once it has begun to write, and has it fail and leave the folder as it was.
#[cfg(unix)]
fn ends_when_told(program: &Path, folder: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let before = names(folder)?;
    let mut command = cargo::program(program);
    command.current_dir(folder).args(arguments);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn()?;
    let is_temporary = |name: &OsString| name.to_string_lossy().starts_with(TEMPORARY);
    while !names(folder)?.iter().any(is_temporary) {
        if let Some(status) = child.try_wait()? {
            bail!("ended before it had written anything: {status}");
        }
        pause();
    }
    let mut interrupt = cargo::program("kill");
    let id = child.id().to_string();
    cargo::succeeded("kill", interrupt.args(["-INT", &id]).status()?)?;
    let status = wait(child, MAX_RUN)?;
    ensure!(status.code() == Some(1), "did not end by itself: {status}");
    let after = names(folder)?;
    ensure!(before == after, "left {after:?} where {before:?} was");
    Ok(())
}

fn names(folder: &Path) -> anyhow::Result<BTreeSet<OsString>> {
    let entries = fs::read_dir(folder)?;
    let names = entries.map(|entry| Ok(entry?.file_name()));
    names.collect()
}

fn arguments(example: &str) -> &'static [&'static str] {
    let found = ARGUMENTS.iter().find(|(name, _)| *name == example);
    found.map_or(&[], |(_, arguments)| arguments)
}

fn build() -> anyhow::Result<Vec<Program>> {
    let mut examples = built::programs("example", &["--examples"])?;
    examples.sort_by_key(|example| {
        let turn = ARGUMENTS.iter().position(|(name, _)| *name == example.name);
        (turn, example.name.clone())
    });
    Ok(examples)
}

/// Waits for `child`, and ends it once it takes longer than `max_run`.
fn wait(mut child: Child, max_run: Duration) -> anyhow::Result<ExitStatus> {
    let mut waited = Duration::ZERO;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if waited >= max_run {
            child.kill()?;
            child.wait()?;
            bail!(
                "was still running after {} s and was ended: an example must end by itself",
                max_run.as_secs()
            );
        }
        pause();
        waited += POLL_INTERVAL;
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "there is no runtime whose thread this could block"
)]
fn pause() {
    thread::sleep(POLL_INTERVAL);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Child {
        cargo::program("sh").args(["-c", script]).spawn().unwrap()
    }

    #[test]
    fn reports_how_it_ended() {
        assert_eq!(wait(shell("exit 3"), MAX_RUN).unwrap().code(), Some(3));
    }

    #[test]
    fn what_is_refused_says_so_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let check = |script: &str| {
            let refused = refuses(Path::new("sh"), folder.path(), &["-c", script], "error: x");
            refused.map_err(|error| error.to_string())
        };
        assert_eq!(check("echo error: x >&2; exit 1"), Ok(()));
        let silent = check("exit 1").unwrap_err();
        assert_eq!(silent, "did not say \"error: x\" but: ");
        let untidy = check("echo error: x; touch y").unwrap_err();
        assert_eq!(untidy, "left {\"y\"} where {} was");
    }

    // A job in the background is started to ignore the signal, and no shell can trap what it was started to ignore: GNU's
    // `env` gives it back.
    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_interrupted_leaves_nothing() {
        let check = |script: &str| {
            let folder = tempfile::tempdir().unwrap();
            let shell = ["--default-signal=INT", "sh", "-c", script];
            let ended = ends_when_told(Path::new("env"), folder.path(), &shell);
            ended.map_err(|error| error.to_string())
        };
        let file = ".leeward-x.tmp";
        let goes_on = "while :; do sleep 0.01; done";
        let tidy = format!("trap 'rm {file}; exit 1' INT; touch {file}; {goes_on}");
        assert_eq!(check(&tidy), Ok(()));
        let untidy = check(&format!("trap 'exit 1' INT; touch {file}; {goes_on}"));
        assert_eq!(
            untidy.unwrap_err(),
            "left {\".leeward-x.tmp\"} where {} was"
        );
        let killed = check(&format!("touch {file}; exec sleep 600")).unwrap_err();
        assert!(killed.starts_with("did not end by itself"), "{killed}");
        let early = check("exit 0").unwrap_err();
        assert!(early.starts_with("ended before"), "{early}");
    }

    #[test]
    fn ends_what_never_ends() {
        let error = wait(shell("exec sleep 600"), POLL_INTERVAL).unwrap_err();
        assert_eq!(
            error.to_string(),
            "was still running after 0 s and was ended: an example must end by itself"
        );
    }
}
