//! What is encrypted: a file, or all that is below a folder.

mod walk;

use crate::{destination::Destination, failure::Failure, repository};
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};
use walk::Walk;

/// A file to be encrypted.
#[derive(Clone, Debug)]
pub(crate) struct InputFile {
    pub(crate) path: PathBuf,
    /// Where it is, links resolved.
    pub(crate) real: PathBuf,
    /// Its place below the input, hence below the output.
    pub(crate) relative: PathBuf,
    pub(crate) bytes: u64,
}

/// The files to be encrypted, and what is left out.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) files: Vec<InputFile>,
    /// Name and reason of each.
    pub(crate) skipped: Vec<String>,
}

/// Finds the files of `input`, or those of this repository, and reads a byte of each, so that a file which cannot be read is
/// told before anything is written.
pub(crate) fn find(input: Option<&Path>, destination: &Destination) -> Result<Found, Failure> {
    let repository = repository::root();
    let real = match input {
        Some(input) => input.canonicalize().map_err(|error| {
            let path = input.display();
            Failure::bad_input(format!(
                "cannot read --input {path}: {error}; give a file or a folder that exists"
            ))
        })?,
        None => repository.canonicalize().map_err(|error| {
            let path = repository.display();
            Failure::bad_input(format!(
                "the repository is no longer at {path}: {error}; give --input FILE|DIR"
            ))
        })?,
    };
    let input = input.unwrap_or(&real);
    apart(input, &real, destination)?;
    let found = if real.is_dir() {
        Walk::below(input, &real, destination)?
    } else {
        let name = input.file_name().unwrap_or("input".as_ref());
        Found {
            files: vec![open(input, &real, Path::new(name))?],
            skipped: Vec::new(),
        }
    };
    destination.check(&found.files)?;
    Ok(found)
}

/// Refuses an input that the output would be mixed up with.
fn apart(input: &Path, real: &Path, destination: &Destination) -> Result<(), Failure> {
    let input = input.display();
    if destination.is(real) {
        return Err(Failure::bad_input(format!(
            "--output and --input are the same folder, {input}: give --output another one"
        )));
    }
    if destination.holds(real) {
        return Err(Failure::bad_input(format!(
            "--input {input} lies in the folder of --output, where it could be overwritten: give --output another one"
        )));
    }
    Ok(())
}

fn open(path: &Path, real: &Path, relative: &Path) -> Result<InputFile, Failure> {
    let told = |error: std::io::Error| unreadable(path, error.to_string());
    let meta = real.metadata().map_err(told)?;
    if !meta.is_file() {
        return Err(unreadable(path, "it is no regular file"));
    }
    // Some files open and still give nothing, so a byte is asked for.
    File::open(real)
        .and_then(|mut file| file.read(&mut [0]))
        .map_err(told)?;
    Ok(InputFile {
        path: path.to_path_buf(),
        real: real.to_path_buf(),
        relative: relative.to_path_buf(),
        bytes: meta.len(),
    })
}

fn unreadable(path: &Path, reason: impl std::fmt::Display) -> Failure {
    let path = path.display();
    Failure::bad_input(format!(
        "cannot read {path}: {reason}; mend that or leave it out of --input"
    ))
}
