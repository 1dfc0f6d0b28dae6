//! What a process takes in memory that seals a long stream and opens it again, whatever its length.

use super::{
    FRAME, UNSIGNED, shape,
    stream::{BUFFER, Through, decrypting, encrypting},
};
use crate::{Area, Bar, BoxError, Figure, Tally, resident};
use std::{io, path::PathBuf};
use tokio::runtime::Builder;

const NAME: &str = "4 GiB sealed and opened as a stream";
const MEBIBYTE: f64 = (1 << 20) as f64;

/// Each kind of reader, and the argument that names it.
const SUBJECTS: [(&str, &str, Through); 2] = [
    (
        "leeward, AsyncRead, memory at the most",
        "async-read",
        Through::AsyncRead,
    ),
    (
        "leeward, std::io::Read, memory at the most",
        "read",
        Through::Read,
    ),
];

pub(super) fn tally(program: PathBuf, len: u64) -> Tally {
    Tally::new(Area::Envelope, NAME, move || {
        let len = len.to_string();
        let mut figures = Vec::new();
        for (subject, name, _) in SUBJECTS {
            let peak = resident::weighed_by(&program, &["--memory-of-stream", name, &len])?;
            figures.extend(peak.into_iter().map(|bytes| Figure {
                subject: subject.into(),
                value: bytes as f64 / MEBIBYTE,
                unit: "MiB",
                bar: Some(Bar::AtMost(32.0)),
            }));
        }
        Ok(figures)
    })
}

/// Streams in this process, and prints by how many bytes it has grown at the most.
pub(crate) fn print_memory(stream: &[String]) -> Result<(), BoxError> {
    let [kind, len] = stream else {
        return Err("name a kind of reader and a length".into());
    };
    let named = SUBJECTS.iter().find(|(_, name, _)| name == kind);
    let (.., through) = named.ok_or_else(|| format!("there is no kind of reader {kind:?}"))?;
    let len: u64 = len.parse()?;
    let shape = shape(UNSIGNED, FRAME, BUFFER);
    let runtime = Builder::new_current_thread().enable_time().build()?;
    // What is there once: the tables of the cipher, the clock, and what an allocator begins with.
    let warm = decrypting(&runtime, shape, encrypting(&runtime, shape, 1)?)?;
    drop(warm);
    let Some(idle) = resident::bytes()? else {
        return Ok(());
    };
    let message = encrypting(&runtime, shape, len)?;
    let mut plaintext = decrypting(&runtime, shape, message)?;
    let mut buffer = vec![0; BUFFER];
    let opened = through.read(&runtime, &mut plaintext, &mut buffer, u64::MAX)?;
    if opened != len {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    println!("{}", resident::peak()?.saturating_sub(idle));
    Ok(())
}
