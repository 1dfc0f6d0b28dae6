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
    kilobytes(&text, "Rss:").map(Some)
}

/// The most that this process ever had in memory.
pub(crate) fn peak() -> Result<u64, BoxError> {
    let text = fs::read_to_string("/proc/self/status")?;
    kilobytes(&text, "VmHWM:")
}

/// The numbers that `program` prints, which weighs something in a process of its own: one a line, none if the system does not tell.
pub(crate) fn weighed_by(program: &Path, arguments: &[&str]) -> Result<Vec<u64>, BoxError> {
    weighed(program, Command::new(program).args(arguments))
}

/// The same without what an allocator keeps of large blocks that were given back: glibc gives them to the system at once.
///
/// Else it keeps them for each thread, and what is weighed is how its threads take turns.
pub(crate) fn weighed_alive_by(program: &Path, arguments: &[&str]) -> Result<Vec<u64>, BoxError> {
    let mut weighing = Command::new(program);
    weighing
        .args(arguments)
        .env("MALLOC_MMAP_THRESHOLD_", "1048576");
    weighed(program, &mut weighing)
}

fn weighed(program: &Path, weighing: &mut Command) -> Result<Vec<u64>, BoxError> {
    let weighed = weighing.stderr(Stdio::inherit()).output()?;
    if !weighed.status.success() {
        return Err(format!("{} ended with {}", program.display(), weighed.status).into());
    }
    let printed = String::from_utf8(weighed.stdout)?;
    let numbers = printed.lines().map(str::parse);
    Ok(numbers.collect::<Result<_, _>>()?)
}

/// The bytes of the line that begins so.
fn kilobytes(text: &str, name: &str) -> Result<u64, BoxError> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name));
    let number = rest.and_then(|rest| rest.trim().strip_suffix(" kB"));
    let number = number.ok_or_else(|| format!("the system names no {name}"))?;
    Ok(number.trim().parse::<u64>()? * 1024)
}
