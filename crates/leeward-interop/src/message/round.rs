use super::{
    case::Group,
    ours::{FRAME_LENGTH, Ours},
    peer::{Do, Peer, Request},
    report::{Report, Way},
    site::Site,
};
use crate::error::told;
use base64::{Engine, prelude::BASE64_STANDARD};
use leeward_envelope::{AlgorithmSuite, EncryptionContext};
use std::{collections::BTreeMap, error::Error};

/// The pairs of every message; more than ASCII, and not in the order in which they are written.
const PAIRS: [(&str, &str); 4] = [
    ("tenant", "acme"),
    ("purpose", "interop"),
    ("straße", "é ☃"),
    ("empty", ""),
];

/// Plays every case of a group in both directions with every peer that can.
pub(crate) async fn play(
    site: &Site,
    group: &Group,
    peers: &mut [Peer],
    report: &mut Report,
) -> Result<(), Box<dyn Error>> {
    for suite in &group.suites {
        let ours = Ours::new(
            group.writer.ours(site)?,
            group.reader.ours(site)?,
            *suite,
            group.required,
            group.is_cached,
        )?;
        for size in group.sizes {
            let plaintext = plaintext(*size);
            for (column, peer) in peers.iter_mut().enumerate() {
                if peer.name == "Node" && !group.required.is_empty() {
                    continue;
                }
                let mut case = Case {
                    site,
                    group,
                    suite: *suite,
                    ours: &ours,
                    peer,
                    plaintext: &plaintext,
                    is_first: size == &group.sizes[0] && column == 0,
                };
                let to = case.sends().await?;
                let from = case.receives().await?;
                report.tell(group.name, *suite, *size, column, Way::To, to);
                report.tell(group.name, *suite, *size, column, Way::From, from);
            }
        }
    }
    Ok(())
}

/// Bytes of which no two frames are the same.
fn plaintext(len: usize) -> Vec<u8> {
    (0..len)
        .map(|at| (at ^ (at >> 8) ^ (at >> 16)) as u8)
        .collect()
}

struct Case<'a> {
    site: &'a Site,
    group: &'a Group,
    suite: AlgorithmSuite,
    ours: &'a Ours,
    peer: &'a mut Peer,
    plaintext: &'a [u8],
    /// Nothing can be cached yet.
    is_first: bool,
}

/// Why a case failed, if it did; the outer error ends the run.
type Outcome = Result<Result<(), String>, Box<dyn Error>>;

impl Case<'_> {
    async fn sends(&mut self) -> Outcome {
        let context = EncryptionContext::new(PAIRS)?;
        let before = self.site.data_keys();
        let written = match self.peer.name {
            "Node" => self.ours.encrypt_stream(self.plaintext, &context).await,
            _ => self.ours.encrypt(self.plaintext, &context).await,
        };
        let message = match written {
            Ok(message) => message,
            Err(error) => return Ok(Err(format!("we could not encrypt: {}", told(&*error)))),
        };
        let asked = self.site.data_keys() - before;
        if self.group.is_cached && asked != u64::from(self.is_first) {
            return Ok(Err(format!("KMS was asked for {asked} data keys")));
        }
        let read = self.ask(Do::Decrypt, &message, &pairs(&[])).await?;
        if read.as_ref().is_ok_and(|read| read != self.plaintext) {
            return Ok(Err("it read another plaintext".to_owned()));
        }
        if let Err(error) = read {
            return Ok(Err(format!("it could not decrypt: {error}")));
        }
        if !self.group.required.is_empty() {
            let without = pairs(self.group.required);
            if self.ask(Do::Decrypt, &message, &without).await?.is_ok() {
                return Ok(Err("it decrypted without the required pairs".to_owned()));
            }
        }
        Ok(Ok(()))
    }

    async fn receives(&mut self) -> Outcome {
        let context = EncryptionContext::new(PAIRS)?;
        let message = match self.ask(Do::Encrypt, self.plaintext, &pairs(&[])).await? {
            Ok(message) => message,
            Err(error) => return Ok(Err(format!("it could not encrypt: {error}"))),
        };
        match self.ours.decrypt(&message, &context, self.suite).await {
            Ok(read) if read == self.plaintext => {}
            Ok(_) => return Ok(Err("we read another plaintext".to_owned())),
            Err(error) => return Ok(Err(format!("we could not decrypt: {}", told(&*error)))),
        }
        if !self.group.required.is_empty() {
            let without = EncryptionContext::new(pairs(self.group.required))?;
            let read = self.ours.decrypt(&message, &without, self.suite).await;
            if read.is_ok() {
                return Ok(Err("we decrypted without the required pairs".to_owned()));
            }
        }
        Ok(Ok(()))
    }

    async fn ask(
        &mut self,
        r#do: Do,
        data: &[u8],
        context: &BTreeMap<&'static str, &'static str>,
    ) -> Result<Result<Vec<u8>, String>, Box<dyn Error>> {
        let keyring = match r#do {
            Do::Encrypt => &self.group.writer,
            Do::Decrypt => &self.group.reader,
        };
        let request = Request {
            r#do,
            suite: self.suite.id(),
            keyring,
            context,
            required: self.group.required,
            frame_length: FRAME_LENGTH.get(),
            data: BASE64_STANDARD.encode(data),
        };
        self.peer.ask(&request).await
    }
}

/// The pairs of the context but for these keys.
fn pairs(without: &[&str]) -> BTreeMap<&'static str, &'static str> {
    let pairs = PAIRS.into_iter();
    pairs.filter(|(key, _)| !without.contains(key)).collect()
}
