use super::keyring::Spec;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, error::Error, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

/// A mebibyte takes the slowest of them a tenth of a second; importing its SDK takes some seconds on a busy machine.
const MAX_WAIT: Duration = Duration::from_secs(120);

/// A program with an official SDK.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// What it says that it is.
    pub(crate) version: String,
    child: Child,
    requests: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Do {
    Encrypt,
    Decrypt,
}

#[derive(Debug, Serialize)]
pub(crate) struct Request<'a> {
    pub(crate) r#do: Do,
    pub(crate) suite: u16,
    pub(crate) keyring: &'a Spec,
    pub(crate) context: &'a BTreeMap<&'static str, &'static str>,
    pub(crate) required: &'static [&'static str],
    pub(crate) frame_length: u32,
    pub(crate) data: String,
}

#[derive(Deserialize)]
struct Hello {
    hello: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Done(String),
    Failed(String),
}

impl Peer {
    pub(crate) async fn start(
        name: &'static str,
        mut command: Command,
    ) -> Result<Self, Box<dyn Error>> {
        let spawned = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut child = spawned.map_err(|error| format!("could not start {name}: {error}"))?;
        let requests = child.stdin.take().expect("stdin is piped");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut peer = Self {
            name,
            version: String::new(),
            child,
            requests,
            answers: BufReader::new(stdout).lines(),
        };
        // Node tells on its standard output of an option that weakens it.
        for _ in 0..10 {
            if let Ok(hello) = serde_json::from_str::<Hello>(&peer.line().await?) {
                peer.version = hello.hello;
                return Ok(peer);
            }
        }
        Err(format!("{name} does not say hello").into())
    }

    /// What the SDK made of `request`; the inner error is the SDK's own.
    pub(crate) async fn ask(
        &mut self,
        request: &Request<'_>,
    ) -> Result<Result<Vec<u8>, String>, Box<dyn Error>> {
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        let written = timeout(MAX_WAIT, self.requests.write_all(&line)).await;
        written.map_err(|_| self.silence())??;
        let line = self.line().await?;
        let answer = serde_json::from_str(&line);
        Ok(
            match answer.map_err(|_| format!("{} says no JSON: {line:.200}", self.name))? {
                Answer::Done(data) => Ok(BASE64_STANDARD.decode(data)?),
                Answer::Failed(error) => Err(error),
            },
        )
    }

    /// Lets the program end by itself.
    pub(crate) async fn finish(self) -> Result<(), Box<dyn Error>> {
        let Self {
            name,
            mut child,
            requests,
            ..
        } = self;
        drop(requests);
        let status = timeout(MAX_WAIT, child.wait()).await;
        let status = status.map_err(|_| format!("{name} does not end"))??;
        match status.success() {
            true => Ok(()),
            false => Err(format!("{name} ended with {status}").into()),
        }
    }

    async fn line(&mut self) -> Result<String, Box<dyn Error>> {
        let line = timeout(MAX_WAIT, self.answers.next_line()).await;
        let line = line.map_err(|_| self.silence())??;
        Ok(line.ok_or_else(|| format!("{} ended by itself: see its words above", self.name))?)
    }

    fn silence(&self) -> String {
        format!("{} is silent for {} s", self.name, MAX_WAIT.as_secs())
    }
}

/// Has Node decrypt under PKCS #1 v1.5, which it refuses since 2024, unless it is too old or too new to know the option.
pub(crate) fn node_options() -> Option<&'static str> {
    const OPTION: &str = "--security-revert=CVE-2023-46809";
    let mut node = std::process::Command::new("node");
    node.args([OPTION, "--eval", "0"]).stderr(Stdio::null());
    let knows = node.status().is_ok_and(|status| status.success());
    knows.then_some(OPTION)
}
