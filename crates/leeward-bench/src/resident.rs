//! What a process has in memory, by its resident set: the allocator's gaps included. Linux alone tells it.

use crate::BoxError;
use std::{
    fs, io,
    path::Path,
    process::{Command, Stdio},
};

/// What this process has in memory, if the system tells.
pub(crate) fn bytes() -> Result<Option<u64>, BoxError> {
    let text = match fs::read_to_string("/proc/self/smaps_rollup") {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let kilobytes = text.lines().find_map(|line| line.strip_prefix("Rss:"));
    let kilobytes = kilobytes.and_then(|rest| rest.trim().strip_suffix(" kB"));
    let kilobytes: u64 = kilobytes
        .ok_or("smaps_rollup names no Rss")?
        .trim()
        .parse()?;
    Ok(Some(kilobytes * 1024))
}

/// The numbers that `program` prints, which weighs something in a process of its own: one a line, none if the system does not tell.
pub(crate) fn weighed_by(program: &Path, arguments: &[&str]) -> Result<Vec<u64>, BoxError> {
    let mut weighing = Command::new(program);
    let weighed = weighing.args(arguments).stderr(Stdio::inherit()).output()?;
    if !weighed.status.success() {
        return Err(format!("{} ended with {}", program.display(), weighed.status).into());
    }
    let printed = String::from_utf8(weighed.stdout)?;
    let numbers = printed.lines().map(str::parse);
    Ok(numbers.collect::<Result<_, _>>()?)
}
