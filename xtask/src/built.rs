//! Programs of the whole workspace, built in the selection of `cargo xtask test`, so that its artefacts serve here too.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::Context as _;
use serde_json::Value;

use crate::cargo;
use crate::metadata::{items, text};

/// A program that cargo has built.
#[derive(Debug, PartialEq)]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) program: PathBuf,
}

/// Builds `targets`, as cargo's command line names them; gives those of this `kind`.
pub(crate) fn programs(kind: &str, targets: &[&str]) -> anyhow::Result<Vec<Program>> {
    let mut command = cargo::command(["build", "--workspace", "--all-features"]);
    command.args(targets);
    let line = cargo::line(&command);
    eprintln!("$ {line}");
    command
        .arg("--message-format=json-render-diagnostics")
        .stdout(Stdio::piped());
    let mut child = command
        .spawn()
        .with_context(|| format!("could not start `{line}`"))?;
    let mut programs = Vec::new();
    let output = child.stdout.take().expect("stdout is piped");
    for message in BufReader::new(output).lines() {
        let message = message.context("could not read what cargo built")?;
        programs.extend(program(&message, kind));
    }
    cargo::succeeded(&line, child.wait()?)?;
    Ok(programs)
}

/// The program of this `kind` that a message of cargo's announces, if it does.
fn program(message: &str, kind: &str) -> Option<Program> {
    let message: Value = serde_json::from_str(message).ok()?;
    let target = &message["target"];
    let is_meant = items(target, "kind").iter().any(|is| is == kind);
    let program = message["executable"].as_str().filter(|_| is_meant)?;
    Some(Program {
        name: text(target, "name").to_owned(),
        program: program.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_told_from_what_else_is_built() {
        let message = r#"{"reason":"compiler-artifact","target":{"kind":["example"],"name":"a"},"executable":"/t/a"}"#;
        let is_there = Program {
            name: "a".to_owned(),
            program: "/t/a".into(),
        };
        assert_eq!(program(message, "example"), Some(is_there));
        assert_eq!(program(message, "bin"), None);
        let library = message.replace("\"/t/a\"", "null");
        assert_eq!(program(&library, "example"), None);
        assert_eq!(program("warning: not a message", "example"), None);
    }
}
