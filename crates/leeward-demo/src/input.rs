use crate::failure::Failure;
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};
use walkdir::{DirEntry, WalkDir};

/// A file to be encrypted.
#[derive(Clone, Debug)]
pub(crate) struct InputFile {
    pub(crate) path: PathBuf,
    /// Its place below the input, hence below the output.
    pub(crate) relative: PathBuf,
    pub(crate) bytes: u64,
}

/// Finds the files of `input`, or those of this repository, and reads a byte of each, so that a file which cannot be read is
/// told before anything is written.
pub(crate) fn find(input: Option<&Path>, output: &Path) -> Result<Vec<InputFile>, Failure> {
    let Some(input) = input else {
        return below(repository()?.as_path(), output);
    };
    let meta = input.metadata().map_err(|error| {
        let path = input.display();
        Failure::bad_input(format!(
            "cannot read --input {path}: {error}; give a file or a folder that exists"
        ))
    })?;
    if meta.is_dir() {
        return below(input, output);
    }
    let name = input
        .file_name()
        .map_or_else(|| "input".into(), PathBuf::from);
    Ok(vec![open(input, name)?])
}

fn repository() -> Result<PathBuf, Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().map_err(|error| {
        let root = root.display();
        Failure::bad_input(format!(
            "the repository is no longer at {root}: {error}; give --input FILE|DIR"
        ))
    })
}

fn below(folder: &Path, output: &Path) -> Result<Vec<InputFile>, Failure> {
    let output = output.canonicalize().ok();
    let wanted = |entry: &DirEntry| {
        let built = entry.depth() > 0 && entry.file_type().is_dir() && is_built(entry);
        let is_output = output.is_some() && entry.path().canonicalize().ok() == output;
        !built && !is_output
    };
    let mut files = Vec::new();
    for entry in WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(wanted)
    {
        let entry =
            entry.map_err(|error| Failure::bad_input(format!("cannot read the input: {error}")))?;
        if entry.file_type().is_file() {
            let relative = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            files.push(open(entry.path(), relative.to_path_buf())?);
        }
    }
    if files.is_empty() {
        let folder = folder.display();
        return Err(Failure::bad_input(format!(
            "there is no file below {folder}: give --input something to encrypt"
        )));
    }
    Ok(files)
}

/// What a version control or a build put there is nobody's input.
fn is_built(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    name == ".git" || (name == "target" && entry.path().join("CACHEDIR.TAG").exists())
}

fn open(path: &Path, relative: PathBuf) -> Result<InputFile, Failure> {
    let unreadable = |reason: String| {
        let path = path.display();
        Failure::bad_input(format!(
            "cannot read {path}: {reason}; mend that or leave it out of --input"
        ))
    };
    let meta = path
        .metadata()
        .map_err(|error| unreadable(error.to_string()))?;
    if !meta.is_file() {
        return Err(unreadable("it is no regular file".to_owned()));
    }
    // Some files open and still give nothing, so a byte is asked for.
    File::open(path)
        .and_then(|mut file| file.read(&mut [0]))
        .map_err(|error| unreadable(error.to_string()))?;
    Ok(InputFile {
        path: path.to_path_buf(),
        relative,
        bytes: meta.len(),
    })
}
